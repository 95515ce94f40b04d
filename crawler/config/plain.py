"""What an unquoted YAML scalar is, by the core schema of YAML 1.2: `yes`, `22:00` and dates are text."""

from __future__ import annotations

import re

_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# a bound on digits, because int() of a million of them takes a minute
_INT = re.compile(r"[-+]?[0-9]{1,100}|0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII)
#: Older YAML reads 22:00 as the number 1320; who writes it without quotes may get either.
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( ?- ?[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?", re.ASCII)

Scalar = str | int | float | bool | None


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "", 1)) if _NOT_FINITE.fullmatch(text) else text


def looks_like_a_time(text: str) -> bool:
    """`22:00`, `7:30:00` and `22:00-07:00`, which must stand in quotes."""
    return _TIME.fullmatch(text) is not None


def joined(text: str) -> str:
    """The text with `\\ud83d\\ude00` made one character, as JSON means it. Raises ValueError for a half one alone."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise ValueError("half of a character (\\ud800 to \\udfff stand in pairs); take it out") from None
