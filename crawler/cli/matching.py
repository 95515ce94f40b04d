"""`--match`: a regular expression that must occur in the changed text, and nowhere else."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from crawler.decide import TEXT as TEXTS
from crawler.diff import spans
from crawler.errors import CrawlerError
from crawler.store.queries import Row
from crawler.text import searched

#: Of computing, for one Change. Some patterns take for ever on some texts, and the texts are not ours.
SECONDS = 5.0


class Pattern:
    """What was given as `--match`. Raises a usage error when it is no regular expression."""

    def __init__(self, text: str) -> None:
        try:
            self._pattern = searched(text)
        except (re.error, RecursionError, OverflowError) as error:
            raise click.BadParameter(f"{text!r} is no regular expression: {error}", param_hint="--match") from None

    def occurs_in(self, change: Row) -> bool:
        """Whether it occurs in what a row of `recent_changes` added or removed."""
        with _limited(change["id"]):
            return self._pattern.search("\n".join(_changed_text(change))) is not None


def _changed_text(change: Row) -> Iterator[str]:
    """What was added and removed of the texts. The stored diff has a section for each field that changed."""
    sections = change["diff"].split("\n\n")
    names = json.loads(change["fields"])
    if len(names) == len(sections):
        sections = [section for name, section in zip(names, sections, strict=True) if name in TEXTS]
    for section in sections:
        yield from (text for style, text in spans(section) if style != "kept")


@contextmanager
def _limited(change_id: str) -> Iterator[None]:
    """Bound the computing time; `re` looks for signals while it searches."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise CrawlerError(
            f"the pattern of --match takes too long on the text of {change_id};"
            " write it without repetitions inside repetitions, such as (a+)+"
        )

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
