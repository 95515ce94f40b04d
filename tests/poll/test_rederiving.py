"""Stored originals read again: one that is too much for a child process does not take the others with it."""

from __future__ import annotations

import asyncio

from crawler.errors import ParseError
from crawler.model import Fields
from crawler.parse.answers import Derived
from crawler.poll.rederiving import AT_ONCE, derived


def test_one_that_cannot_be_read_is_left_out_alone():
    asked = []

    async def run(task):
        asked.append(len(task.originals))
        if b"7" in task.originals:
            raise ParseError("too_large", "it took too long")
        return tuple(Derived(fields=Fields(title=each.decode()), text_hash="") for each in task.originals)

    originals = {number: str(number).encode() for number in range(AT_ONCE + 5)}
    found = asyncio.run(derived(run, originals, ()))
    assert {number: each.fields.title for number, each in found.items()} == {
        number: str(number) for number in originals if number != 7
    }
    assert asked == [AT_ONCE, *[1] * AT_ONCE, 5]
