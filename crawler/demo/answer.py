"""What a site answers, and how it is sent."""

from __future__ import annotations

import gzip
import json
from typing import Any, NamedTuple

Headers = list[tuple[str, str]]

JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"
RSS = "application/rss+xml; charset=UTF-8"

#: nginx leaves shorter bodies alone
GZIP_FROM = 256
GZIP_TYPES = (JSON, RSS, HTML)


class Answer(NamedTuple):
    """One answer, before it is put on the wire."""

    status: int
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def replacing(self, *headers: tuple[str, str]) -> Answer:
        """Return it with these headers instead of those of the same names."""
        names = {name.lower() for name, _ in headers}
        kept = [header for header in self.headers if header[0].lower() not in names]
        return self._replace(headers=[*kept, *headers])


def json_answer(data: Any, *, status: int = 200, headers: Headers | None = None) -> Answer:
    """Return data as WordPress prints JSON: no spaces, ASCII, slashes escaped."""
    text = json.dumps(data, separators=(",", ":")).replace("/", "\\/")
    return Answer(status, [("Content-Type", JSON), *(headers or [])], text.encode())


def html_answer(title: str, body: str, *, head: str = "", status: int = 200, headers: Headers | None = None) -> Answer:
    """Return an HTML page."""
    page = (
        f'<!DOCTYPE html>\n<html lang="en-US">\n<head>\n\t<meta charset="UTF-8" />\n<title>{title}</title>\n{head}'
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    return Answer(status, [("Content-Type", HTML), *(headers or [])], page.encode())


def compressed(answer: Answer) -> Answer:
    """Return it as nginx's gzip sends it: the ETag becomes a weak one, which WordPress then does not know again."""
    if len(answer.body) < GZIP_FROM or answer.header("Content-Type") not in GZIP_TYPES:
        return answer
    changed = [("Content-Encoding", "gzip")]
    if etag := answer.header("ETag"):
        changed.append(("ETag", f"W/{etag}"))
    return answer.replacing(*changed)._replace(body=gzip.compress(answer.body, mtime=0))
