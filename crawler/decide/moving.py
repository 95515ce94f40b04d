"""Where a Source has moved to for good, by where permanent redirects have led for a while."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

#: Looks in a row that must have been led to the same place: a site under repair redirects, too.
REDIRECTS = 3


def proposed_url(url: str, endpoint: str, moved_to: str) -> str:
    """The `url` to write for a Source whose endpoint has moved.

    https://old.example/feed/ of https://old.example/ has moved to https://new.example/feed/: https://new.example/
    """
    base = url.rstrip("/")
    if endpoint.rstrip("/") == base:
        return moved_to
    rest = endpoint.removeprefix(base)
    if endpoint.startswith(base) and moved_to.rstrip("/").endswith(rest.rstrip("/")):
        return moved_to.rstrip("/").removesuffix(rest.rstrip("/")) + "/"
    parts = urlsplit(moved_to)
    return f"{parts.scheme}://{parts.netloc}/"


class Moved(NamedTuple):
    """Where addresses that begin with `new` stood before: both without a scheme.

    https://old.example/news/feed/ has moved to https://new.example/feed/: old.example/news, new.example
    """

    old: str
    new: str

    def former(self, url: str) -> tuple[str, ...]:
        """The addresses that this one may have had before the move; none if it stands elsewhere."""
        scheme, _, bare = url.partition("://")
        rest = bare.removeprefix(self.new)
        if scheme not in ("http", "https") or rest == bare or (rest and rest[0] not in "/?#"):
            return ()
        return (f"https://{self.old}{rest}", f"http://{self.old}{rest}")


def moved(endpoint: str, moved_to: str | None) -> Moved | None:
    """How the addresses of a site have changed whose feed has moved for good; None: they have not, or only in part.

    What both of the feed's addresses end with is the feed's own.
    """
    if moved_to is None:
        return None
    old, new = urlsplit(endpoint), urlsplit(moved_to)
    before, after = old.path.rstrip("/").split("/"), new.path.rstrip("/").split("/")
    while before and after and before[-1] == after[-1]:
        before.pop()
        after.pop()
    bases = old.netloc + "/".join(before).rstrip("/"), new.netloc + "/".join(after).rstrip("/")
    return None if old.netloc == new.netloc else Moved(*bases)
