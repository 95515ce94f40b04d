"""An alert for people: a subject and a few lines, from the alert object alone. Everything in it is inert."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from crawler.model import HUNK_BREAK
from crawler.render.bidi import isolated_line
from crawler.render.fitting import fitted
from crawler.render.headline import NAMES
from crawler.render.inert import inert, one_line

_MOST_LINES = 30
_LONGEST_LINE = 600
#: In characters, for a diff of few lines: of one long paragraph, both versions are shown.
_ROOM = 6000
_MOST_CHANGES = 30
#: Of a Change's id: enough to be the only one in any store.
_SHORT_ID = 14
_LONGEST_TITLE = 120


def for_people(payload: Mapping[str, Any], *, zone: tzinfo, now: datetime | None = None) -> str:
    """The alert as text; the first line is the subject. Times are in `zone`, without a date where it is that of `now`.

    Without `now` the date of the alert itself is taken for today's.
    """
    kind, data = str(payload.get("type", "")), payload.get("data", {})
    if kind.startswith("post."):
        lines = _change(data, _Clock(zone, now or _moment(data["detected_at"])))
    elif kind == "digest":
        lines = _group(data, zone, now) if data["reason"] == "group" else _digest(data, zone, now)
    else:
        lines = _notice(kind, data)
    return "\n".join(lines)


class _Clock:
    """Says times to people who know what day it is."""

    def __init__(self, zone: tzinfo, now: datetime) -> None:
        self._zone, self._today = zone, now.astimezone(zone).date()

    def say(self, moment: str, *, zone: bool = False) -> str:
        local = _moment(moment).astimezone(self._zone)
        day = "" if local.date() == self._today else f"{local.date()} "
        return f"{day}{local:%H:%M}" + (f" {local.tzname()}" if zone else "")


def _change(data: Mapping[str, Any], clock: _Clock) -> Iterator[str]:
    yield one_line(data["headline"], _LONGEST_LINE)
    yield f"  {'; '.join(_circumstances(data, clock))}"
    yield from _fields(data)
    yield _places(data)
    if data.get("url"):
        yield f"  {one_line(data['url'], _LONGEST_LINE)}"


def _places(data: Mapping[str, Any]) -> str:
    """Where the post stands, and what to type to see more of it."""
    command = "diff" if data["revision"]["old"] and data["revision"]["new"] else "log"
    place = one_line(data["post"]["link"] or "", _LONGEST_LINE)
    return "  " + "   ".join(filter(None, (place, f"crawler {command} {data['id'][:_SHORT_ID]}")))


def _circumstances(data: Mapping[str, Any], clock: _Clock) -> Iterator[str]:
    """When it was seen, and what is known of the time before."""
    old, new = data["revision"]["old"], data["revision"]["new"]
    yield f"seen {clock.say(data['detected_at'], zone=True)}{_after_publication(data)}"
    if data["old_seen_at"]:
        text = "the old text was" if data["kind"] == "edited" else "before that it was"
        yield f"{text} last seen {clock.say(data['old_seen_at'])}"
    if old and new and old["number"] != new["number"]:
        yield f"revision {old['number']} → {new['number']}"
    elif old or new:
        yield f"revision {(new or old)['number']}"
    if data["kind"] == "edited" and old and new and old["modified_at"] and new["modified_at"]:
        yield "modified date moved" if old["modified_at"] != new["modified_at"] else "modified date did not move"
    if data["noted"]:
        yield "with a correction or update note"


def _after_publication(data: Mapping[str, Any]) -> str:
    if not data["post"]["published_at"]:
        return ""
    age = _moment(data["detected_at"]) - _moment(data["post"]["published_at"])
    return f", {_duration(age)} after publication" if age >= timedelta(0) else ""


def _duration(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{age.days} days"


def _fields(data: Mapping[str, Any]) -> Iterator[str]:
    """The changed fields, each with its label before its first line; the diff has one section a field."""
    sections = data["diff"].split("\n\n") if data["diff"] else []
    labels = [NAMES.get(field["name"], field["name"]).capitalize() for field in data["fields"]]
    width = max(map(len, (*labels, "Title"))) + 2
    told = list(zip(labels, data["fields"], sections, strict=False))
    # The text comes last: it is what may be cut.
    told.sort(key=lambda each: each[1]["name"] == "content")
    lines = [
        (label if index == 0 else "", line, field["name"] == "content")
        for label, field, section in told
        for index, line in enumerate(_section(field, section))
    ]
    longest = max(_LONGEST_LINE, _ROOM // max(1, len(lines)))
    for label, line, is_content in lines[:_MOST_LINES]:
        yield f"  {label:<{width}}{_diff_line(line, longest if is_content else _LONGEST_LINE)}".rstrip()
    left = _hunks([line for _, line, _ in lines[_MOST_LINES:]])
    if left:
        yield f"  {'':<{width}}{left} more hunk{'s' if left > 1 else ''}"
    if data["truncated"]:
        yield f"  {'':<{width}}the rest was cut: too long for an alert"


def _section(field: Mapping[str, Any], section: str) -> list[str]:
    lines = section.split("\n")
    if field["name"] in ("content", "excerpt") and (field["words_added"] or field["words_removed"]):
        counts = f"+{field['words_added']} −{field['words_removed']} words:"
        return [f"{counts} {lines[0]}", *lines[1:]]
    if field["name"] not in ("title", "content", "excerpt"):
        return [(section.partition(": ")[2] or section).replace("\n", " ")]
    return lines


def _hunks(lines: Sequence[str]) -> int:
    """How many hunks the lines are of, the first perhaps begun before them."""
    return sum(line == HUNK_BREAK for line in lines[1:]) + 1 if lines else 0


def _diff_line(line: str, longest: int) -> str:
    """A line of a diff, with its white space, inert and of bounded length."""
    line = inert(fitted(line.replace("\t", "    "), longest))
    return isolated_line(line if len(line) <= longest else line[: longest - 1] + "…")


def _group(data: Mapping[str, Any], zone: tzinfo, now: datetime | None) -> Iterator[str]:
    """Many Changes alike: one of them as a sample, and how to see all."""
    clock = _Clock(zone, now or _moment(data["until"]))
    yield one_line(data["summary"], _LONGEST_LINE)
    first, last = clock.say(data["since"], zone=True), clock.say(data["until"], zone=True)
    seen = last if first == last else f"{clock.say(data['since'])} to {last}"
    sample = next((change for change in data["changes"] if change["diff"]), data["changes"][0])
    title = one_line(sample["post"]["title"] or sample["post"]["link"] or "", _LONGEST_TITLE)
    yield f"  seen {seen}; for example" + (f" “{title}”" if title else "")
    yield from _fields(sample)
    yield _places(sample)
    yield f"  all of them: {_command(data)}"


def _command(data: Mapping[str, Any]) -> str:
    """What to type to see all of a digest."""
    words = ["crawler", "changes"]
    if data["source"]:
        words += ["--source", one_line(data["source"]["name"])]
    if data["kind"]:
        words += ["--kind", data["kind"]]
    words += [word for name in data["fields"] for word in ("--field", name)]
    # The last second is not among those that are before it.
    until = _moment(data["until"]) + timedelta(seconds=1)
    words += ["--since", data["since"], "--until", f"{until:%Y-%m-%dT%H:%M:%SZ}", "--limit", "0"]
    return shlex.join(words)


def _digest(data: Mapping[str, Any], zone: tzinfo, now: datetime | None) -> Iterator[str]:
    """What has come together: a line each; one that has stayed alone, in full."""
    clock = _Clock(zone, now or _moment(data["until"]))
    if data["count"] == len(data["changes"]) == 1:
        yield from _change(data["changes"][0], clock)
        return
    yield one_line(data["summary"] or f"{data['count']} changes", _LONGEST_LINE)
    for change in data["changes"][:_MOST_CHANGES]:
        place = one_line(change["post"]["link"] or "", _LONGEST_LINE)
        yield f"  {clock.say(change['detected_at'])}  {one_line(change['headline'], _LONGEST_LINE)}   {place}".rstrip()
    left = data["count"] - min(len(data["changes"]), _MOST_CHANGES)
    if left > 0:
        yield f"  and {left:,} more"
    yield f"  all changes of that time: {_command(data)}"


def _notice(kind: str, data: Mapping[str, Any]) -> Iterator[str]:
    source = data.get("source")
    where = source["name"] if isinstance(source, Mapping) else source
    what = str(data.get("kind") or kind).replace("_", " ")
    yield " · ".join(one_line(str(part)) for part in (where or "crawler", what) if part)
    yield from (f"  {inert(line)}" for line in str(data.get("text", "")).splitlines())


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
