"""Small documents for the parsing tests: REST records, RSS items, Atom entries."""

from __future__ import annotations

import json
from typing import Any

URL = "https://press.example/feed/"

MISSING = object()


def record(number: Any = 103, **changes: Any) -> dict[str, Any]:
    """A REST record; `MISSING` leaves a key out."""
    told = {
        "id": number,
        "date_gmt": "2023-05-08T23:00:24",
        "modified_gmt": "2023-05-08T10:43:23",
        "guid": {"rendered": f"https://press.example/?p={number}"},
        "link": f"https://press.example/{number}/",
        "type": "post",
        "title": {"rendered": f"Title {number}"},
        "content": {"rendered": f"<p>Text of {number}, “quoted”.</p>\n<p>More.</p>", "protected": False},
        "excerpt": {"rendered": "<p>An excerpt by hand.</p>", "protected": False},
        "author": 7,
        "featured_media": 0,
        "categories": [3, 1],
        "tags": [],
    }
    return {name: value for name, value in (told | changes).items() if value is not MISSING}


def rest(*records: Any) -> bytes:
    return json.dumps(records, ensure_ascii=False).encode()


def item(number: int = 1, *, inside: str = "", guid: str | None = None, title: str | None = None) -> str:
    guid = f'<guid isPermaLink="false">https://press.example/?p={number}</guid>' if guid is None else guid
    return (
        f"<item><title>{title or f'Title {number}'}</title><link>https://press.example/{number}/</link>{guid}"
        f"<pubDate>Mon, 08 May 2023 23:00:{number % 60:02} +0000</pubDate><dc:creator>Kim</dc:creator>"
        f"<category>News</category><description>By hand {number}.</description>"
        f"<content:encoded><![CDATA[<p>Text of {number}, “quoted”.</p>]]></content:encoded>{inside}</item>"
    )


def rss(*items: str, start: str = '<?xml version="1.0" encoding="UTF-8"?>', end: str = "", head: str = "") -> bytes:
    return (
        f'{start}<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Press</title>'
        f"<link>https://press.example/</link>{head}{''.join(items)}</channel></rss>{end}"
    ).encode()


def entry(number: int = 1, *, inside: str = "") -> str:
    return (
        f'<entry><title type="html">Title {number}</title><id>tag:press.example,{number}</id>'
        f'<link rel="alternate" type="text/html" href="https://press.example/{number}/"/>'
        "<author><name>Kim</name></author><published>2023-05-08T23:00:24Z</published>"
        "<updated>2023-05-08T10:43:23Z</updated>"
        f'<category term="News"/><content type="html"><![CDATA[<p>Text of {number}.</p>]]></content>{inside}</entry>'
    )


def atom(*entries: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Press</title>'
        f'<link href="https://press.example/"/><updated>2023-05-08T10:43:23Z</updated>{"".join(entries)}</feed>'
    ).encode()
