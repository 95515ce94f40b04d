"""Where a Source has moved to for good, by where permanent redirects have led for a while."""

from __future__ import annotations

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
