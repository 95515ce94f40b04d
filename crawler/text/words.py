"""Words, as they are counted and compared: a text is cut into tokens, and `join` makes the same text of them again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_HAN_KANA_THAI = (
    "\u0e00-\u0e7f\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_OPENING = "「『（【《〈〔［｛"
_CLOSING = "、。，．！？：；・」』）】》〉〕］｝"

_BY_CHARACTER = re.compile(f"[{_HAN_KANA_THAI}]")
#: An address stays whole; a character keeps the punctuation that clings to it.
_PIECE = re.compile(
    rf"https?://[!-~]+|[{_OPENING}]*[{_HAN_KANA_THAI}][{_CLOSING}]*|(?:(?![{_OPENING}]*[{_HAN_KANA_THAI}]).)+"
)
#: White space that a script without spaces has only where a line or paragraph ends.
_BESIDE = re.compile(f"(?<=[{_HAN_KANA_THAI}{_OPENING}{_CLOSING}])\\s+|\\s+(?=[{_HAN_KANA_THAI}{_OPENING}{_CLOSING}])")
_CHUNK = re.compile(r"(\s*)(\S*)")


def words(text: str) -> list[str]:
    """The words: separated by white space; Han, kana and Thai by character; an address is one word."""
    if text.isascii() or not _BY_CHARACTER.search(text):
        return text.split()
    return [piece for chunk in text.split() for piece in _pieces(chunk)]


def undivided(text: str) -> str:
    """The text as it is compared: where a paragraph is divided does not count, except around and within code.

    Only code has white space other than single spaces in a block.
    """
    if "  " not in text and "\t" not in text and text.count("\n") == 2 * text.count("\n\n"):
        return _in_one(text)
    blocks = text.split("\n\n")
    return " ".join(f"\n{block}\n" if _is_code(block) else _in_one(block) for block in blocks)


def _is_code(block: str) -> bool:
    return "  " in block or "\n" in block or "\t" in block


def _in_one(text: str) -> str:
    text = " ".join(text.split())
    return text if text.isascii() else _BESIDE.sub("", text)


def tokens(text: str) -> list[str]:
    """The words, each with the white space before it where that is not the usual one."""
    if is_simple(text):
        return text.split(" ")
    chunks = _CHUNK.findall(text)
    if text.isascii() or not _BY_CHARACTER.search(text):
        rest = [word if gap == " " else gap + word for gap, word in chunks[1:] if gap or word]
        return ["".join(chunks[0]), *rest] if text else []
    found: list[str] = []
    before = ""
    for gap, chunk in chunks:
        pieces = _pieces(chunk)
        if pieces:
            # Only before the first can be other white space than usual: between the others there is none.
            gap = "" if gap == usual_gap(before, pieces[0]) else gap
            before = pieces[-1]
            pieces[0] = gap + pieces[0]
            found += pieces
        elif gap:
            found.append("" if gap == usual_gap(before, "") else gap)
    return found


def tokens_of(blocks: Sequence[str]) -> list[str]:
    """The tokens of all blocks, with a blank line as a token between two of them."""
    if len(blocks) == 1:
        return tokens(blocks[0])
    text = " \n\n ".join(blocks)
    # Nothing but words and single spaces within blocks: all of them are cut at once, as is true of most texts.
    if is_simple(text.replace(" \n\n ", " ")):
        return text.split(" ")
    found: list[str] = []
    for block in blocks:
        found += tokens(block)
        found.append("\n\n")
    return found[:-1]


def join(parts: Iterable[str]) -> str:
    """The text of which `parts` are the tokens."""
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]
    simple = f" {' '.join(parts)} ".replace(" \n\n ", "\n\n")
    if _is_usual(simple):
        return simple.removeprefix(" ").removesuffix(" ")
    text: list[str] = []
    clings_before = True
    for part in parts:
        word = part.lstrip()
        clings = _clings(word)
        if not (clings_before or clings) and word == part:
            text.append(" ")
        text.append(part)
        clings_before = clings or not word
    return "".join(text)


def _is_usual(text: str) -> bool:
    """Has the text nothing but words with a space between them and blocks with a blank line? Most need no more."""
    return (
        text.replace("\n\n", "").isprintable()
        and not any(gap in text for gap in ("  ", " \n", "\n "))
        and (text.isascii() or not _BY_CHARACTER.search(text))
    )


def is_simple(text: str) -> bool:
    """Has the text nothing but words with a space between each two of them?"""
    return (
        text.isprintable()  # white space is not, but for the space
        and "  " not in text
        and text[:1] not in ("", " ")
        and text[-1] != " "
        and (text.isascii() or not _BY_CHARACTER.search(text))
    )


def _pieces(chunk: str) -> list[str]:
    if chunk.isascii() or (chunk[0] == "<" and chunk[-1] == ">"):
        return [chunk] if chunk else []
    if "://" not in chunk:
        return _PIECE.findall(chunk)
    pieces: list[str] = []
    for piece in _PIECE.findall(chunk):
        # What would get a space between its words when they are put together again is one word.
        if pieces and usual_gap(pieces[-1], piece):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def usual_gap(before: str, word: str) -> str:
    """What stands between two words unless something else is said: a space, or nothing beside Han, kana and Thai."""
    return "" if not before or _clings(before) or _clings(word) else " "


def _clings(word: str) -> bool:
    """Is this a character of a script that is written without spaces?"""
    if word.isascii() or word[0] == "<":
        return False
    return _BY_CHARACTER.search(word) is not None
