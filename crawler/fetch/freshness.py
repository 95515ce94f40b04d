"""For how long an answer says that it will still hold: what is left of its `max-age`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.request import parse_http_list

#: With any of these the answer has no life of its own.
_NEVER = frozenset(("no-cache", "no-store", "must-revalidate"))
_SECONDS = re.compile(r'("?)([0-9]{1,12})\1')


def fresh_for(headers: Mapping[str, str]) -> int | None:
    """Seconds of `Cache-Control: max-age` that are left after the answer's `Age`; None for no promise, and for garbage.

    `s-maxage` is for caches that many share, which this program is not.
    """
    directives = [
        (name.strip().lower(), value.strip())
        for name, _, value in (each.partition("=") for each in parse_http_list(headers.get("cache-control", "")))
    ]
    ages = [value for name, value in directives if name == "max-age"]
    if len(ages) != 1 or not _NEVER.isdisjoint(name for name, _ in directives):
        return None
    promised, spent = _SECONDS.fullmatch(ages[0]), _SECONDS.fullmatch(headers.get("age", "0").strip())
    if promised is None or spent is None:
        return None
    left = int(promised[2]) - int(spent[2])
    return left if left > 0 else None
