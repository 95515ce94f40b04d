"""The parameters of a REST collection: read and judged as WordPress does. Unknown ones are ignored silently."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from crawler.demo.answer import Answer, json_answer

ORDERS = ("author", "date", "id", "include", "modified", "parent", "relevance", "slug", "include_slugs", "title")
FIRST = ("context", "page", "per_page")
DATE = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)?")


class InvalidParameter(Exception):
    """One parameter that WordPress refuses: code and message are those of its answer."""

    def __init__(self, code: str, message: str, data: Any = None) -> None:
        self.code, self.data = code, data
        super().__init__(message)


def error(status: int, code: str, message: str, **data: Any) -> Answer:
    """Return an error as every REST route gives it."""
    return json_answer({"code": code, "message": message, "data": {"status": status, **data}}, status=status)


def read(query: Mapping[str, str], zone: str) -> dict[str, Any] | Answer:
    """Return the known parameters as values, or the answer that refuses all the wrong ones at once.

    Dates come out in the site's local time without a zone: that is what they are compared with.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, InvalidParameter] = {}
    for name in query.keys() & READERS.keys():
        try:
            values[name] = READERS[name](name, query[name], zone)
        except InvalidParameter as problem:
            wrong[name] = problem
    return _refusal(wrong, list(query)) if wrong else values


def _refusal(problems: Mapping[str, InvalidParameter], asked: list[str]) -> Answer:
    # The first three are judged before all others, in this order; those in the order in which they were asked.
    names = [name for name in FIRST if name in problems] or [name for name in asked if name in problems]
    wrong = {name: problems[name] for name in names}
    details = {name: {"code": p.code, "message": str(p), "data": p.data} for name, p in wrong.items()}
    params = {name: str(problem) for name, problem in wrong.items()}
    listed = f"Invalid parameter(s): {', '.join(wrong)}"
    return error(400, "rest_invalid_param", listed, params=params, details=details)


def _integer(name: str, text: str) -> int:
    if not re.fullmatch(r"-?\d+", text):
        raise InvalidParameter("rest_invalid_type", f"{name} is not of type integer.", {"param": name})
    return int(text)


def _number(name: str, text: str, _zone: str) -> int:
    return _integer(name, text)


def _page(name: str, text: str, _zone: str) -> int:
    if (number := _integer(name, text)) < 1:
        raise InvalidParameter("rest_out_of_bounds", f"{name} must be greater than or equal to 1")
    return number


def _per_page(name: str, text: str, _zone: str) -> int:
    if not 1 <= (number := _integer(name, text)) <= 100:
        message = f"{name} must be between 1 (inclusive) and 100 (inclusive)"
        raise InvalidParameter("rest_out_of_bounds", message)
    return number


def _numbers(name: str, text: str, _zone: str) -> list[int]:
    return [_integer(f"{name}[{i}]", word) for i, word in enumerate(filter(None, re.split(r"[\s,]+", text)))]


def _words(_name: str, text: str, _zone: str) -> list[str]:
    return text.split(",")


def _one_of(*allowed: str) -> Callable[[str, str, str], str]:
    def read_one(name: str, text: str, _zone: str) -> str:
        if text not in allowed:
            names = f"{', '.join(allowed[:-1])}, and {allowed[-1]}" if len(allowed) > 2 else " and ".join(allowed)
            raise InvalidParameter("rest_not_in_enum", f"{name} is not one of {names}.")
        return text

    return read_one


def _status(_name: str, text: str, _zone: str) -> str:
    if text != "publish":
        raise InvalidParameter("rest_forbidden_status", "Status is forbidden.", {"status": 401})
    return text


def _date(_name: str, text: str, zone: str) -> datetime:
    if not (match := DATE.fullmatch(text)):
        raise InvalidParameter("rest_invalid_date", "Invalid date.")
    day, time, offset = match.groups()
    # Without a zone the value is local already; with one it becomes so.
    moment = datetime.fromisoformat(f"{day}T{time}{offset or ''}")
    return moment.astimezone(ZoneInfo(zone or "UTC")).replace(tzinfo=None) if offset else moment


READERS: dict[str, Callable[[str, str, str], Any]] = {
    "context": _one_of("view", "embed", "edit"),
    "page": _page,
    "per_page": _per_page,
    "offset": _number,
    "order": _one_of("asc", "desc"),
    "orderby": _one_of(*ORDERS),
    "status": _status,
    "slug": _words,
    **dict.fromkeys(("after", "before", "modified_after", "modified_before"), _date),
    **dict.fromkeys(("include", "exclude", "author", "categories", "tags"), _numbers),
}
