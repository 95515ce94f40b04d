"""A conversation with a mail server, with a limit on all of it, and its refusals as errors without secrets."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from crawler.alert.hiding import Hidden
from crawler.errors import SinkError
from crawler.render import one_line

#: For each step of the conversation; all of it together has the limit that `conversation` is told.
_STEP_SECONDS = 10.0
#: Nothing in an answer of a server is longer; some repeat the whole mail.
_MOST_REPLY = 200
_LATE = "the mail server did not answer in time"
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


class _Timely:
    """The end of a conversation that takes too long: a server that sends a byte a second keeps no limit of one step."""

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
                # An encrypted one's own would first forget the encryption: what is being sent would go on in the clear.
                socket.socket.shutdown(self._watched, socket.SHUT_RDWR)


class _Plain(smtplib.SMTP):
    limit: _Timely

    def __init__(self, box: Mailbox, limit: _Timely) -> None:
        self.limit = limit
        super().__init__(box.host, box.port, timeout=_STEP_SECONDS)

    def getreply(self) -> tuple[int, bytes]:
        self.limit.watch(self.sock)
        return super().getreply()


class _Encrypted(smtplib.SMTP_SSL):
    limit: _Timely

    def __init__(self, box: Mailbox, limit: _Timely) -> None:
        self.limit = limit
        super().__init__(box.host, box.port, timeout=_STEP_SECONDS, context=_tls(box, limit))

    def getreply(self) -> tuple[int, bytes]:
        self.limit.watch(self.sock)
        return super().getreply()


def _secrets(box: Mailbox) -> Iterator[str]:
    """What stands in the sink's own address: password and user, also as they go over the line, and who gets mails."""
    user, password = (box.user or "").encode(), (box.password or "").encode()
    logins = (b"\0%b\0%b" % (user, password), user, password)
    yield from (form.decode() for each in logins if each.strip(b"\0") for form in (each, b64encode(each)))
    yield from (address for _, address in (box.sender, *box.to, *box.cc, *box.bcc))


@contextmanager
def conversation(box: Mailbox, seconds: float) -> Iterator[smtplib.SMTP]:
    """Logged in where that is wanted; cut when the time is over, wherever it is then."""
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
def told(box: Mailbox) -> Iterator[None]:
    """What keeps the conversation from taking place is a SinkError; the next try may go better."""
    try:
        yield
    except smtplib.SMTPServerDisconnected as error:
        # One step has a limit too; the library speaks of that as of an end.
        is_late = isinstance(error.__context__, TimeoutError)
        raise SinkError(_LATE if is_late else "the mail server ended the connection") from error
    except smtplib.SMTPResponseException as error:
        # Also 535, a wrong password: whoever minds the program mends that, and the alert goes out then.
        raise SinkError(str(refusal(box, error.smtp_code, error.smtp_error))) from error
    except smtplib.SMTPException as error:  # it cannot do what we need
        raise SinkError(f"the mail server: {_shown(box, str(error))}") from error
    except TimeoutError as error:
        raise SinkError(_LATE) from error


def refusal(box: Mailbox, code: int, text: bytes | str) -> SinkError:
    """A refusal. 5xx is one for good, but for those that ask for a log-in (RFC 4954)."""
    if code < 0:
        return SinkError("what answers there is no mail server")
    told = f"the mail server said {code} {_shown(box, text)}".rstrip()
    return SinkError(told, permanent=500 <= code < 600 and code != 530)


def _shown(box: Mailbox, text: bytes | str) -> str:
    """What a server says, without what is secret in it."""
    said = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return one_line(Hidden(_secrets(box)).out_of(said.decode("utf-8", "replace")), _MOST_REPLY)


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
