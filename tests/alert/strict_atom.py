"""What RFC 4287 asks of a feed, as checks: `checked(path)` fails with the first rule that is broken."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
URI = re.compile(r"[a-z]+:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
#: (least, most) of each element; those that are not named are not there
FEED = {"id": (1, 1), "title": (1, 1), "updated": (1, 1), "generator": (0, 1), "entry": (0, 10_000)}
ENTRY = {
    "id": (1, 1), "title": (1, 1), "updated": (1, 1), "published": (0, 1), "author": (1, 9), "link": (0, 9),
    "category": (0, 9), "content": (1, 1),
}  # fmt: skip


def checked(path):
    """The entries, newest first."""
    text = path.read_bytes()
    feed = etree.fromstring(text, etree.XMLParser(resolve_entities=False))
    assert feed.tag == f"{ATOM}feed"
    assert text.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    _counted(feed, FEED)
    _dated(feed)
    entries = feed.findall(f"{ATOM}entry")
    ids = [each.findtext(f"{ATOM}id") for each in (feed, *entries)]
    assert all(URN.fullmatch(each) for each in ids)
    assert len(set(ids)) == len(ids)
    for entry in entries:
        _entry(entry)
    return entries


def _entry(entry):
    _counted(entry, ENTRY)
    _dated(entry)
    assert [each.tag for each in entry.find(f"{ATOM}author")] == [f"{ATOM}name"]
    assert entry.findtext(f"{ATOM}author/{ATOM}name").strip()
    title, content = entry.find(f"{ATOM}title"), entry.find(f"{ATOM}content")
    assert (title.get("type"), content.get("type")) == ("text", "html")
    assert title.text.strip()
    assert len(title) == len(content) == 0
    for category in entry.iterfind(f"{ATOM}category"):
        assert category.get("term")
    links = entry.findall(f"{ATOM}link")
    assert sum(link.get("rel") == "alternate" for link in links) <= 1
    for link in links:
        assert URI.fullmatch(link.get("href")), link.get("href")
        assert not re.search("%(?![0-9A-Fa-f]{2})", link.get("href"))
        assert urlsplit(link.get("href")).hostname


def _counted(element, allowed):
    counts = {}
    for child in element:
        assert child.tag.startswith(ATOM), child.tag
        counts[child.tag.removeprefix(ATOM)] = counts.get(child.tag.removeprefix(ATOM), 0) + 1
    assert not set(counts) - set(allowed)
    for name, (least, most) in allowed.items():
        assert least <= counts.get(name, 0) <= most, name


def _dated(element):
    for name in ("updated", "published"):
        for found in element.iterfind(f"{ATOM}{name}"):
            assert DATE.fullmatch(found.text)
            datetime.fromisoformat(found.text)
