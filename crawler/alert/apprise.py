"""The `apprise` Sink: mail, chats, and whatever else apprise knows. Loaded where it is used only: it is an extra."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, cast
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import structlog

from crawler.alert import mail, replies
from crawler.alert.hearing import heard
from crawler.alert.hiding import Hidden
from crawler.alert.smtp import Mailbox, Person
from crawler.alert.wording import Template, Wording
from crawler.alert.writing import SECONDS, Writing
from crawler.errors import SinkError
from crawler.render import Words, as_html, defused, one_line, parts

with warnings.catch_warnings():
    # Its own libraries of yesterday (imghdr) are no news for the user.
    warnings.simplefilter("ignore", DeprecationWarning)
    from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat
    from apprise.common import OverflowMode, PersistentStoreMode
    from apprise.plugins.email import NotifyEmail

log = structlog.get_logger()
replies.bound()
#: Answers that the same message would get again.
_FOR_GOOD = {400, 410, 413, 414, 415, 422}
_STATUS = re.compile(r"error=(\d{3})\b")
#: Alerts whose half-done sending is remembered.
_MOST_STARTED = 100
#: Sends what has not gone out of an alert, by its id, and notes what has.
_Send = Callable[[str, Words, set[object]], str | None]


class AppriseSink:
    """Sends to the one place that an apprise address names; that address is never shown.

    Raises ValueError for an address that apprise does not understand.
    """

    full_text = False

    def __init__(
        self, name: str, url: str, *, zone: ZoneInfo, template: Template | None = None, seconds: float = SECONDS
    ) -> None:
        self.name, self._seconds = name, seconds
        self._hidden = Hidden(_pieces(url))
        self._service = self._opened(url)
        self._box = _mailbox(self._service)
        if self._box is not None:
            for person in self._box.to:  # one that cannot be written is found now
                mail.composed(self._box, person, "t_0", Words("title", "body"))
        self._wording = Wording(name, zone, template)
        self._writing = Writing(str(self._service.service_name), seconds=seconds, late="no answer within {:g} s")
        #: what has gone out of an alert that could not be sent whole: not again, as long as the program lives
        self._started: dict[str, set[object]] = {}

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        """Send one alert as text for people, in parts where it has to be. Raises SinkError."""
        words, alert_id = await self._wording(payload), payload["data"]["id"]
        send = self._mail if self._box is not None else self._say
        return await self._writing.do(alert_id, lambda: self._whole(alert_id, words, send))

    async def reached(self) -> str:
        """Whether the mail server lets us in; of another service only which it is, since asking would be a message."""
        box = self._box
        if box is None:
            return f"{self._service.service_name}, as far as the address tells; `crawler alerts test` tries it"
        await self._writing.do("", lambda: mail.reached(box, seconds=self._seconds))
        return f"{self._service.service_name}: the mail server lets us in"

    def _whole(self, alert_id: str, words: Words, send: _Send) -> str | None:
        """Send all of it that has not gone out yet."""
        done = self._started.setdefault(alert_id, set())
        reply = send(alert_id, words, done)
        self._started.pop(alert_id, None)
        return reply

    def _mail(self, alert_id: str, words: Words, done: set[object]) -> str | None:
        """A mail to each receiver who has none yet."""
        box = cast(Mailbox, self._box)
        self._forget_old()
        missing = [to for to in box.to if (to, to[1]) not in done]
        mails = [(to, mail.composed(box, to, alert_id, words)) for to in missing]
        refused = mail.sent(box, mails, done, seconds=self._seconds)
        told = _no_copies(box, refused.copies)
        if told is not None:
            log.warning("alert", sink=self.name, status="not for all", id=alert_id, error=told)
        if refused.to:
            raise _all_refused(refused.to, len(box.to))
        return told

    def _say(self, alert_id: str, words: Words, done: set[object]) -> str | None:
        """The messages that a chat has not had yet."""
        self._forget_old()
        for number, (title, body, form) in enumerate(_messages(self._service, words)):
            if number in done:
                continue
            with heard() as lines:
                self._service.notify_format = form
                try:
                    is_sent = self._service.notify(
                        body=body, title=title, body_format=form, overflow=OverflowMode.UPSTREAM
                    )
                except Exception as error:
                    # A plugin of apprise may raise anything; another service must not suffer from it.
                    raise SinkError(f"{self._service.service_name}: {self._shown(str(error))}") from error
            if not is_sent:
                raise self._failure(lines)
            done.add(number)
        return None

    def _failure(self, lines: list[str]) -> SinkError:
        told = "; ".join(lines) or "it was not sent, and apprise says nothing of why"
        codes = {int(code) for code in _STATUS.findall(told)}
        text = f"{self._service.service_name}: {self._shown(told)}"
        return SinkError(text, permanent=bool(codes) and codes <= _FOR_GOOD)

    def _opened(self, url: str) -> NotifyBase:
        with heard() as lines, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it loads all of its plugins
            service = Apprise.instantiate(url, asset=_asset())
        if not isinstance(service, NotifyBase):
            why = f" ({self._shown(lines[-1])})" if lines else ""
            raise ValueError(f"apprise does not understand this address{why}")
        return service

    def _shown(self, text: str) -> str:
        """The text with nothing of the address in it."""
        return one_line(self._hidden.out_of(text), 500)

    def _forget_old(self) -> None:
        while len(self._started) > _MOST_STARTED:
            del self._started[next(iter(self._started))]


def _asset() -> AppriseAsset:
    """No files, no keys made, no code of others loaded, and no redirect that would take an alert to another place."""
    asset = AppriseAsset(app_id="crawler", app_desc="crawler", storage_mode=PersistentStoreMode.MEMORY)
    for name, value in {"async_mode": False, "pgp_autogen": False, "pem_autogen": False}.items():
        setattr(asset, name, value)
    asset.http_redirects = False
    return asset


def _messages(service: NotifyBase, words: Words) -> list[tuple[str, str, NotifyFormat]]:
    """What the service gets: (title, body, format). Text, but HTML for services that send mails."""
    most_title, most = int(service.title_maxlen), int(service.body_maxlen)
    if type(service).notify_format == NotifyFormat.HTML and most_title > 0:
        page = as_html(words.title, words.body)
        if len(page) <= most:
            return [(words.title[:most_title], page, NotifyFormat.HTML)]
    title, body = defused(words.title), defused(words.body)
    if most_title <= 0:
        return [("", part, NotifyFormat.TEXT) for part in parts(f"{title}\n{body}".rstrip(), most)]
    title = parts(title, most_title)[0]
    if service.overflow_amalgamate_title:
        most -= len(title) + 10
    return [(title, part, NotifyFormat.TEXT) for part in parts(body or title, most)]


def _mailbox(service: NotifyBase) -> Mailbox | None:
    """What apprise has read out of a mail address, with its knowledge of the large providers; None: no mail.

    Mails that are to be encrypted or signed are left to apprise.
    """
    if not isinstance(service, NotifyEmail) or _is_sealed(service):
        return None
    told: Any = service
    if not told.targets:
        raise ValueError("it names nobody whom the mail is for")

    def people(addresses: set[str]) -> tuple[Person, ...]:
        return tuple((told.names.get(each) or "", each) for each in sorted(addresses))

    return Mailbox(
        host=told.smtp_host,
        port=int(told.port),
        mode=cast(Literal["insecure", "ssl", "starttls"], str(told.secure_mode)),
        user=told.user,
        password=told.password,
        verifies=told.verify_certificate,
        sender=_person(told.from_addr),
        to=tuple(_person(each) for each in told.targets),
        cc=people(told.cc),
        bcc=people(told.bcc),
        reply_to=people(told.reply_to),
        headers=dict(told.headers),
    )


def _person(person: tuple[str | bool, str]) -> Person:
    return str(person[0] or ""), person[1]


def _is_sealed(service: Any) -> bool:
    return bool(getattr(service, "use_pgp", False)) or getattr(service, "pgp_mode", "no") not in ("no", "none")


def _all_refused(refused: Mapping[Person, SinkError], all_of_them: int) -> SinkError:
    """One error for the receivers that have no mail: permanent only if it is for each of them."""
    told = "; ".join(dict.fromkeys(str(error) for error in refused.values()))
    whom = f" (to {len(refused)} of {all_of_them} receivers)" if all_of_them > 1 else ""
    return SinkError(f"{told}{whom}", permanent=all(error.permanent for error in refused.values()))


def _no_copies(box: Mailbox, refused: Mapping[str, int]) -> str | None:
    """That some of cc and bcc have no copy. Only the codes: in what else the server says there may be addresses."""
    if not refused:
        return None
    all_of_them = len({address for _, address in (*box.cc, *box.bcc)})
    codes = ", ".join(map(str, sorted(set(refused.values()))))
    return f"no copy for {len(refused)} of {all_of_them} on cc and bcc: the mail server said {codes}"


def _pieces(url: str) -> Iterator[str]:
    """All of an address but its scheme, in pieces, as written and as meant."""
    for piece in re.split(r"[/:@?&=,;]+", url.partition("://")[2] or url):
        yield from (piece, unquote(piece))
