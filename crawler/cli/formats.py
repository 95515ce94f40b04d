"""Rows for programs: JSON, JSON lines and CSV, with the names of the store's public columns and times as stored."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

from crawler.render import inert
from crawler.store.queries import Row

Writer = Callable[[Iterable[Row], Sequence[str], TextIO], int]

#: Columns that hold JSON text, and those that hold 0 or 1; in JSON both become what they mean.
_JSON_TEXT = frozenset({"groups", "fields", "categories", "tags"})
_FLAGS = frozenset({"silent", "noted", "watched"})
#: Spreadsheets take a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Characters that drive a terminal or turn its writing direction, which JSON may carry as they are.
_DRIVING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON that is harmless on a terminal; the characters that are not stand as escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _DRIVING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def plain(row: Row) -> Row:
    """The row with JSON columns as lists and flags as true, false or null."""
    return {name: _meant(name, value) for name, value in row.items()}


def write_jsonl(rows: Iterable[Row], _columns: Sequence[str], out: TextIO) -> int:
    """One object a line, each written out at once. Returns how many."""
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 (the last one is the result)
        out.write(json_text(plain(row)) + "\n")
        out.flush()
    return count


def write_json(rows: Iterable[Row], _columns: Sequence[str], out: TextIO) -> int:
    """One array, written as its rows come. Returns how many."""
    count = 0
    for count, row in enumerate(rows, 1):
        out.write("[\n" if count == 1 else ",\n")
        out.write(json_text(plain(row)))
    out.write("\n]\n" if count else "[]\n")
    return count


def write_csv(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> int:
    """A line of column names, then a line a row; JSON columns stay text. Returns how many."""
    write_csv_header(columns, out)
    return write_csv_rows(rows, columns, out)


def write_csv_header(columns: Sequence[str], out: TextIO) -> None:
    """The column names."""
    csv.writer(out, lineterminator="\n").writerow(columns)


def write_csv_rows(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> int:
    """A line a row. Returns how many."""
    writer = csv.writer(out, lineterminator="\n")
    is_terminal = out.isatty()
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 (the last one is the result)
        writer.writerow([_cell(row.get(name), is_terminal=is_terminal) for name in columns])
    return count


WRITERS: dict[str, Writer] = {"json": write_json, "jsonl": write_jsonl, "csv": write_csv}


def _meant(name: str, value: Any) -> Any:
    if name in _JSON_TEXT and isinstance(value, str):
        return json.loads(value)
    return bool(value) if name in _FLAGS and value is not None else value


def _cell(value: Any, *, is_terminal: bool) -> Any:
    if not isinstance(value, str):
        return value
    value = f"'{value}" if value.startswith(_FORMULA) else value
    return inert(value) if is_terminal else value
