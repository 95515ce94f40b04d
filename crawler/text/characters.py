"""Characters that look different and mean the same: folded to one of them."""

from __future__ import annotations

import re
import unicodedata

#: What wptexturize and editors write for plain quotes, hyphens and dots.
_TYPOGRAPHY = {
    **dict.fromkeys("‘’‚‛′ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‒–—―", "–"),
    **dict.fromkeys("‐‑", "-"),
    "…": "...",
}
#: Not seen by readers: soft hyphens, zero-width and direction marks, variation selectors.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
_UNSEEN += "\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff\ufff9\ufffa\ufffb"
_CONTROLS = "".join(chr(code) for code in (*range(9), 11, 12, *range(14, 32), *range(127, 160)))

#: These stand in nearly every paragraph: replaced one by one, a tenth of the time of a search for all.
_FREQUENT = "’“”‘…"
_FOLDED = {**_TYPOGRAPHY, **dict.fromkeys(_UNSEEN + _CONTROLS, "")}
# searched for, not translated: str.translate takes ten times as long on text that is not ASCII
_NOISE = re.compile(f"[{re.escape(_UNSEEN + _CONTROLS)}]+")
_FOLDING = re.compile(f"[{re.escape(''.join(_FOLDED))}]")

#: A joiner holds emoji together and is noise elsewhere.
_EMOJI = "\u2600-\u27bf\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(rf"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_EXOTIC = (
    "[^\x00-\u02ff\u0400-\u0482\u048a-\u052f\u2010-\u206f\u3000-\u3029\u3030-\u3098\u309b-\u9fff"
    "\uac00-\ud7a3\uff00-\uffef]"
)
#: Runs that are not Latin, Cyrillic, CJK or Hangul: only they can be long rows of combining marks.
_LONG_EXOTIC = re.compile(f"{_EXOTIC}{_EXOTIC}{{30,}}")
#: Unicode's own limit (UAX 15, stream-safe text). CPython sorts marks by insertion: 100,000 of them take a minute.
_MOST_MARKS = 30
# Each begins with the letter that is looked for, which lets the search run at the speed of str.find.
_DASHES = re.compile(r"-(?:-+|(?<!\S-)(?!\S))")
_PRIMES = re.compile(r"''|``")
_TRADEMARK = re.compile(r"\([tT][mM]\)")
_TIMES = re.compile(r"x(?<=\dx)(?=\d)")
_LONG_DOTS = re.compile(r"\.(?:\s?\.){2,}")


def fold(text: str) -> str:
    """The text with typography, unseen characters and white space folded: `“a” — b…` is `"a" – b...`."""
    if not text.isascii():
        for char in _FREQUENT:
            if char in text:
                text = text.replace(char, _FOLDED[char])
    if text.isascii() and text.isprintable():
        # nothing but spaces in it is white space: most paragraphs need no splitting
        text = " ".join(text.split()) if "  " in text else text.strip()
    else:
        text = " ".join(_composed(_FOLDING.sub(_folded, _joiners_removed(text))).split())
    return _digraphs(text)


def fold_line(text: str) -> str:
    """One line of code or preformatted text: only what nobody sees goes; inner white space stays."""
    return unseen_removed(text.replace("\u00a0", " ").expandtabs(4)).rstrip()


def unseen_removed(text: str) -> str:
    """The text in NFC, without characters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    return _composed(_NOISE.sub("", _joiners_removed(text)))


def _composed(text: str) -> str:
    """The text in NFC."""
    return unicodedata.normalize("NFC", _LONG_EXOTIC.sub(_marks_limited, text))


def _marks_limited(match: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for char in match[0]:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def _joiners_removed(text: str) -> str:
    return _STRAY_JOINER.sub("", text) if "\u200d" in text else text


def _folded(match: re.Match[str]) -> str:
    return _FOLDED[match[0]]


def _digraphs(text: str) -> str:
    """What wptexturize replaces by one character, whichever way it stands: `--`, `...`, `''`, `(tm)`, `9x9`."""
    if "-" in text:
        text = _DASHES.sub("–", text)
    if "''" in text or "``" in text:
        text = _PRIMES.sub('"', text)
    if ".." in text or ". ." in text:
        text = _LONG_DOTS.sub("...", text)
    if "(" in text:
        text = _TRADEMARK.sub("™", text)
    if "x" in text:
        text = _TIMES.sub("×", text)
    return text
