"""The atom sink: valid for strict readers whatever stands in an alert, replaced whole, and never somebody else's."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import feedparser
import pytest
from lxml import etree, html

from crawler.alert import AtomSink
from crawler.errors import SinkError
from crawler.render.samples import samples, trial
from tests.alert.alerts import payload
from tests.alert.strict_atom import ATOM, checked

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "changes.xml"


def sink(path, *, entries=200, clock=lambda: NOW):
    return AtomSink("feed", path, entries=entries, zone=ZoneInfo("Asia/Seoul"), clock=clock)


def send(to, *payloads):
    async def all_of_them():
        return [await to.send(each) for each in payloads]

    return asyncio.run(all_of_them())


def read(path):
    """The feed as feedparser reads it, which must have nothing to complain of."""
    found = feedparser.parse(io.BytesIO(path.read_bytes()), sanitize_html=False)
    assert not found.bozo, found.get("bozo_exception")
    return found


def titles(path):
    return [each.findtext(f"{ATOM}title") for each in checked(path)]


def test_every_type_of_alert_is_an_entry_that_strict_readers_take(path):
    every = [trial("t", "feed", NOW), *samples("s", NOW)]
    assert send(sink(path), *every) == [None] * len(every)
    assert len(checked(path)) == len(every)
    found = read(path)
    assert [each.tags[0].term for each in found.entries] == [each["type"] for each in reversed(every)]
    edited = found.entries[-3]
    assert edited.title.startswith("sample.example · title and text edited · “South Korea strengthens")
    assert (edited.author, edited.link) == ("Jane Roe", samples_link())
    assert edited.updated == edited.published == "2026-11-23T12:00:00Z"
    (content,) = edited.content
    assert content.type == "text/html"
    shown = html.fromstring(content.value)
    assert [each.text for each in shown.iter("del")] == ["[-bolsters-]", "[-12-]"]
    assert [each.text for each in shown.iter("ins")] == ["{+strengthens+}", "{+21+}"]
    assert "seen 21:00 KST" in shown.text_content()


def samples_link():
    return next(iter(samples("s", NOW)))["data"]["post"]["link"]


def test_the_newest_come_first_and_only_so_many_are_kept(path):
    send(sink(path, entries=3), *(payload(number, headline=f"Change {number}") for number in range(1, 6)))
    assert titles(path) == ["Change 5", "Change 4", "Change 3"]
    send(sink(path, entries=1), payload(6, headline="Change 6"))
    assert titles(path) == ["Change 6"]


def test_after_a_restart_the_feed_goes_on_with_the_same_ids(path):
    send(sink(path), payload(1), payload(2))
    first = read(path)
    assert send(sink(path), payload(2), payload(1)) == ["it was there already"] * 2
    later = NOW.replace(hour=15)
    assert send(sink(path, clock=lambda: later), payload(3)) == [None]
    again = read(path)
    assert [each.id for each in again.entries][1:] == [each.id for each in first.entries]
    assert again.feed.id == first.feed.id
    assert (first.feed.updated, again.feed.updated) == ("2026-11-23T12:00:00Z", "2026-11-23T15:00:00Z")


def test_a_feed_that_another_process_has_written_meanwhile_is_not_undone(path):
    one, other = sink(path), sink(path)
    send(one, payload(1, headline="1"))
    send(other, payload(2, headline="2"))
    send(one, payload(3, headline="3"))
    assert titles(path) == ["3", "2", "1"]


HOSTILE = [
    "<script>alert(1)</script> & <b>bold</b>",
    "]]> <!-- --> <?php ?> &lt;b&gt; &nbsp; <![CDATA[",
    "escapes \x1b[31m\x07\x00\x0b\x9b, \ufffe\uffff and \U0001fffe",
    "turned \u202e and \u2066 hidden \u200b",
    "two\r\nlines\tand\u2028more",
    '" onmouseover="x',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(path, text):
    alert = payload(1, headline=f"A {text}", diff=f"[-{text}-]{{+B+}}")
    alert["data"]["post"] |= {"author": text, "link": "https://example.org/"}
    send(sink(path), alert)
    checked(path)
    (entry,) = read(path).entries
    shown = html.fromstring(entry.content[0].value)
    assert {each.tag for each in shown.iter()} <= {"p", "br", "ins", "del"}
    assert not [each.attrib for each in shown.iter() if each.attrib]
    assert "\x1b" not in path.read_text()
    assert "\u202e" not in path.read_text()


LINKS = {
    "https://example.org/a?b=c&d=%20#e": "https://example.org/a?b=c&d=%20#e",
    "https://example.org/한국?q=ü": "https://example.org/%ED%95%9C%EA%B5%AD?q=%C3%BC",
    "https://bücher.example/": "https://xn--bcher-kva.example/",
    'https://example.org/a b"<c>\\{}|^`%zz': "https://example.org/a%20b%22%3Cc%3E%5C%7B%7D%7C%5E%60%25zz",
    "http://[::1]:8080/x[1]": "http://[::1]:8080/x%5B1%5D",
    "http://me:secret@example.org/": "http://example.org/",
    "javascript:alert(1)": None,
    "data:text/html,x": None,
    "//example.org/": None,
    "https://": None,
    "http://[::bad/": None,
    "https://exa mple.org/": None,
    "": None,
}


@pytest.mark.parametrize("link", LINKS)
def test_only_links_into_the_web_are_links(path, link):
    alert = payload(1)
    alert["data"]["post"] |= {"link": link}
    send(sink(path), alert)
    (entry,) = checked(path)
    found = entry.find(f"{ATOM}link")
    assert (None if found is None else found.get("href")) == LINKS[link]


def test_the_page_of_a_change_is_a_related_link(path):
    alert = payload(1)
    alert["data"]["url"] = "https://crawler.example.org/changes/c_1"
    send(sink(path), alert)
    (entry,) = checked(path)
    assert [each.get("href") for each in entry.iterfind(f"{ATOM}link[@rel='related']")] == [alert["data"]["url"]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<feed xmlns="http://www.w3.org/2005/Atom"><title>Cut o', "is damaged"),
        ("not XML at all", "is damaged"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"><title>Mine</title></feed>', "is no feed of crawler"),
        ("<html><body>A page</body></html>", "is no feed of crawler"),
        (
            '<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/hostname">]><f>&x;</f>',
            "is no feed of crawler",
        ),
    ],
)
def test_a_file_that_is_damaged_or_somebody_elses_is_left_as_it_is(path, text, words):
    path.write_text(text)
    to = sink(path)
    with pytest.raises(SinkError, match=words) as told:
        send(to, payload(1))
    assert str(path) in str(told.value)
    assert "move it away" in str(told.value)
    assert not told.value.permanent
    with pytest.raises(SinkError, match=words):
        asyncio.run(to.reached())
    assert path.read_text() == text
    path.unlink()
    assert send(to, payload(1)) == [None]
    assert len(checked(path)) == 1


def test_a_feed_damaged_between_two_alerts_is_noticed(path):
    to = sink(path)
    send(to, payload(1))
    os.truncate(path, 200)
    with pytest.raises(SinkError, match="is damaged"):
        send(to, payload(2))


def test_an_empty_file_is_a_new_feed_and_its_mode_is_kept(path):
    path.touch(mode=0o600)
    path.chmod(0o664)
    send(sink(path), payload(1))
    assert path.stat().st_mode & 0o777 == 0o664
    send(sink(path), payload(2))
    assert path.stat().st_mode & 0o777 == 0o664
    assert len(checked(path)) == 2


def test_a_link_to_the_feed_stays_one(path, tmp_path):
    (tmp_path / "public").mkdir()
    path.symlink_to(tmp_path / "public" / "real.xml")
    send(sink(path), payload(1))
    assert path.is_symlink()
    assert len(checked(tmp_path / "public" / "real.xml")) == 1


def test_a_write_that_fails_costs_nothing(path, tmp_path):
    to = sink(path)
    send(to, payload(1))
    before = path.read_bytes()
    (tmp_path / ".changes.xml.new").mkdir()
    with pytest.raises(SinkError, match="Is a directory") as told:
        send(to, payload(2))
    assert str(path) in str(told.value)
    assert path.read_bytes() == before
    (tmp_path / ".changes.xml.new").rmdir()
    assert send(to, payload(2)) == [None]
    assert len(checked(path)) == 2


def test_a_folder_that_is_missing_is_named(tmp_path):
    to = sink(tmp_path / "public" / "changes.xml")
    with pytest.raises(SinkError, match="No such file or directory"):
        send(to, payload(1))
    with pytest.raises(SinkError, match="there is no folder"):
        asyncio.run(to.reached())
    (tmp_path / "public").mkdir()
    assert asyncio.run(to.reached()) == str(tmp_path / "public" / "changes.xml")
    assert not list((tmp_path / "public").iterdir())


def test_the_feed_is_on_the_disk_before_it_takes_the_place_of_the_old_one(path, monkeypatch):
    steps, sync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda each: (steps.append(os.readlink(f"/proc/self/fd/{each}")), sync(each)))
    monkeypatch.setattr(os, "replace", lambda old, new: (steps.append("replace"), replace(old, new)))
    send(sink(path), payload(1))
    assert steps == [str(path.with_name(".changes.xml.new")), "replace", str(path.parent)]


def test_two_processes_at_one_feed_take_no_entry_of_each_other(path):
    argv = [sys.executable, "-c", WRITER, str(path)]
    root = Path(__file__).parents[2]
    both = [subprocess.Popen([*argv, first, "30"], stdout=subprocess.DEVNULL, cwd=root) for first in ("0", "1000")]
    assert [each.wait(60) for each in both] == [0, 0]
    assert len(checked(path)) == 60


WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from crawler.alert import AtomSink
from tests.alert.alerts import payload

async def main():
    sink = AtomSink("feed", Path(sys.argv[1]), entries=60, zone=UTC, clock=lambda: datetime.now(UTC))
    first, count = int(sys.argv[2]), int(sys.argv[3])
    for number in range(first, first + count):
        await sink.send(payload(number, diff="x " * 5000))
        print(number, flush=True)

asyncio.run(main())
"""


def test_a_reader_and_a_crash_see_whole_feeds_only(path):
    root = Path(__file__).parents[2]
    argv = [sys.executable, "-c", WRITER, str(path), "0", "100000"]
    for _ in range(3):
        with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=root) as writer:
            for _ in range(20):
                number = int(writer.stdout.readline())
                etree.parse(path)
            time.sleep(0.003)
            writer.send_signal(signal.SIGKILL)
        # Those of the first run are there already in the next one.
        assert len(checked(path)) >= min(number + 1, 60)
    assert {each.name for each in path.parent.iterdir()} <= {"changes.xml", ".changes.xml.new"}
