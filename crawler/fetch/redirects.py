"""The way of one request through its redirects: where next, what is refused, what is left of its time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx

from crawler.errors import FetchError
from crawler.fetch.access import SourceAccess, parse_url, shown, without_userinfo
from crawler.model import Request

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
#: Browsers follow 20; a feed needs one or two.
_MOST_HOPS = 5
_ENCODED_LINE_BREAK = re.compile(r"%0[ad]", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Journey:
    """One Request on its way."""

    access: SourceAccess
    request: Request
    url: httpx.URL
    #: seconds left, of those that count
    budget: float
    requests: int = 0
    hops: int = 0
    permanent: bool = True
    visited: set[str] = field(default_factory=set)

    @classmethod
    def start(cls, access: SourceAccess, request: Request) -> Journey:
        """Raises FetchError for an address that cannot be asked."""
        try:
            url = without_userinfo(access, parse_url(request.url))
        except FetchError as error:
            raise FetchError(error.reason, f"{shown(request.url)}: {error}", url=shown(request.url)) from None
        return cls(access=access, request=request, url=url, budget=access.timeout, visited={str(url)})

    @property
    def moved_to(self) -> str | None:
        """Where a chain of only permanent redirects led."""
        return str(self.url) if self.hops and self.permanent else None

    def follow(self, status: int, location: str | None) -> None:
        """Go one hop on. Raises FetchError before anything is sent there."""
        target = _target(self.url, location)
        if self.hops == _MOST_HOPS:
            raise FetchError("protocol", f"more than {_MOST_HOPS} redirects; the last one leads to {shown(target)}")
        if str(target) in self.visited:
            raise FetchError("protocol", f"the redirects go in a circle at {shown(target)}")
        self.visited.add(str(target))
        self.hops += 1
        self.permanent = self.permanent and status in _PERMANENT
        self.url = target

    def failed(self, error: FetchError) -> FetchError:
        """`error` with the address it happened at and the requests it cost."""
        return FetchError(
            error.reason,
            f"{shown(self.url)}: {error}",
            url=str(self.url),
            status=error.status,
            body=error.body,
            retry_after=error.retry_after,
            requests=self.requests,
        )


def _target(current: httpx.URL, location: str | None) -> httpx.URL:
    if not location or not location.strip():
        raise FetchError("protocol", "a redirect that does not say where to")
    location = location.strip()
    if not location.isprintable() or _ENCODED_LINE_BREAK.search(location) or "\\" in location:
        raise FetchError("refused", f"a redirect to a crafted address: {shown(location)}")
    try:
        target = current.join(location).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise FetchError("refused", f"a redirect to an invalid address: {shown(location)}") from None
    if target.scheme not in ("http", "https"):
        raise FetchError("refused", f"a redirect to something that is no web page: {shown(target)}")
    if target.userinfo:
        raise FetchError("refused", f"a redirect with a user name in its address: {shown(target)}")
    if current.scheme == "https" and target.scheme == "http":
        raise FetchError("refused", f"a redirect from https to unprotected http: {shown(target)}")
    return target
