"""Alerts of things that never happened, to try a Sink with: `test`, and one of each other type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from crawler.model import ChangeView, DigestView, FieldDiff, NoticeSource, NoticeView, PostView, RevisionView
from crawler.model.change import CHANGE_KINDS, ChangeKind
from crawler.render.alert import alert, time_text
from crawler.render.digest import digest
from crawler.render.notice import notice

_NAME, _URL = "sample.example", "https://sample.example/"
_LINK = f"{_URL}2023/05/south-korea-latin-america-defense-ties/"
_OLD, _NEW = (f"South Korea {verb} defense ties with Latin America" for verb in ("bolsters", "strengthens"))
_TEXTS = ("Its minister met with 12 ambassadors.", "Its minister met with 21 ambassadors.")


def trial(tag: str, sink: str, now: datetime) -> dict[str, Any]:
    """The object of type `test`. `tag` makes its id one that the Sink has never seen."""
    data = {"version": 1, "id": f"t_{tag}", "at": time_text(now), "sink": sink}
    text = f"A test of the sink {sink}. Nothing has happened; alerts that arrive like this one will be read."
    return {"type": "test", "timestamp": time_text(now), "data": {**data, "source": None, "text": text}}


def samples(tag: str, now: datetime) -> Iterator[dict[str, Any]]:
    """An object of each other type, about a site that does not exist."""
    for kind in CHANGE_KINDS:
        yield alert(_change(f"c_sample_{kind}_{tag}", kind, now))
    source = NoticeSource(name=_NAME, url=_URL, groups=())
    yield _many(tag, now, source)
    yield _hourly(tag, now)
    text = "A sample: nothing of it could be read since this morning."
    yield notice(NoticeView(id=f"n_sample_failing_{tag}", kind="failing", at=now, source=source, text=text))
    text = "A sample: the disk is full, and nothing is polled until there is room again."
    yield notice(NoticeView(id=f"n_sample_disk_full_{tag}", kind="disk_full", at=now, source=None, text=text))


def _many(tag: str, now: datetime, source: NoticeSource) -> dict[str, Any]:
    """A digest of two, although so few would go out one by one."""
    changes = [_change(f"c_sample_{number}_{tag}", "edited", now) for number in (1, 2)]
    view = DigestView(
        id=f"d_sample_{tag}",
        reason="group",
        source=source,
        sources=1,
        kinds=(("edited", len(changes)),),
        fields=tuple(field.name for field in changes[0].fields),
        since=now,
        until=now,
        ids=tuple(change.id for change in changes),
    )
    return digest(view, map(alert, changes))


def _hourly(tag: str, now: datetime) -> dict[str, Any]:
    """What has come together in an hour, of several sources and in several ways."""
    edited = _change(f"c_sample_3_{tag}", "edited", now)
    deleted = replace(_change(f"c_sample_4_{tag}", "deleted", now), source_name="another.example")
    view = DigestView(
        id=f"d_sample_hourly_{tag}",
        reason="schedule",
        source=None,
        sources=2,
        kinds=(("edited", 1), ("deleted", 1)),
        fields=(),
        since=now - timedelta(minutes=50),
        until=now,
        ids=(edited.id, deleted.id),
    )
    return digest(view, map(alert, (edited, deleted)))


def _change(change_id: str, kind: ChangeKind, now: datetime) -> ChangeView:
    has_old, has_new = kind != "published", kind in ("published", "edited", "restored")
    is_edit = kind == "edited"
    fields = (
        FieldDiff(name="title", old=_OLD, new=_NEW, words_added=1, words_removed=1),
        FieldDiff(name="content", words_added=1, words_removed=1),
    )
    return ChangeView(
        id=change_id,
        kind=kind,
        silent=False if is_edit else None,
        noted=False if is_edit else None,
        detected_at=now,
        old_seen_at=now - timedelta(minutes=15) if has_old else None,
        source_name=_NAME,
        source_url=_URL,
        source_timezone="Asia/Seoul",
        groups=(),
        post=_post(kind, now, title=_NEW if has_new else _OLD),
        old=_revision(1, now - timedelta(hours=9)) if has_old else None,
        new=_revision(2 if is_edit else 1, now) if has_new else None,
        fields=fields if is_edit else (),
        words_added=2 if is_edit else 0,
        words_removed=2 if is_edit else 0,
        summary="Title: bolsters → strengthens; text +1 −1 words; figure 12 → 21" if is_edit else "",
        diff="South Korea [-bolsters-]{+strengthens+} defense ties with Latin America\n\n"
        "Its minister met with [-12-]{+21+} ambassadors."
        if is_edit
        else "",
    )


def _post(kind: ChangeKind, now: datetime, *, title: str) -> PostView:
    return PostView(
        id=17,
        wp_id=2200955,
        guid=f"{_URL}?p=2200955",
        type="post",
        state=kind if kind in ("protected", "unpublished", "deleted") else "public",
        link=_LINK,
        title=title,
        author="Jane Roe",
        categories=("News",),
        tags=(),
        published_at=now - timedelta(hours=9),
        modified_at=now,
    )


def _revision(number: int, at: datetime) -> RevisionView:
    return RevisionView(
        number=number, observed_at=at, modified_at=at, hash=f"{number:064x}", content=_TEXTS[min(number, 2) - 1]
    )
