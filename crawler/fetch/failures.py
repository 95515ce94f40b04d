"""What went wrong on the wire, in the words of `polls.reason`: nothing of httpx, aiohttp or ssl gets past here."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import aiohttp
import httpx

from crawler.errors import FetchError, Reason
from crawler.fetch.access import printable

#: `head`: until the headers have come; `body`: after that.
Phase = Literal["head", "body"]

_FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, aiohttp.ClientError, OSError, ValueError)


@contextmanager
def translated(phase: Phase) -> Iterator[None]:
    """Turn whatever the HTTP libraries raise into FetchError."""
    try:
        yield
    except _FOREIGN as error:
        reason, text = _explain(_root(error), phase)
        raise FetchError(reason, text) from error


def never_connected(error: FetchError) -> bool:
    """Whether a failure came before anything could be sent."""
    cause = error.__cause__
    return cause is None or isinstance(_root(cause), aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)


def is_stale_connection(error: FetchError) -> bool:
    """Whether the connection ended before a single byte of the answer."""
    cause = _root(error.__cause__) if error.__cause__ else None
    if isinstance(cause, aiohttp.ServerDisconnectedError):
        return isinstance(cause.message, str)  # else it holds the part of an answer that came
    return isinstance(cause, aiohttp.ClientOSError) and not isinstance(cause, aiohttp.ClientConnectorError)


def _root(error: BaseException) -> BaseException:
    """What aiohttp raised, from under what the transport made of it: that is wrong for some."""
    cause = error.__cause__
    return cause if isinstance(error, httpx.HTTPError) and cause is not None else error


def _explain(error: BaseException, phase: Phase) -> tuple[Reason, str]:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "tls", f"the certificate is not valid: {_certificate_fault(error.certificate_error)}"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return "tls", f"no encrypted connection could be made ({_ssl_fault(error)})"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return "connect", f"the proxy answered {error.status}; see fetch.proxy"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return "connect", f"the proxy cannot be reached ({_os_fault(error.os_error)}); see fetch.proxy"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _connect_fault(error)
    if isinstance(error, aiohttp.ServerTimeoutError | httpx.TimeoutException):
        return "timeout", "the connection could not be made in time"
    if isinstance(error, httpx.ConnectError):
        return "connect", f"the connection could not be made ({printable(str(error))})"
    if phase == "body":
        return "truncated", f"the answer broke off ({_broken_off(error)})"
    return _head_fault(error)


def _head_fault(error: BaseException) -> tuple[Reason, str]:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        if isinstance(error.message, str):
            return "connect", "the server closed the connection without an answer"
        return "truncated", "the answer broke off in its headers"
    if isinstance(error, aiohttp.ClientResponseError):
        return "protocol", f"the answer is not valid HTTP ({printable(error.message)})"
    if isinstance(error, OSError):
        return "connect", f"the connection was lost ({_os_fault(error)})"
    if isinstance(error, httpx.InvalidURL | aiohttp.InvalidURL):
        return "refused", "this is not a valid address"
    return "protocol", f"no answer could be read ({printable(str(error) or type(error).__name__)})"


def _connect_fault(error: aiohttp.ClientConnectorError) -> tuple[Reason, str]:
    if error.ssl is not False and error.port != 80 and isinstance(error.os_error, ConnectionResetError):
        return "tls", "the server broke off while the encryption was agreed on"
    return "connect", f"the connection could not be made ({_os_fault(error.os_error)})"


def _broken_off(error: BaseException) -> str:
    return "connection lost" if isinstance(error, OSError) else printable(str(error) or type(error).__name__)


def _os_fault(error: OSError) -> str:
    return printable(error.strerror or str(error) or type(error).__name__)


def _certificate_fault(error: Exception) -> str:
    return printable(getattr(error, "verify_message", "") or str(error))


def _ssl_fault(error: BaseException) -> str:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    reason = getattr(inner, "reason", None)
    return printable(reason.lower().replace("_", " ") if isinstance(reason, str) else str(inner))
