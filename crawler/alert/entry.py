"""An alert object as an Atom entry (RFC 4287): for people, with nothing in it that acts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from crawler.render import Words
from crawler.render.inert import one_line
from crawler.render.marked import marked_line

NAMESPACE = "http://www.w3.org/2005/Atom"
#: No prefix; the stubs know of named ones only.
NAMESPACES: Any = {None: NAMESPACE}
_SPACE = uuid5(NAMESPACE_URL, "urn:crawler")
#: What XML 1.0 cannot hold in any spelling.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Signs that may stand in a path, a query or a fragment as they are.
_SAFE = "/%:@!$&'()*+,;=-._~?"
_BARE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


def name(tag: str) -> str:
    """An Atom element's name as lxml wants it."""
    return f"{{{NAMESPACE}}}{tag}"


def urn(text: str) -> str:
    """A name for ever: the same for the same text."""
    return f"urn:uuid:{uuid5(_SPACE, text)}"


def add(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    """A new last child."""
    child = etree.SubElement(parent, name(tag), attributes)
    child.text = None if text is None else _ILLEGAL.sub("\ufffd", text)
    return child


def entry(payload: Mapping[str, Any], words: Words) -> etree._Element:
    """The entry for an alert; `words` are its title and content."""
    data = payload["data"]
    post, source = data.get("post") or {}, data.get("source") or {}
    made = etree.Element(name("entry"), nsmap=NAMESPACES)
    add(made, "id", urn(data["id"]))
    add(made, "title", words.title, type="text")
    add(made, "updated", payload["timestamp"])
    add(made, "published", payload["timestamp"])
    add(add(made, "author"), "name", one_line(post.get("author") or source.get("name") or "") or "crawler")
    for relation, address in (("alternate", post.get("link") or source.get("url")), ("related", data.get("url"))):
        link = _link(address or "")
        if link is not None:
            add(made, "link", rel=relation, href=link)
    add(made, "category", term=payload["type"])
    add(made, "content", "<p>" + "<br>\n".join(map(marked_line, words.body.split("\n"))) + "</p>", type="html")
    return made


def _link(address: str) -> str | None:
    """The address as a reader may open it, with every sign in it that may stand there; None for others than the web."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[\w.:-]+", host):
        return None
    path, query, fragment = (_BARE_PERCENT.sub("%25", quote(part, safe=_SAFE, errors="replace")) for part in parts[2:])
    place = (f"[{host}]" if ":" in host else host) + port
    return urlunsplit(SplitResult(parts.scheme, place, path, query, fragment))
