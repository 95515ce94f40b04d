"""Bytes of XML -> text. Decides the encoding itself, so that one bad byte never changes how the rest is read."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from crawler.errors import ParseError

# Only codecs that map bytes to characters and keep no state: others (punycode, utf-7, iso-2022-*) either do
# something else or let one damaged byte change all that follows.
_KNOWN = re.compile(
    r"utf-8|utf-16(-[bl]e)?|iso8859-\d+|cp125\d|cp(437|85\d|86[0-9]|874|932|936|949|950)|mac-(roman|cyrillic)"
    r"|koi8-[ru]|shift_jis|euc_(jp|kr)|gb(2312|k|18030)|big5(hkscs)?|johab|tis-620|ascii"
)
#: What authors mean when they declare these: the superset that every browser reads.
_SUPERSETS = {"ascii": "utf-8", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BARE_UTF16 = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"))
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]{1,60})["']""")
_PARAMETER = re.compile(r""";\s*charset\s*=\s*["']?([^"';\s]{1,60})""", re.IGNORECASE)


class Decoded(NamedTuple):
    """The text, and whether characters in it had to be replaced by U+FFFD."""

    text: str
    is_damaged: bool


def decode(body: bytes, content_type: str | None) -> Decoded:
    """The body as text: a byte order mark counts first, then the HTTP header, then the XML declaration."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return _read(body[len(bom) :], name)
    for start, name in _BARE_UTF16:
        if body.startswith(start):
            return _read(body, name)
    parameter = _PARAMETER.search(content_type or "")
    declared = _DECLARED.match(body)
    if parameter:
        return _read(body, _codec(parameter[1]))
    return _read(body, _codec(declared[1].decode("ascii", "replace")) if declared else "utf-8")


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if not _KNOWN.fullmatch(found):
        shown = "".join(each if each.isprintable() else "�" for each in name)
        raise ParseError("not_data", f"the answer claims the encoding “{shown}”, which no feed is read in")
    # A document whose declaration could be read byte by byte is not in UTF-16, whatever it says.
    return "utf-8" if found.startswith("utf-16") else _SUPERSETS.get(found, found)


def _read(body: bytes, name: str) -> Decoded:
    try:
        return Decoded(body.decode(name), is_damaged=False)
    except UnicodeDecodeError:
        return Decoded(body.decode(name, "replace"), is_damaged=True)
