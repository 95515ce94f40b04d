"""Coverage over scripted days: when could an edit have been seen, and why not at other times?"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from crawler.store import SqliteStore, covering
from tests.poll.watched import Watched, site, watched
from tests.site import Clock, Fault


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bench(tmp_path, clock):
    made = watched(tmp_path, clock)
    made.poll()
    return made


@pytest.fixture
def feed(tmp_path, clock):
    there = site(clock, kind="feed", feed_path="/news.xml")
    made = Watched(
        tmp_path, clock, {"example.org": there}, "  - {name: example.org, url: https://example.org/news.xml}"
    )
    made.poll()
    return made


def polls(bench, number, *, minutes=15):
    for _ in range(number):
        bench.poll(minutes=minutes)


def edit(bench):
    for made in bench.sites.values():
        made.edit(max(made.posts), title=f"Edited {made.clock()}")
    bench.clock.advance(minutes=1)


def of(bench, sees):
    """The spans of one kind: (from, to, why it ended)."""
    return [span[1:] for span in bench.spans() if span[0] == sees]


def gaps(bench, sees):
    """The gaps as the public view shows them: (minutes, reason), None for one that lasts."""
    rows = bench.rows("SELECT * FROM coverage WHERE sees = ? AND NOT watched ORDER BY from_at", sees)
    minutes = "SELECT round((julianday(?) - julianday(?)) * 1440) AS minutes"
    return [(bench.one(minutes, row["to_at"], row["from_at"]), row["reason"]) for row in rows]


def test_while_all_is_well_one_span_grows(bench):
    polls(bench, 8)
    assert of(bench, "new") == of(bench, "edits") == [("00:00", "02:00", None)]
    assert gaps(bench, "edits") == []


def test_an_edit_that_is_found_does_not_end_the_span(bench):
    edit(bench)
    bench.poll(minutes=14)
    assert of(bench, "edits") == [("00:00", "00:15", None)]


def test_a_time_without_the_program_is_a_gap(bench):
    polls(bench, 2)
    polls(bench, 3, minutes=600)
    assert of(bench, "new") == of(bench, "edits")
    assert of(bench, "edits")[:2] == [("00:00", "00:30", "down"), ("10:30", "10:30", "down")]
    assert gaps(bench, "edits") == [(600, "down")] * 3


@pytest.mark.parametrize(("minutes", "ends"), [(29, False), (36, True)])
def test_a_look_may_be_late_by_its_own_length(bench, minutes, ends):
    bench.poll(minutes=minutes)
    assert (gaps(bench, "new") == [(minutes, "down")]) == ends


def test_a_start_whose_first_looks_fail_was_down_all_the_same(bench):
    polls(bench, 2)
    bench.fail()
    polls(bench, 1, minutes=600)
    bench.mend()
    polls(bench, 2)
    assert of(bench, "edits") == [("00:00", "00:30", "down"), ("10:45", "11:00", None)]


def test_looks_that_fail_now_and_then_end_nothing(bench):
    bench.fail()
    polls(bench, 2)
    bench.mend()
    polls(bench, 2)
    assert of(bench, "edits") == of(bench, "new") == [("00:00", "01:00", None)]


def test_a_source_that_fails_is_a_gap_from_the_last_look_that_worked(bench):
    bench.fail()
    polls(bench, 3)
    assert gaps(bench, "edits") == gaps(bench, "new") == [(None, "failing")]
    polls(bench, 3)
    bench.mend()
    polls(bench, 2)
    assert of(bench, "edits") == of(bench, "new") == [("00:00", "00:00", "failing"), ("01:45", "02:00", None)]
    assert gaps(bench, "edits") == [(105, "failing")]


@pytest.mark.parametrize(
    ("fault", "reason"),
    {
        "login wanted": (Fault(status=401), "rest_closed"),
        "forbidden": (Fault(status=403), "rest_closed"),
        "not there": (Fault(status=404), "rest_closed"),
        "no data": (Fault(status=200, body=b"<html>Log in</html>"), "rest_closed"),
        "broken": (Fault(status=503), "failing"),
    }.values(),
)
def test_rest_that_cannot_be_read_beside_a_feed_ends_what_sees_edits(bench, fault, reason):
    bench.sites["example.org"].fail("/wp-json/*", fault, times=None)
    edit(bench)
    polls(bench, 4)
    assert of(bench, "new") == [("00:00", "01:01", None)]
    assert of(bench, "edits") == [("00:00", "00:00", reason)]
    bench.sites["example.org"].heal()
    polls(bench, 2)
    assert [span[2] for span in of(bench, "edits")] == [reason, None]
    assert of(bench, "edits")[1] == ("01:16", "01:31", None)
    assert len(of(bench, "new")) == 1


def test_a_feed_that_fails_beside_working_rest_ends_nothing(bench):
    bench.sites["example.org"].fail("/feed/*", Fault(status=500), times=None)
    polls(bench, 6)
    assert of(bench, "new") == of(bench, "edits") == [("00:00", "01:30", None)]


def test_one_of_two_collections_that_fails_is_not_hidden_by_the_other(tmp_path, clock):
    there = site(clock)
    there.publish("About", "<p>Us.</p>", type="page")
    bench = watched(tmp_path, clock)
    bench.sites = {"example.org": there}
    bench.write_config("  - {url: https://example.org/, types: [posts, pages]}")
    bench.poll()
    there.fail("/wp-json/wp/v2/pages*", Fault(status=403), times=None)
    edit(bench)
    polls(bench, 6)
    (_, to, reason), *more = of(bench, "edits")
    assert (reason, more) == ("rest_closed", [])
    assert to <= "00:16"
    assert of(bench, "new") == [("00:00", "01:31", None)]


def test_a_pause_is_a_gap(bench):
    polls(bench, 2)
    bench.write_config("  - {url: https://example.org/, paused: true}")
    polls(bench, 4)
    assert of(bench, "edits") == [("00:00", "00:30", "paused")]
    assert gaps(bench, "edits") == [(None, "paused")]
    bench.write_config("  - url: https://example.org/")
    polls(bench, 2)
    assert of(bench, "edits") == of(bench, "new") == [("00:00", "00:30", "paused"), ("01:45", "02:00", None)]


def test_a_source_that_leaves_the_config_and_comes_back_is_a_gap(bench):
    polls(bench, 1)
    bench.write_config("  []")
    polls(bench, 2)
    bench.write_config("  - url: https://example.org/")
    polls(bench, 2)
    assert of(bench, "edits") == [("00:00", "00:15", "removed"), ("01:00", "01:15", None)]


def test_robots_txt_that_forbids_the_reading_is_a_reason_of_its_own(bench):
    """Another collection is wanted, and robots.txt does not let it be read."""
    bench.sites["example.org"].robots = "User-agent: *\nDisallow: /wp-json/"
    bench.write_config("  - {url: https://example.org/, types: [posts, pages]}")
    polls(bench, 4)
    assert [span[2] for span in of(bench, "edits")] == ["robots"]
    assert [span[2] for span in of(bench, "new")] == [None]


def test_a_feed_by_itself_sees_everything_inside_its_window(feed):
    polls(feed, 4)
    assert of(feed, "new") == of(feed, "edits") == [("00:00", "01:00", None)]
    # A 304 knows nothing of an edit that moved no date: that is seen where a body comes, at the latest by the sweep.
    assert of(feed, "silent") == [("00:00", "00:00", None)]
    edit(feed)
    polls(feed, 1, minutes=14)
    assert of(feed, "silent") == [("00:00", "01:15", None)]
    feed.fail()
    polls(feed, 4)
    assert {span[3] for span in feed.spans()} == {"failing"}


def test_a_whole_day(bench, clock):
    """Down at night, a broken server, a pause, a closed API: each gap with its reason, and no other one."""
    polls(bench, 4)
    polls(bench, 1, minutes=480)  # down
    polls(bench, 3)
    bench.fail()
    polls(bench, 8)  # failing
    bench.mend()
    polls(bench, 4)
    bench.write_config("  - {url: https://example.org/, paused: true}")
    polls(bench, 8)
    bench.write_config("  - url: https://example.org/")
    polls(bench, 4)
    bench.sites["example.org"].rest = False
    edit(bench)
    polls(bench, 8)
    bench.sites["example.org"].rest = True
    polls(bench, 4)
    assert [reason for _, reason in gaps(bench, "new")] == ["down", "failing", "paused"]
    assert [reason for _, reason in gaps(bench, "edits")] == ["down", "failing", "paused", "rest_closed"]
    assert bench.one("SELECT count(*) FROM coverage_spans WHERE end_reason IS NULL") == 2
    overlaps = bench.one(
        "SELECT count(*) FROM coverage_spans a JOIN coverage_spans b ON a.source_id = b.source_id AND a.sees = b.sees"
        " AND a.id < b.id WHERE b.from_at < a.to_at"
    )
    assert overlaps == 0


def test_a_clock_that_goes_back_takes_nothing_back(bench, clock):
    polls(bench, 4)
    clock.now -= timedelta(hours=1)
    polls(bench, 1)
    assert of(bench, "edits") == [("00:00", "01:00", None)]


def sweep(bench, since, until):
    """As a sweep does when it has ended."""

    async def write():
        with SqliteStore(bench.folder / "crawler.db") as store:
            await store._writer.write(lambda db: covering.swept(db, bench.source()["id"], since, until))

    asyncio.run(write())


def test_a_sweep_has_seen_silent_edits_since_the_last_one_began(bench, clock):
    days = [clock() + timedelta(days=number) for number in range(4)]
    assert of(bench, "silent") == []
    sweep(bench, days[0], days[1])
    sweep(bench, days[1], days[2])
    assert of(bench, "silent") == [("00:00", "48:00", None)]
    sweep(bench, days[3], days[3] + timedelta(hours=1))
    assert of(bench, "silent") == [("00:00", "48:00", "down"), ("72:00", "73:00", None)]


def test_what_had_kept_sweeps_away_left_no_gap_once_one_has_seen_that_time_too(bench, clock):
    sweep(bench, clock(), clock() + timedelta(days=1))
    bench.write_config("  - {url: https://example.org/, paused: true}")
    bench.poll()
    assert [span[2] for span in of(bench, "silent")] == ["paused"]
    bench.write_config("  - url: https://example.org/")
    bench.poll()
    sweep(bench, clock() - timedelta(minutes=30) + timedelta(days=1), clock() + timedelta(days=3))
    assert of(bench, "silent") == [("00:00", "72:30", None)]


def test_a_quiet_poll_writes_no_row_and_no_notice(bench):
    polls(bench, 1)
    before = [bench.one(f"SELECT count(*) FROM {table}") for table in ("coverage_spans", "polls", "notices")]
    polls(bench, 10, minutes=5)
    assert [bench.one(f"SELECT count(*) FROM {table}") for table in ("coverage_spans", "polls", "notices")] == before
