"""Mails: composed with the standard library, which refuses line ends in headers, and sent with every reply looked at.

Apprise's own mails would tell neither which reply came nor to whom, and get another Message-ID each time.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime
from hashlib import sha256
from typing import Literal

from crawler.errors import SinkError
from crawler.render import Words, as_html, one_line

#: For each step of the conversation; all of it together has the limit that `sent` is told.
_STEP_SECONDS = 10.0
#: Nothing in an answer of a server is longer; some repeat the whole mail.
_MOST_REPLY = 200
#: A shorter password is no secret, and would tear words apart.
_LEAST_SECRET = 4
Person = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox:
    """Where mails are handed in, and whom they go to; each of `to` gets a mail of its own."""

    host: str
    port: int
    mode: Literal["insecure", "ssl", "starttls"]
    user: str | None
    password: str | None = field(repr=False)
    verifies: bool
    #: (name, address)
    sender: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def composed(box: Mailbox, to: Person, alert_id: str, words: Words) -> EmailMessage:
    """The mail of an alert to one of the receivers. A repeat has the same Message-ID. Raises ValueError."""
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
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
    mail["Subject"] = words.title
    mail["Date"] = localtime()
    mail["Message-ID"] = _message_id(box, to, alert_id)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer that somebody is on holiday
    mail.set_content(f"{words.title}\n\n{words.body}\n", cte="quoted-printable")
    mail.add_alternative(as_html(words.title, words.body), subtype="html", cte="quoted-printable")
    return mail


def sent(
    box: Mailbox, mails: Sequence[tuple[Person, EmailMessage]], taken: Callable[[Person], None], *, seconds: float
) -> dict[Person, SinkError]:
    """Hand them in; `taken` is told of each that was. Returns those that were not, with why.

    Raises SinkError when the conversation came to an end before.
    """
    refused: dict[Person, SinkError] = {}
    with _told(), _session(box, seconds) as session:
        for to, mail in mails:
            try:
                refusals = session.sendmail(box.sender[1], _receivers(box, to), mail.as_bytes())
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
                refused[to] = _refusal(error)
            else:
                if to[1] in refusals:
                    refused[to] = _reply(*refusals[to[1]])
                else:
                    taken(to)
    return refused


def reached(box: Mailbox, *, seconds: float) -> None:
    """Log in and out again. Raises SinkError."""
    with _told(), _session(box, seconds) as session:
        session.noop()


class _Timely:
    """The end of a conversation that takes too long: a server that sends a byte a second keeps no limit of one step."""

    sock: socket.socket | None

    def __init__(self, seconds: float) -> None:
        self._watched: socket.socket | None = None
        self.is_late = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, watched: socket.socket | None) -> None:
        self._watched = watched
        if self.is_late:
            raise TimeoutError("timed out")

    def end(self) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.is_late = True
        if self._watched is not None:
            with suppress(OSError):
                self._watched.shutdown(socket.SHUT_RDWR)


class _Plain(smtplib.SMTP):
    limit: _Timely

    def __init__(self, box: Mailbox, limit: _Timely) -> None:
        self.limit, self.box = limit, box
        super().__init__(box.host, box.port, timeout=_STEP_SECONDS)

    def getreply(self) -> tuple[int, bytes]:
        self.limit.watch(self.sock)
        return _hushed(self.box, *super().getreply())


class _Encrypted(smtplib.SMTP_SSL):
    limit: _Timely

    def __init__(self, box: Mailbox, limit: _Timely) -> None:
        self.limit, self.box = limit, box
        super().__init__(box.host, box.port, timeout=_STEP_SECONDS, context=_tls(box, limit))

    def getreply(self) -> tuple[int, bytes]:
        self.limit.watch(self.sock)
        return _hushed(self.box, *super().getreply())


def _hushed(box: Mailbox, code: int, text: bytes) -> tuple[int, bytes]:
    """A reply; a refusal without the password in it, as it is and as it goes over the line."""
    password = (box.password or "").encode()
    if code >= 400 and len(password) >= _LEAST_SECRET:
        plain = b"\0%b\0%b" % ((box.user or "").encode(), password)
        for secret in (b64encode(plain), b64encode(password), password):
            text = text.replace(secret, "…".encode())
    return code, text


@contextmanager
def _session(box: Mailbox, seconds: float) -> Iterator[smtplib.SMTP]:
    limit = _Timely(seconds)
    try:
        session: smtplib.SMTP = _Encrypted(box, limit) if box.mode == "ssl" else _Plain(box, limit)
        try:
            session.ehlo_or_helo_if_needed()
            if box.mode == "starttls":
                session.starttls(context=_tls(box, limit))
            if box.user and box.password:
                session.login(box.user, box.password)
            yield session
            with suppress(OSError, smtplib.SMTPException):
                session.quit()  # all has been said already
        finally:
            session.close()
    finally:
        limit.end()


@contextmanager
def _told() -> Iterator[None]:
    """What keeps the conversation from taking place is a SinkError; the next try may go better."""
    try:
        yield
    except smtplib.SMTPServerDisconnected as error:
        raise SinkError("the mail server ended the connection") from error
    except smtplib.SMTPResponseException as error:
        # Also 535, a wrong password: whoever minds the program mends that, and the alert goes out then.
        raise SinkError(str(_reply(error.smtp_code, error.smtp_error))) from error
    except smtplib.SMTPNotSupportedError as error:
        raise SinkError(f"the mail server: {error}") from error
    except TimeoutError as error:
        raise SinkError("the mail server did not answer in time") from error


def _refusal(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException) -> SinkError:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # One of the receivers that can be tried again is reason enough.
        replies = [_reply(*each) for each in error.recipients.values()]
        return min(replies, key=lambda each: each.permanent)
    return _reply(error.smtp_code, error.smtp_error)


def _reply(code: int, text: bytes | str) -> SinkError:
    """A refusal. 5xx is one for good, but for those that ask for a log-in (RFC 4954)."""
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = one_line(told, _MOST_REPLY)
    return SinkError(f"the mail server said {code} {shown}".rstrip(), permanent=500 <= code < 600 and code != 530)


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


def _tls(box: Mailbox, limit: _Timely) -> ssl.SSLContext:
    class Watched(ssl.SSLSocket):
        """Until the handshake is over nobody else has the socket."""

        def do_handshake(self, block: bool = False) -> None:
            limit.watch(self)
            super().do_handshake(block)

    context = ssl.create_default_context()
    context.sslsocket_class = Watched
    if not box.verifies:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
