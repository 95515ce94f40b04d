"""Literal text of expressions: each character that canonical text folds, in both forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from crawler.text.characters import NEVER_SEEN, TYPOGRAPHY

#: White space but tabs and line ends, which stand in code only.
_SPACES = " \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
UNSEEN = frozenset(NEVER_SEEN)
_NEVER_SEEN = re.compile(f"[{NEVER_SEEN}]")
_IS_SPACE = re.compile(f"[{_SPACES}]")
_JOINERS = "\u200c\u200d"
_SINGLE = "'" + "".join(char for char, fold in TYPOGRAPHY.items() if fold == "'")
_PIECE = re.compile(
    rf"(?P<quote>[«‹][{_SPACES}]+|[{_SPACES}]+[»›])"
    rf"|(?P<spaces>[{_SPACES}]{{2,}}|(?! )[{_SPACES}])"
    rf"|(?P<dots>(?:…|\.(?:[{_SPACES}]*\.)*[{_SPACES}]*…|\.(?:[{_SPACES}]*\.){{2,}})(?:[{_SPACES}]*[….])*)"
    r"|(?P<dashes>--+)"
    r"|(?P<hyphen>[-‐‑])"
    rf"|(?P<primes>[{_SINGLE}]{{2}}|``)"
    r"|(?P<mark>\([tT][mM]\))"
    r"|(?P<times>x)"
    r"|(?P<scheme>http://)"
    r"|(?P<slash>/)"
    rf"|(?P<joiner>[{_JOINERS}])"
    rf"|(?P<other>[{re.escape(''.join(TYPOGRAPHY))}])"
)
#: Of `https?://` only the end is in one row.
_BEGUN_ADDRESS = re.compile(r"(?:https?|\A)://[!-;=?-~]+$", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"[^!-;=?-~]|[.,:;!?)\]}'\"]+(?:[^!-;=?-~]|$)")
#: Folded, they stand alone: a row of a hundred dots or spaces in code must not be cut in all ways, without an end.
_ALONE = {"...": r"(?<!\.)\.\.\.(?!\.)", " ": r"(?<!\ )\ (?!\ )"}


def as_on_page(text: str, *, at_end: bool = False) -> str | None:
    """An expression for the text as a page shows it, both folded and not; None where any text is meant as it stands.

    What stands around it is not known, but for the end of the whole expression.
    """
    # So it is in code too.
    composed = unicodedata.normalize("NFC", _NEVER_SEEN.sub("", text).replace("\u00a0", " "))
    made: list[str] = []
    at = 0
    for piece in _PIECE.finditer(composed):
        forms = list(dict.fromkeys((piece[0], *_folds(piece, at_end=at_end))))
        if forms != [piece[0]]:
            made += (re.escape(composed[at : piece.start()]), _either(forms))
            at = piece.end()
    if not made and composed == text:
        return None
    return "".join((*made, re.escape(composed[at:])))


def lone_folds(char: str) -> Iterator[str]:
    """The folded forms of a character of a set."""
    if char in TYPOGRAPHY:
        yield TYPOGRAPHY[char]
    elif _IS_SPACE.match(char):
        yield " "
    yield unicodedata.normalize("NFC", char)


def as_folded(form: str) -> str:
    """An expression for a folded form."""
    return _ALONE.get(form) or re.escape(form)


def _either(forms: Iterable[str]) -> str:
    """An expression for any of the texts."""
    found = list(forms)
    if all(len(form) == 1 for form in found):
        return f"[{''.join(map(re.escape, found))}]"
    return f"(?:{'|'.join(map(as_folded, found))})"


def _folds(piece: re.Match[str], *, at_end: bool) -> Iterator[str]:
    """What the piece may be in folded text."""
    text = piece[0]
    before = piece.string[: piece.start()]
    after = piece.string[piece.end() :]
    match piece.lastgroup:
        case "quote":
            fold = TYPOGRAPHY[text.strip()]
            yield fold
            yield f" {fold}" if text[0].isspace() else f"{fold} "
        case "spaces":
            yield " "
        case "dots":
            yield "..."
        case "dashes":
            yield "–"
        case "hyphen":
            yield "-"
            if _may_be_white(before[-1:]) and _may_be_white(after[:1]):
                yield "–"
        case "primes":
            yield '"'
        case "mark":
            yield "™"
        case "times":
            if _may_be_figure(before[-1:]) and _may_be_figure(after[:1]):
                yield "×"
        case "scheme":
            yield "https://"
        case "slash":
            is_last = _NO_ADDRESS.match(after) or (at_end and not after)
            if is_last and _BEGUN_ADDRESS.search(before):
                yield ""
        case "joiner":
            yield ""
        case _:
            yield TYPOGRAPHY[text]


def _may_be_white(char: str) -> bool:
    return not char or char.isspace()


def _may_be_figure(char: str) -> bool:
    return not char or char.isdigit()
