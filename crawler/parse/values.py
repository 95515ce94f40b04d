"""Checks on single values out of an answer: texts, numbers, times and addresses.

A value that damages its post raises ParseError with a reason for people; the caller makes it a line of
`unreadable` and goes on with the next post.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from crawler.errors import ParseError

#: One field of a post, in characters. Honest posts stay below a tenth of it; parsers of HTML get slow above.
FIELD_LIMIT = 1_048_576
#: guids and links become rows of an index; browsers and servers stop at 8 KiB too.
ADDRESS_LIMIT = 8_192

#: Nothing was posted to the web before; what says so is a zero in some zone ("1970-01-01T09:00:00") or a slip of the
#: pen. And what lies beyond the last year is no plan of anybody's. Both ends are far from those of what a datetime can
#: hold, so that times can be added to and moved between zones without a second thought.
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_END = datetime(2200, 1, 1, tzinfo=UTC)

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")


def damaged(reason: str) -> ParseError:
    """The error of one post that cannot be read."""
    return ParseError("not_data", reason)


def text(value: object, name: str, limit: int = FIELD_LIMIT) -> str:
    """A string that can be stored."""
    if not isinstance(value, str):
        raise damaged(f"{name} is {kind(value)} instead of text")
    if len(value) > limit:
        raise damaged(f"{name} has {len(value):,} characters, more than {limit:,}")
    if "\0" in value:
        raise damaged(f"{name} holds a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise damaged(f"{name} holds half a character (a lone surrogate)") from None
    return value


def number(value: object, name: str, least: int = 0) -> int:
    """A whole number that SQLite can hold."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise damaged(f"{name} is {kind(value)} instead of a whole number")
    if not least <= value < 2**63:
        raise damaged(f"{name} is out of range")
    return value


def numbers(value: object, name: str) -> list[int]:
    """A list of ids. PHP writes a list with gaps as an object: `{"1": 7}`."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise damaged(f"{name} is {kind(value)} instead of a list")
    return sorted({number(each, f"an id in {name}") for each in value})


def digits(value: str | None) -> int | None:
    """The number that a text is, if it is one above zero and of a sensible size."""
    return int(value) or None if value and value.isascii() and value.isdigit() and len(value) < 19 else None


def time(value: object) -> datetime | None:
    """`2023-05-08T23:00:24` (UTC where no zone is told); None for null, zero dates, odd years and garbage."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        read = datetime.fromisoformat(value)
        return plausible((read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0))
    except (ValueError, OverflowError):
        return None


def plausible(moment: datetime) -> datetime | None:
    """The moment; None (not told) when nobody can have posted anything then: 1914, 1970-01-01, 9999."""
    return moment if _EARLIEST <= moment < _END else None


def address(value: object, base: str = "") -> str | None:
    """An absolute http or https address, resolved against `base`; None for anything else."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        url = urljoin(base, value.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def kind(value: object) -> str:
    """What a JSON value is, for people."""
    names = {bool: "true or false", int: "a number", float: "a number with a fraction", str: "text", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Those elements of a JSON list that are objects; nothing for what is no list."""
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())
