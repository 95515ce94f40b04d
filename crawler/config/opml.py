"""OPML -> the feeds in it. The file may come from anywhere: nothing outside of it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

#: deeper folders than this are no reading list
_DEPTH_LIMIT = 50


class NotOpml(ValueError):
    """The file is no OPML; `line` is where that shows."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """One feed."""

    url: str
    line: int
    #: names of the folders that it is in, innermost first
    folders: tuple[str, ...]


def outlines(raw: bytes) -> list[Outline]:
    """The feeds in the order of the file; one that stands in several folders is one feed in all of them."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise NotOpml("is not XML here", error.position[0]) from None
    if etree.QName(root).localname.lower() != "opml":
        raise NotOpml("is not OPML; its outermost element should be <opml>", _line(root))
    found: dict[str, Outline] = {}
    _collect(root, (), found)
    return list(found.values())


def _collect(element: etree._Element, folders: tuple[str, ...], found: dict[str, Outline]) -> None:
    if len(folders) > _DEPTH_LIMIT:
        raise NotOpml("has folders nested too deeply", _line(element))
    for child in element.iterchildren("outline", "{*}outline", "body"):
        told = {str(name).lower(): str(value).strip() for name, value in child.attrib.items()}
        url = told.get("xmlurl")
        if url:
            first = found.get(url)
            known, line = (first.folders, first.line) if first else ((), _line(child))
            found[url] = Outline(url=url, line=line, folders=tuple(dict.fromkeys((*known, *folders))))
        name = "" if url else " ".join((told.get("text") or told.get("title") or "").split())
        _collect(child, (name, *folders) if name else folders, found)


def _line(element: etree._Element) -> int:
    line: Any = element.sourceline
    return int(line or 1)
