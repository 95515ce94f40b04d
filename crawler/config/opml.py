"""OPML -> the feeds in it. The file may come from anywhere: nothing outside of it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from crawler.config.problems import Problems


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """One feed."""

    url: str
    line: int
    #: names of the folders that it is in, innermost first
    folders: tuple[str, ...]


def outlines(raw: bytes, file: str, problems: Problems) -> list[Outline] | None:
    """The feeds in the order of the file, one in several folders as one; None if it is no OPML, which is told."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        problems.add(file, error.position[0], "", "not readable as XML here or just above")
        return None
    if etree.QName(root).localname.lower() != "opml":
        problems.add(file, _line(root), "", "is not OPML; its outermost element should be <opml>")
        return None
    found: dict[str, Outline] = {}
    _collect(root, (), found)
    return list(found.values())


def _collect(element: etree._Element, folders: tuple[str, ...], found: dict[str, Outline]) -> None:
    # libxml2 reads no document that is nested deeper than 256 elements, so this cannot go too deep
    for child in element.iterchildren("outline", "{*}outline", "body", "{*}body"):
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
