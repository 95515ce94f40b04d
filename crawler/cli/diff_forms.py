"""The forms of `diff`: two Revisions of a Post for a terminal, for `patch`, for a browser and for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from rich.text import Text

from crawler.cli import formats, times
from crawler.cli.colours import wants_colour
from crawler.cli.documents import IN_TEXT, document, label, value_text
from crawler.cli.printing import block, line
from crawler.diff import TEXTS, Heading, Section, as_json, as_operations, compare, html, spans, unified, wdiff
from crawler.model import Comparison, FieldDiff
from crawler.render import isolated, isolates
from crawler.store.revisions import KnownPost, StoredRevision

_STYLES = {"kept": "", "removed": "red", "added": "green"}
_MARKS = {"kept": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}


class Pair(NamedTuple):
    """Two Revisions of a Post, and the names of the fields that differ."""

    post: KnownPost
    old: StoredRevision
    new: StoredRevision
    names: tuple[str, ...]
    zone: tzinfo

    @property
    def beside(self) -> list[str]:
        """The fields that differ and are not in the text."""
        return [name for name in self.names if name not in IN_TEXT]


def terminal(pair: Pair) -> Iterator[Text]:
    """The fields in their order, the text with a little context."""
    comparison = _comparison(pair)
    yield line(_heading(pair), "bold")
    yield line(comparison.summary or "no difference")
    sections = comparison.diff.split("\n\n") if comparison.diff else []
    for name, section in zip(pair.names, sections, strict=False):
        yield Text("")
        if name in (*IN_TEXT, "excerpt"):
            yield line({"content": "Text"}.get(name, label(name)), "bold")
        yield _coloured(section)


def _heading(pair: Pair) -> str:
    post, numbers = pair.post, f"revision {pair.old.number} → {pair.new.number}"
    return f"{post.source} · post {post.id} · {numbers} · “{pair.new.fields.title or post.title or ''}”"


def _comparison(pair: Pair) -> Comparison:
    return compare(pair.old.fields, pair.new.fields, pair.names)


def _coloured(section: str) -> Text:
    """wdiff text in colours, or with its marks where there are none."""
    return Text("\n").join(_coloured_line(each) for each in section.split("\n"))


def _coloured_line(text: str) -> Text:
    has_colours = wants_colour(sys.stdout)
    made = Text()
    for style, part in spans(text):
        before, after = ("", "") if has_colours else _MARKS[style]
        shown = f"{before}{block(part).plain}{after}"
        made.append(shown if style == "kept" else isolated(shown), _STYLES[style])
    first, last = isolates(made.plain)
    return Text.assemble(first, made, last)


def _unified(pair: Pair) -> str:
    """For `patch`; what is not in the text stands before it in lines that `patch` passes over."""
    remarks = "".join(f"# {label(name)}: {' → '.join(_values(pair, name))}\n" for name in pair.beside)
    text = unified(document(pair.old.fields), document(pair.new.fields), f"{pair.post.source}/{pair.post.id}")
    return remarks + text


def _values(pair: Pair, name: str) -> Sequence[str]:
    return [value_text(getattr(revision.fields, name)) or "none" for revision in (pair.old, pair.new)]


def _wdiff(pair: Pair) -> str:
    """The fields that differ, a line each, then the whole text."""
    comparison = _comparison(pair)
    sections = dict(zip((field.name for field in comparison.fields), comparison.diff.split("\n\n"), strict=False))
    beside = [sections[name] if name != "excerpt" else f"Excerpt: {sections[name]}" for name in pair.beside]
    return "\n".join(filter(None, (*beside, wdiff(document(pair.old.fields), document(pair.new.fields)))))


def _html(pair: Pair) -> str:
    comparison = _comparison(pair)
    sections = [_section(pair, field) for field in comparison.fields if field.name in pair.beside]
    sections += [_text_section(pair, name) for name in IN_TEXT]
    heading = Heading(_heading(pair), [_times(pair, each) for each in (pair.old, pair.new)], pair.post.link or "")
    return html(heading, comparison.summary or "no difference", sections)


def _times(pair: Pair, revision: StoredRevision) -> str:
    """When a Revision was seen, and when the site says that it was made."""
    first, last = (times.local(at, pair.zone, with_zone=True) for at in (revision.observed_at, revision.last_seen_at))
    told = f"Revision {revision.number}: seen {first}" + (f" to {last}" if last != first else "")
    modified = times.local(revision.modified_at, pair.zone, with_zone=True)
    return told + (f"; modified {modified}" if modified else "")


def _section(pair: Pair, field: FieldDiff) -> Section:
    if field.name == "excerpt":
        return _text_section(pair, field.name)
    if field.added is not None:
        return Section(label(field.name), removed=field.removed or (), added=field.added)
    before, after = (tuple(filter(None, (value,))) for value in (field.old, field.new))
    return Section(label(field.name), removed=before, added=after)


def _text_section(pair: Pair, name: str) -> Section:
    heading = {"content": "Text"}.get(name, label(name))
    old, new = (getattr(revision.fields, name) for revision in (pair.old, pair.new))
    if name not in pair.names:  # one that was not told is none that went or came
        old = new = old if new is None else new
    return Section(heading, old or "", new or "")


def _json(pair: Pair) -> str:
    comparison = _comparison(pair)
    return formats.json_text(
        {
            "post_id": pair.post.id,
            "source": pair.post.source,
            "old_revision": pair.old.number,
            "new_revision": pair.new.number,
            "fields": list(pair.names),
            "words_added": comparison.words_added,
            "words_removed": comparison.words_removed,
            "summary": comparison.summary,
            "diff": comparison.diff,
            "changes": [_change(field) for field in comparison.fields if field.name not in TEXTS],
            "operations": {
                name: as_operations(getattr(pair.old.fields, name) or "", getattr(pair.new.fields, name) or "")
                for name in TEXTS
                if name in pair.names
            },
            "lines": as_json(document(pair.old.fields, pair.beside), document(pair.new.fields, pair.beside)),
        },
        indent=2,
    )


def _change(field: FieldDiff) -> dict[str, object]:
    """A field that is no text, as in an Alert."""
    if field.added is not None:
        return {"name": field.name, "added": field.added, "removed": field.removed}
    return {"name": field.name, "old": field.old, "new": field.new}


#: What makes each form but that for a terminal.
FORMS: Mapping[str, Callable[[Pair], str]] = {
    "unified": _unified,
    "wdiff": _wdiff,
    "html": _html,
    "json": _json,
}
