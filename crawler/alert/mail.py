"""Mails: composed with the standard library, which refuses line ends in headers, and sent with every reply looked at.

Apprise's own mails would tell neither which reply came nor to whom, and get another Message-ID each time.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping, Sequence
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime
from hashlib import sha256
from typing import NamedTuple

from crawler.alert.smtp import Mailbox, Person, conversation, refusal, told
from crawler.errors import SinkError
from crawler.render import Words, as_html


class Refusals(NamedTuple):
    """Who was refused a mail, and with what."""

    to: Mapping[Person, SinkError]
    #: of cc and bcc, by address, where the mail itself was taken: the code of the answer
    copies: Mapping[str, int]


def composed(box: Mailbox, to: Person, alert_id: str, words: Words) -> EmailMessage:
    """The mail of an alert to one of the receivers. A repeat has the same Message-ID. Raises ValueError."""
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit", refold_source="none"))
    # One cannot take the place of ours, nor stand there twice.
    ours = {"from", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "auto-submitted", "mime-version"}
    for name, value in box.headers.items():
        if name.lower() not in ours and not name.lower().startswith("content-"):
            mail[name] = value
    mail["From"] = _address(box.sender)
    mail["To"] = _address(to)
    for name, people in (("Cc", box.cc), ("Reply-To", box.reply_to)):
        if people:
            mail[name] = [_address(each) for each in people]
    mail.set_raw("Subject", _subject(words.title))
    mail["Date"] = localtime()
    mail["Message-ID"] = _message_id(box, to, alert_id)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer that somebody is on holiday
    mail.set_content(f"{words.title}\n\n{words.body}\n", cte="quoted-printable")
    mail.add_alternative(as_html(words.title, words.body), subtype="html", cte="quoted-printable")
    return mail


def sent(box: Mailbox, mails: Sequence[tuple[Person, EmailMessage]], done: set[object], *, seconds: float) -> Refusals:
    """Hand them in. `done` knows which mail (whom it is to) which address has had, and is told of more.

    Raises SinkError when the conversation came to an end before.
    """
    refused, copies = {}, {}
    with told(box), conversation(box, seconds) as session:
        for to, mail in mails:
            receivers = [each for each in _receivers(box, to) if (to, each) not in done]
            try:
                refusals = session.sendmail(box.sender[1], receivers, mail.as_bytes())
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
                refused[to] = _why(box, error, to)
                continue
            done.update((to, each) for each in receivers if each not in refusals)
            if to[1] in refusals:
                refused[to] = refusal(box, *refusals.pop(to[1]))
            copies.update({address: code for address, (code, _) in refusals.items()})
    return Refusals(refused, copies)


def reached(box: Mailbox, *, seconds: float) -> None:
    """Log in and out again. Raises SinkError."""
    with told(box), conversation(box, seconds) as session:
        session.noop()


def _why(box: Mailbox, error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException, to: Person) -> SinkError:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # Without an answer for it, the last one ended the conversation: a 421.
        return refusal(box, *error.recipients.get(to[1], [*error.recipients.values()][-1]))
    return refusal(box, error.smtp_code, error.smtp_error)


def _subject(title: str) -> str:
    """As it goes over the line, all of it encoded (RFC 2047).

    Left to the policy, what a title has of that form itself would be read as what it stands for and written as that,
    with any line ends in it; and between encoded words a space would be lost now and then (CPython 3.11).
    """
    return Header(title, "utf-8", header_name="Subject").encode()


def _receivers(box: Mailbox, to: Person) -> list[str]:
    return list(dict.fromkeys(address for _, address in (to, *box.cc, *box.bcc)))


def _message_id(box: Mailbox, to: Person, alert_id: str) -> str:
    domain = box.sender[1].rpartition("@")[2]
    # Of each receiver: a server may drop a second mail with an id that it has seen.
    mark = sha256(f"{alert_id} {to[1]}".encode()).hexdigest()[:12]
    return f"<{alert_id}.{mark}@{domain}>"


def _address(person: Person) -> Address:
    name, address = person
    return Address(display_name=name, addr_spec=address)
