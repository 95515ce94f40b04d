"""How single values are read: each reader takes what stood in the file and returns the value it means.

A reader raises ValueError with what is wrong and what to write. A value that came by reference is shown as written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from crawler.config import plain, scalars
from crawler.config.problems import nearest, one_of
from crawler.config.references import Referenced, written


@dataclass(frozen=True)
class Reads:
    """Tells pydantic to read a value with `read` and to describe it by `schema`."""

    read: Callable[[object], Any]
    schema: Mapping[str, Any] = field(hash=False)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def show(value: object) -> str:
    """A value for a message: short, on one line, and never what a reference stands for."""
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, bool) or value is None:
        text = {True: "true", False: "false", None: "null"}[value]
    else:
        text = written(value) if isinstance(value, str) else str(value)
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"'{text[:57]}…'" if len(text) > 60 else f"'{text}'"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def any_text(value: object) -> str:
    """Text that is not empty; it may have several lines."""
    if isinstance(value, (bool, int, float)):
        raise ValueError(f"must be text; put it in quotes: {show(value)}")
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {show(value)}")
    if not value.strip():
        raise ValueError("is empty; write a value or take the line out")
    return str(value)


def line(value: object) -> str:
    """Text on one line, without blanks around it."""
    text = any_text(value).strip()
    if not text.isprintable():
        raise ValueError("has a line break or a control character in it; take it out")
    return text


def told(read: Callable[[str], Any]) -> Callable[[object], Any]:
    """A reader of text that begins its message with the value; not for what could be a secret."""

    def reader(value: object) -> Any:
        text = line(value)
        try:
            return read(text)
        except ValueError as error:
            raise ValueError(f"{show(value)} {error}") from None

    return reader


def retyped(value: object) -> object:
    """A number or true/false that comes by reference is text until here."""
    return plain.resolve(str(value)) if isinstance(value, Referenced) else value


def flag(value: object) -> bool:
    """`true` or `false`."""
    found = retyped(value)
    if not isinstance(found, bool):
        quoted = ", without quotes" if isinstance(found, str) and found.lower() in {"true", "false"} else ""
        raise ValueError(f"must be true or false{quoted}, not {show(value)}")
    return found


def whole(low: int, high: int) -> Reads:
    """A whole number from `low` to `high`."""

    def read(value: object) -> int:
        number = retyped(value)
        if isinstance(number, bool) or not isinstance(number, int):
            raise ValueError(f"must be a whole number, not {show(value)}")
        if not low <= number <= high:
            raise ValueError(f"must be from {low} to {high}, not {show(value)}")
        return number

    return Reads(read, {"type": "integer", "minimum": low, "maximum": high})


def choice(*words: str) -> Reads:
    """One of these words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            near = nearest(written(value), words, few=0) if isinstance(value, str) else ""
            raise ValueError(f"must be {one_of(words)}, not {show(value)}{near}")
        return str(value)

    return Reads(read, {"type": "string", "enum": list(words)})


def lasting(low: str, high: str, *, never: str | None = None) -> Reads:
    """A duration from `low` to `high`; None for the word `never`, where there is one."""
    least, most = scalars.duration(low), scalars.duration(high)
    pattern = scalars.DURATION_PATTERN if never is None else f"^{never}$|{scalars.DURATION_PATTERN}"
    measure = _duration if never is None else _duration_or(never)

    def read(value: object) -> timedelta | None:
        if _is_number(value):
            raise ValueError(f"{value} is a bare number; say of what: {value}s, {value}m, {value}h or {value}d")
        if never is not None and value == never:
            return None
        found: timedelta = measure(value)
        if not least <= found <= most:
            raise ValueError(f"must be from {low} to {high}, not {show(value)}")
        return found

    return Reads(read, {"type": "string", "pattern": pattern, "examples": [low, high]})


def size(value: object) -> int:
    """`20MiB` in bytes."""
    if _is_number(value):
        raise ValueError(f"{value} is a bare number; say of what: {value}KiB, {value}MiB or {value}GiB")
    found: int = _size(value)
    if not 1024 <= found <= 1024**3:
        raise ValueError(f"must be from 1KiB to 1GiB, not {show(value)}")
    return found


def _duration_or(never: str) -> Callable[[object], Any]:
    """The reader of a duration that may be this word instead, and says so."""

    def duration(text: str) -> timedelta:
        try:
            return scalars.duration(text)
        except ValueError as error:
            raise ValueError(f"{error}, or {never}") from error

    return told(duration)


_duration = told(scalars.duration)
_size = told(scalars.size)
