"""Pairs of texts of so many words and the edits between them: usual ones, and those that cost a comparison most."""

# ruff: noqa: S311 (nothing here is secret)

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmarks import prose
from crawler.diff.operations import BREAK

_ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
_KOREAN = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호"
_THAI = "กขคงจฉชซญดตถทธนบปผฝพมยรลวสหอะาิีุูเแโ่้ำ"
_HAN = [chr(0x4E00 + at) for at in range(3000)]
_MONTHS = ("January", "March", "May", "July", "October")


class Pair(NamedTuple):
    """Two texts, and what was done to the one to make the other."""

    edit: str
    old: str
    new: str


def usual(size: int) -> Iterator[Pair]:
    """What newsrooms do, and the texts that they do it to."""
    text, other = _sentences(prose.words("text", size)), _sentences(prose.words("other", size))
    blocks = _blocks(text)
    for edit, every in (("5 words edited", size // 5), ("a word in 30 edited", 30), ("a word in 10 edited", 10)):
        yield _pair(edit, blocks, _blocks(_edited(text, every)))
    yield Pair("a word in 10 edited, one paragraph", " ".join(text), " ".join(_edited(text, 10)))
    more = [word for at, each in enumerate(_edited(text, 15)) for word in ((each, "also") if at % 15 == 3 else (each,))]
    yield _pair("a word of each sentence edited, one added", blocks, _blocks(more))
    yield _pair("a paragraph moved", blocks, [blocks[size // 100], *blocks[: size // 100], *blocks[size // 100 + 1 :]])
    yield _pair("paragraphs in another order", blocks, _shuffled(blocks))
    yield _pair("the same, a word in 30 edited", blocks, _shuffled(_blocks(_edited(text, 30))))
    yield _pair("paragraphs divided elsewhere", blocks, _blocks(text, 47))
    yield _pair("another text", blocks, _blocks(other))
    elements = _blocks(text, 4)
    yield _pair("a list of four words each, a word in 20 edited", elements, _blocks(_edited(text, 20), 4))
    yield _pair("a list of four words each, in another order", elements, _shuffled(elements))
    rows = [f"{text[at]} | {at} | {at * 7919 % 9973:,} | {at % 17}" for at in range(size // 7)]
    yield _pair("a table, a figure in each row edited", rows, [row + "9" for row in rows])
    yield _pair("a table, rows in another order", rows, _shuffled(rows))
    for what, make in (("figures", _figure), ("dates", _date), ("quotes", _quote), ("links", _link)):
        old, new = (_blocks(_with(text, size // 1000, make, seed)) for seed in (1, 2))
        yield _pair(f"1,000 {what} edited", old, new)
    code = ["    " * (at % 5) + line for at, line in enumerate(_blocks(text, 5))]
    yield Pair("code, a line in 6 edited", "\n".join(code), "\n".join(_edited(code, 6)))
    yield Pair("code, all of it indented", "\n".join(code), "\n".join(f"  {line}" for line in code))
    for name, letters in (("Arabic", _ARABIC), ("Korean", _KOREAN)):
        spelt = [_spelt(word, letters) for word in text]
        yield _pair(f"{name}, a word in 10 edited", _blocks(spelt), _blocks(_edited(spelt, 10, letters[0])))
    han = random.Random(1).choices(_HAN, [1 / (at + 5) for at in range(len(_HAN))], k=size)
    yield _pair("Chinese, a character in 10 edited", _blocks(han, 120, ""), _blocks(_edited(han, 10, _HAN[7]), 120, ""))


def worst(size: int) -> Iterator[Pair]:
    """What is made to take long, or hardly ever written."""
    text, other = prose.words("text", size), prose.words("other", size)
    few = [random.Random(seed).choices("abcdefgh", k=size) for seed in (1, 2)]
    yield Pair("another text of the same eight words", " ".join(few[0]), " ".join(few[1]))
    yield Pair("one word again and again, two in turn", " ".join(["a"] * size), " ".join(["a", "b"] * (size // 2)))
    many = [f"w{number}" for number in range(size)]
    alike = [random.Random(seed).choices(many[: size // 10], k=size) for seed in (1, 2)]
    yield _pair("another text, each word as frequent", _blocks(alike[0], 40), _blocks(alike[1], 40))
    yield Pair("unlike words in another order", " ".join(many), " ".join(_shuffled(many)))
    thai = "".join(_spelt(word, _THAI) for word in text)[:size]
    yield _pair("Thai, a character in 20 edited", _blocks(thai, 120, ""), _blocks(_edited(thai, 20, "ก"), 120, ""))
    yield _pair("paragraphs of one word, one in 20 edited", text, _edited(text, 20))
    yield _pair("paragraphs of one word, every second edited", many, _edited(many, 2))
    yield _pair("paragraphs of one word, in another order", text, _shuffled(text))
    yield _pair("paragraphs of one word, another text", text, other)
    yield _pair("paragraphs of one word, all edited", text, _edited(text, 1))
    long = [f'"{quote}"' for quote in _blocks(text, size // 40)]
    yield _pair("40 quotes of 500 words, a word in 10 edited", long, [" ".join(_edited(q.split(), 10)) for q in long])
    notes = [f"Update: {words}" for words in _blocks(text, 4)]
    yield _pair("5,000 update notes, each edited", notes, [f"{note}x" for note in notes])
    yield Pair("nothing but opened brackets", "[- " * size, "{+ " * size)


def _pair(edit: str, old: Sequence[str], new: Sequence[str]) -> Pair:
    return Pair(edit, BREAK.join(old), BREAK.join(new))


def _blocks(text: Sequence[str], size: int = 60, between: str = " ") -> list[str]:
    return [between.join(text[at : at + size]) for at in range(0, len(text), size)]


def _sentences(text: Sequence[str]) -> list[str]:
    return [f"{word}." if at % 15 == 14 else word for at, word in enumerate(text)]


def _edited(text: Sequence[str], every: int, more: str = "x") -> list[str]:
    return [word + more if at % every == every // 2 else word for at, word in enumerate(text)]


def _shuffled(blocks: Sequence[str]) -> list[str]:
    return random.Random(1).sample(blocks, len(blocks))


def _spelt(word: str, letters: str) -> str:
    """The word in other letters, always the same ones."""
    return "".join(random.Random(word).choices(letters, k=len(word)))


def _with(text: Sequence[str], every: int, make: Callable[[random.Random], str], seed: int) -> list[str]:
    chance = random.Random(seed)
    return [make(chance) if at % every == 5 else word for at, word in enumerate(text)]


def _figure(chance: random.Random) -> str:
    return f"${chance.randrange(10**6):,}"


def _date(chance: random.Random) -> str:
    return f"on {chance.randrange(1, 29)} {chance.choice(_MONTHS)} {chance.randrange(1990, 2030)}"


def _quote(chance: random.Random) -> str:
    return f'"{" ".join(chance.choices(prose.VOCABULARY, k=4))}"'


def _link(chance: random.Random) -> str:
    return f"</{chance.choice(prose.VOCABULARY)}/{chance.randrange(1000)}>"
