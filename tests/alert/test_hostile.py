"""Titles that are meant to do something: through every sink they arrive as text, and do nothing."""

from __future__ import annotations

import asyncio
import csv
import email
import email.policy
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import lxml.etree
import lxml.html
import pytest

from crawler.cli.sinks import opened_sinks
from crawler.config import load
from crawler.model import ConfiguredSource, FieldDiff
from crawler.render import alert
from crawler.render.samples import _change
from tests.alert.services import services
from tests.cli.conftest import runner
from tests.cli.scene import record, scene

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
#: Each with what people see of it.
HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "markup in an attribute": "\"'><svg onload=alert(1)>",
    "the end of a part": "]]></content></entry>--></p></body>",
    "entities": "&lt;b&gt;&amp;lt;&#60;script&#62;&nbsp;",
    "escapes": "a\x1b[2J\x1b]0;title\x07\x1b[31mred\x9b1m\x08\x08",
    "line ends": "a\r\nBcc: all@example.org\r\n\r\nbody\n.\n",
    "header": "Subject: x\x0bTo: y\x0c\x85z\u2028w\u2029v",
    "all of a channel": "@everyone @here @channel @all @room hello",
    "somebody": '<@U12345> <@&123> <!channel> <!subteam^S1> <#C1> <users/all> <at id="all"> @jane',
    "disguised links": "[https://bank.example](https://evil.example) <https://evil.example|bank> ![x](y) [a][b]",
    "directions": "\u202egnp.exe\u202c \u2066a\u2069 \u200fb\u200e \u061c",
    "unseen": "a\u200bb\ufeffc\u00add\U000e0041\U000e007f",
    "formula": '=HYPERLINK("https://evil.example","x")',
    "other formulas": "+1+cmd|' /C calc'!A0",
    "formula at": "@SUM(1+1)*cmd",
    "template": "{{7*7}} {% for x in y %} ${7*7} #{7*7} {# note",
    "format": "%s %n {0.__class__} $HOME `id` $(id); rm -rf /",
    "nothing": "a\x00b\x00",
    "half a character": "a\ud83d b\udc80",
    "end of string": "'; DROP TABLE posts; --\\",
    "markers": "[-a-]{+b+} [-c {+d-] +}",
    "markup around markers": "<b onclick=x>a</b> [-<i onload=x>-]<u>{+<script>x</script>+}<svg/onload=x>",
    "long": "🐦" * 5000,
}
#: What drives a terminal or turns text; the isolates that crawler itself puts around Arabic are not in the corpus.
DRIVING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ud800-\udfff]"
)
SINKS = """
store: crawler.db
timezone: UTC
sources: []
sinks:
  - {name: log, type: jsonl, path: alerts.jsonl}
  - {name: out, type: stdout}
  - {name: own, type: stdout, template: alert.j2}
  - {name: mail, type: apprise, url: '${MAIL}'}
  - {name: chat, type: apprise, url: '${CHAT}'}
  - {name: titled, type: apprise, url: '${TITLED}'}
  - {name: feed, type: atom, path: changes.xml}
  - {name: hook, type: command, run: [./keep]}
  - {name: web, type: webhook, url: '${HOOK}', allow_private: [127.0.0.0/8]}
"""


def change(number, title):
    """The alert of a Change in which a stranger wrote `title` wherever a stranger can write."""
    view = _change(f"c_{number:03}", "edited", NOW)
    post = replace(view.post, title=title, author=title, categories=(title,), link=f"https://sample.example/{title}")
    fields = (
        FieldDiff(name="title", old="Before", new=title, words_added=1, words_removed=1),
        FieldDiff(name="tags", added=(title,), removed=()),
    )
    shown = replace(view, post=post, fields=fields, summary=f"Title: Before → {title}", diff=f"{title}\n\n{title}")
    return alert(shown)


ALERTS = [change(number, title) for number, title in enumerate(HOSTILE.values())]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each sink has made of the corpus: the folder, what was printed, mails and posts."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "config.yaml").write_text(SINKS)
    (folder / "alert.j2").write_text("{{ data.post.title }} {{ data.summary }}\n{{ data.diff }}\n")
    (folder / "keep").write_text("#!/bin/sh\ncat >> kept.jsonl; echo >> kept.jsonl\n")
    (folder / "keep").chmod(0o755)
    (folder / "services").mkdir()
    with services(folder / "services") as places, pytest.MonkeyPatch.context() as patch:
        web = f"127.0.0.1:{places.ports['web']}"
        found = {
            "MAIL": f"mailto://127.0.0.1:{places.ports['mail']}/?from=me@example.org&to=you@example.org",
            "CHAT": f"mmost://{web}/{'k' * 26}",
            "TITLED": f"json://{web}/titled",
            "HOOK": f"http://{web}/web",
        }
        out = io.StringIO()
        patch.setattr("sys.stdout", out)
        asyncio.run(_send(load(folder / "config.yaml", env=found)))
        yield folder, out.getvalue(), places.mails(), places.posts()


async def _send(config):
    async with opened_sinks(config, config.sinks) as sinks:
        for sink in sinks:
            for each in ALERTS:
                await sink.send(each)


def titles():
    return [each["data"]["post"]["title"] for each in ALERTS]


def test_programs_get_each_title_as_it_is_one_object_a_line(told):
    folder, _, _, posts = told
    # A half character has no place in UTF-8; everything else comes as it was.
    whole = [number for number, title in enumerate(titles()) if not re.search("[\ud800-\udfff]", title)]
    for lines in (
        (folder / "alerts.jsonl").read_bytes().splitlines(),
        [line for line in (folder / "kept.jsonl").read_bytes().splitlines() if line],
        [body.encode() for path, body in posts if path == "/web"],
    ):
        found = [json.loads(line)["data"] for line in lines]
        assert [each["id"] for each in found] == [each["data"]["id"] for each in ALERTS]
        assert [found[number]["post"]["title"] for number in whole] == [titles()[number] for number in whole]


def test_nothing_printed_drives_a_terminal_or_forges_a_line(told):
    _, printed, _, _ = told
    assert not DRIVING.search(printed)
    blocks = printed.removesuffix("\n\n").split("\n\n")
    standard, own = blocks[: len(ALERTS)], blocks[len(ALERTS) :]
    assert all(block.startswith("sample.example · ") for block in standard)
    assert not [line for block in standard for line in block.split("\n")[1:] if not line.startswith("  ")]
    assert "49 " not in "".join(own)
    assert any("{{7*7}}" in block for block in own)


def test_a_mail_has_no_header_and_no_markup_of_a_stranger(told):
    _, _, mails, _ = told
    assert len(mails) == len(ALERTS)
    for to, body in mails:
        mail = email.message_from_bytes(body, policy=email.policy.default)
        assert to == ["you@example.org"]
        assert [name.lower() for name in mail] == [
            "from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type",
        ]  # fmt: skip
        assert not mail.defects
        assert mail["Subject"].startswith("sample.example · ")
        plain, html = (part.get_content() for part in mail.iter_parts())
        assert not DRIVING.search(plain.replace("\r\n", "\n") + html.replace("\r\n", "\n") + mail["Subject"])
        elements = list(lxml.html.fromstring(html).iter())
        assert {each.tag for each in elements} <= {"html", "head", "meta", "style", "body", "div", "br", "del", "ins"}
        assert {name for each in elements for name in each.attrib} <= {
            "charset",
            "name",
            "content",
            "class",
            "style",
            "dir",
        }


def test_a_chat_calls_nobody_and_hides_no_address(told):
    _, _, _, posts = told
    chats = [json.loads(body)["text"] for path, body in posts if path.startswith("/hooks/")]
    chats += [
        f"{one['title']}\n{one['message']}" for one in (json.loads(body) for path, body in posts if path == "/titled")
    ]
    assert len(chats) >= 2 * len(ALERTS)
    for text in chats:
        assert not re.search(r"@\w|<[@!#\w/]|\]\(|\]\[", text), text
        assert not DRIVING.search(text.replace("\u200b", "").replace("\r\n", "\n"))


def test_a_feed_is_valid_and_what_it_shows_has_no_script(told):
    folder, _, _, _ = told
    document = (folder / "changes.xml").read_bytes()
    lxml.etree.fromstring(document, lxml.etree.XMLParser(resolve_entities=False))
    feed = feedparser.parse(io.BytesIO(document), sanitize_html=False)
    assert not feed.bozo
    assert len(feed.entries) == len(ALERTS)
    for entry in feed.entries:
        assert entry.title.startswith("sample.example · ")
        for content in entry.content:
            elements = list(lxml.html.fromstring(f"<div>{content.value}</div>").iter())
            assert not {each.tag for each in elements} & {"script", "img", "svg", "iframe", "form", "object", "style"}
            assert not [name for each in elements for name in each.attrib if name.startswith("on")]
            hrefs = [each.get("href") for each in elements if each.get("href")]
            assert all(href.startswith(("https://", "http://")) for href in hrefs)


def test_a_spreadsheet_gets_no_formula(tmp_path, monkeypatch):
    titles = [title for title in HOSTILE.values() if not re.search("[\x00\ud800-\udfff]", title)]
    with scene(tmp_path / "crawler.db") as story:
        story.sources(ConfiguredSource(name="site.example", url="https://site.example/", kind="auto"))
        story.discovered("site.example")
        story.baseline("site.example", "2024-03-01 10:00", record(1))
        story.look("site.example", "2024-03-02 10:00", *(record(n, title) for n, title in enumerate(titles, 2)))
    (tmp_path / "config.yaml").write_text("store: crawler.db\nsources: []\n")
    crawler = runner(tmp_path / "config.yaml", monkeypatch)
    done = crawler("changes", "--format", "csv", "--limit", "0")
    assert done.exit_code == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == len(titles)
    cells = [cell for row in rows for cell in row.values() if cell]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not DRIVING.search(crawler("changes", "--limit", "0").stdout)
