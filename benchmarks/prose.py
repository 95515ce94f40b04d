"""Posts as sites print them: words as frequent as in any language, realistic HTML. The same seed, the same post."""

# ruff: noqa: S311 (nothing here is secret)

from __future__ import annotations

import random
import re
from itertools import accumulate

_SYLLABLES = (
    *("ba", "be", "ca", "con", "da", "de", "di", "en", "er", "es", "fa", "for", "ga", "ge", "in", "is", "ka", "la"),
    *("le", "li", "ma", "me", "na", "no", "or", "pa", "per", "ra", "re", "ri", "sa", "se", "si", "ta", "te", "ti"),
)

_maker = random.Random(1)
_all = {"".join(_maker.choices(_SYLLABLES, k=_maker.choice((1, 2, 2, 3, 3, 4)))) for _ in range(9000)}
#: the most frequent first, which are mostly short ones
VOCABULARY = sorted(sorted(_all), key=lambda word: len(word) + _maker.random() * 30)
#: the n-th word is 1/n as frequent as the first, as in any language
_WEIGHTS = list(accumulate(1 / rank for rank in range(2, len(VOCABULARY) + 2)))


def words(seed: str, number: int) -> list[str]:
    """So many words."""
    return random.Random(seed).choices(VOCABULARY, cum_weights=_WEIGHTS, k=number)


def title(seed: str) -> str:
    """A headline of a few words."""
    return " ".join(words(f"title {seed}", 8)).capitalize()


def excerpt(content: str) -> str:
    """The first 55 words of a post's content, as sites make it by themselves."""
    return f"<p>{' '.join(re.sub('<[^>]*>', ' ', content).split()[:55])} [&#8230;]</p>"


def length(seed: str) -> int:
    """How many words a post has: 200 to 1,500."""
    return random.Random(f"length {seed}").randint(200, 1500)


def html(seed: str, *, edited: int = 0) -> str:
    """The content of a post; each edit replaces three words somewhere and adds a sentence at the end."""
    text = words(seed, length(seed))
    for edit in range(1, edited + 1):
        at = random.Random(f"edit {seed} {edit}").randrange(len(text) - 3)
        text[at : at + 3] = words(f"edit {seed} {edit}", 3)
        text += words(f"more {seed} {edit}", 12)
    place = random.Random(f"form {seed}")
    blocks = []
    while text:
        size = place.randint(25, 90)
        blocks.append(_block(text[:size], place))
        text = text[size:]
    return "\n\n\n\n".join(blocks)


def _block(text: list[str], place: random.Random) -> str:
    sentence = " ".join(text).capitalize() + "."
    kind = place.random()
    if kind < 0.06:
        return f'<h2 class="wp-block-heading">{" ".join(text[:6]).capitalize()}</h2>\n\n\n\n<p>{sentence}</p>'
    if kind < 0.12:
        lines = "\n".join(f"<li>{' '.join(text[at : at + 9])}</li>" for at in range(0, len(text), 9))
        return f'<ul class="wp-block-list">\n{lines}\n</ul>'
    if kind < 0.18:
        name = "-".join(text[:2])
        picture = (
            f'<img decoding="async" width="1024" height="683" src="https://media.example/{name}.jpg" alt="{name}" />'
        )
        return f'<figure class="wp-block-image size-large">{picture}<figcaption>{sentence}</figcaption></figure>'
    if kind < 0.5 and len(text) > 10:
        link = f'<a href="https://www.example.org/{"/".join(text[1:4])}/">{" ".join(text[4:8])}</a>'
        return f"<p>{' '.join(text[:4])} {link} <strong>{text[8]}</strong> {' '.join(text[9:])}&#8217;s.</p>"
    return f"<p>{sentence}</p>"
