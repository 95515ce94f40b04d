"""Lines of a diff with Arabic or Hebrew in them: isolated, so that each part stays where it belongs."""

from __future__ import annotations

import re

from crawler.render.inert import inert

#: First-strong isolate and its end (UAX 9): a terminal or a mail lays out what is between by itself.
_ISOLATE, _END = "\u2068", "\u2069"
_ISOLATES = re.compile(f"([{_ISOLATE}{_END}])")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
#: A marked part of wdiff text.
MARKED = re.compile(r"\[-(?:(?!\[-).)*?-\]|\{\+(?:(?!\{\+).)*?\+\}", re.DOTALL)


def is_right_to_left(text: str) -> bool:
    """Is anything in the text written from right to left?"""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def isolates(text: str) -> tuple[str, str]:
    """What to put before and behind the text to make it a part of its own; nothing where it all runs to the right."""
    return (_ISOLATE, _END) if is_right_to_left(text) else ("", "")


def isolated(text: str) -> str:
    """The text as a part of its own in a line."""
    first, last = isolates(text)
    return f"{first}{text}{last}"


def inert_but_isolated(text: str) -> str:
    """The text inert, but for its isolates: ours, where the text of strangers has been made inert before."""
    return "".join(each if each in (_ISOLATE, _END) else inert(each) for each in _ISOLATES.split(text))


def isolated_line(line: str) -> str:
    """A line of wdiff text, with its markers: the line is isolated and each marked part in it, where that is needed."""
    if not is_right_to_left(line):
        return line
    return isolated(MARKED.sub(lambda found: f"{_ISOLATE}{found[0]}{_END}", line))
