"""Characters that look different and mean the same: folded to one of them. Code is left as it stands."""

from __future__ import annotations

import re
import unicodedata

#: What wptexturize writes for plain quotes, primes, hyphens and dots in any of its languages (measured: the 63 of
#: Debian's wordpress-l10n), and what editors type: an acute accent, the signs of Greek, Hebrew and Hawaiian.
TYPOGRAPHY = {
    **dict.fromkeys("‘’‚‛‹›′ʼ＇´ʻʽʹ᾽᾿׳ꞌ❛❜", "'"),
    **dict.fromkeys("“”„‟″«»〝〞〟＂ʺˮ״⹂❝❞", '"'),
    **dict.fromkeys("‒–—―", "–"),
    **dict.fromkeys("‐‑", "-"),
    "…": "...",
    **{chr(ord("０") + digit): str(digit) for digit in range(10)},
}
#: Say which way text runs. Not seen by readers, but in code they make one program look like another.
_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
#: Not seen by readers: soft hyphens, zero-width characters, variation selectors.
_UNSEEN = "\u00ad\u034f\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufe0e\ufe0f\ufeff\ufff9\ufffa\ufffb"
NEVER_SEEN = _UNSEEN + _DIRECTIONS
_CONTROLS = "".join(chr(code) for code in (*range(9), 11, 12, *range(14, 32), *range(127, 160)))

#: These stand in nearly every paragraph: replaced one by one, a tenth of the time of a search for all.
_FREQUENT = "’“”‘…"
_FOLDED = {**TYPOGRAPHY, **dict.fromkeys(NEVER_SEEN + _CONTROLS, "")}
# searched for, not translated: str.translate takes ten times as long on text that is not ASCII
_NOISE = re.compile(f"[{re.escape(_UNSEEN + _CONTROLS)}]+")
_FOLDING = re.compile(f"[{re.escape(''.join(_FOLDED))}]")
_TURNS = re.compile(f"[{_DIRECTIONS}]")
#: French quotes stand off their words; reversed ones, as Germans and Danes write them, do not.
_FRENCH_QUOTES = re.compile(r"(?<![^\s(\[{])([«‹])\s+(?=\S)|(?<=\S)\s+([»›])(?!\w)")

#: A joiner holds emoji and the letters of some scripts together, and is noise elsewhere.
_JOINERS = re.compile("[\u200c\u200d]+")
_EMOJI = re.compile("[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
#: Arabic, Persian, Hindi, Sinhala …: joiners shape their words; between other letters they do nothing.
_SHAPED = re.compile("[\u0590-\u1fff\ua800-\uabff]")
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
#: What stands raised: the number of a power or of a footnote, and no words.
_FIGURES = re.compile(r"[\s0-9+−–,.()\[\]-]{1,20}")
_RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_ARE_RAISED = re.compile("[⁰¹²³⁴-⁹⁺⁻]+")
_ADDRESS = re.compile(r"https?://([!-;=?-~]+)", re.IGNORECASE)
_AFTER_ADDRESS = ".,;:!?)]}'\""


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
        if "»" in text or "›" in text:
            text = _FRENCH_QUOTES.sub(r"\1\2", text)
        text = _FOLDING.sub(_folded, text)
        if "\u200c" in text or "\u200d" in text:
            text = _JOINERS.sub(_joined, text)
        text = " ".join(_composed(text).split())
    return _digraphs(text)


def verbatim(text: str) -> str:
    """A line of code: what nobody sees goes, and what turns the text round is shown; white space stays."""
    if text.isascii() and text.isprintable():
        return text
    text = _NOISE.sub("", text.replace("\u00a0", " ").replace("\r", " "))
    return _composed(_TURNS.sub(_shown, _JOINERS.sub(lambda match: _joined(match) or _shown(match), text)))


def raised(text: str) -> str:
    """The figures of `10<sup>6</sup>` as Unicode has them: 10⁶ is not 106. Raised words are a matter of taste."""
    return text.translate(_RAISED) if _FIGURES.fullmatch(text) else text


def with_raised(text: str) -> list[str]:
    """The text as it is left where raised figures lose their place, or go as the numbers of footnotes do."""
    return [text.translate(_LOWERED), _ARE_RAISED.sub("", text)] if _ARE_RAISED.search(text) else []


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


def _joined(match: re.Match[str]) -> str:
    """One joiner where it does something: within a word, or between two emoji."""
    start, end, text = match.start(), match.end(), match.string
    if start == 0 or end == len(text):
        return ""
    before, after = text[start - 1], text[end]
    if _is_joining(before) and _is_joining(after):
        return match[0][0]
    return "\u200d" if "\u200d" in match[0] and _EMOJI.match(before) and _EMOJI.match(after) else ""


def _is_joining(char: str) -> bool:
    return _SHAPED.match(char) is not None and unicodedata.category(char)[0] in "LM"


def _folded(match: re.Match[str]) -> str:
    return _FOLDED[match[0]]


def _shown(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0][0]):04X}]"


def _digraphs(text: str) -> str:
    """What wptexturize replaces by one character, whichever way it stands: `--`, `...`, `''`, `(tm)`, `9x9`."""
    # One character is looked for first where it can be: several times as fast as two.
    if "-" in text:
        text = _DASHES.sub("–", text)
    if ("'" in text and "''" in text) or ("`" in text and "``" in text):
        text = _PRIMES.sub('"', text)
    if ".." in text or ". ." in text:
        text = _LONG_DOTS.sub("...", text)
    if "(" in text:
        text = _TRADEMARK.sub("™", text)
    if "x" in text:
        text = _TIMES.sub("×", text)
    if ":" in text and "://" in text:
        text = _ADDRESS.sub(_address, text)
    return text


def _address(match: re.Match[str]) -> str:
    """An address among the words, as a site shows it before and after it went over to https."""
    bare = match[1].rstrip(_AFTER_ADDRESS)
    return f"https://{bare.rstrip('/')}{match[1][len(bare) :]}"
