"""`digest`, `quiet` and `storm`: what is held back, what goes out as one, and that nothing is lost or out of order."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.alert import deliver
from crawler.decide.grouping import digest_id
from crawler.decide.pacing import quiet_until
from crawler.errors import SinkError
from crawler.model.pace import AT_ONCE, Pace
from crawler.render import for_people
from crawler.render.alert import MOST_ALERT, size
from crawler.store import SqliteStore
from tests.alert.test_digests import BULK, Sink, Story, change_ids, rows, run
from tests.store.builders import NOW, entry, new_post, plan, sighting, site

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
HOURLY = Pace(digest=HOUR)
NIGHT = Pace(quiet=(time(22), time(7)))
EVENING = NOW + 10 * HOUR
MORNING = NOW + 19 * HOUR


class Papers(Story):
    """Several Sources; the posts of the first are 1 to 999, of the second 1001 and so on."""

    def __init__(self, store, names=("example.org",), posts=60, sinks=("log",)):
        self.store, self.sinks, self.all = store, sinks, []
        run(store.sync([entry(name, f"https://{name}/") for name in names], sinks, NOW))
        for number, source in enumerate(store.sources()):
            url = f"https://{source.name}/wp-json/wp/v2/posts"
            run(store.register(source, site(home=source.url, urls=(url,)), NOW))
            (self.endpoint,) = store.endpoints(source.id)
            self.all.append(self.endpoint)
            first = 1000 * number + 1
            run(store.commit(plan(self.endpoint, *(new_post(sighting(each)) for each in range(first, first + posts)))))

    def edits(self, numbers, title="B", **more):
        numbers = list(numbers)
        if numbers:
            self.endpoint = self.all[numbers[0] // 1000]
        super().edits(numbers, title, **more)


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        yield store


def tried(store, sink, pace, at):
    return run(deliver(store, [sink], lambda: at, paces={sink.name: pace}))


def told(sink):
    """Of each alert the ids of its Changes, and why they are together."""
    found = []
    for payload in sink.payloads:
        data = payload["data"]
        found.append((data["reason"], data["ids"]) if payload["type"] == "digest" else data["id"])
    return found


def notice(store, text="The disk is full.", at=NOW):
    run(store.notice("disk_full", None, text, at, ["log"]))


# digest


def test_one_alert_an_hour_has_all_of_them(store):
    papers = Papers(store, ("example.org", "example.net"))
    sink = Sink()
    papers.edits([1, 2], at=NOW)
    papers.edits([1001], at=NOW + 20 * MINUTE)
    papers.edits([1], "C", at=NOW + 59 * MINUTE)
    for minutes in range(60):
        tried(store, sink, HOURLY, NOW + minutes * MINUTE)
    assert sink.payloads == []
    tried(store, sink, HOURLY, NOW + HOUR)
    ids = [*change_ids([1, 2, 1001]), *change_ids([1], "C")]
    assert told(sink) == [("schedule", ids)]
    # The next window opens with the next Change.
    papers.edits([3], at=NOW + 100 * MINUTE)
    tried(store, sink, HOURLY, NOW + 160 * MINUTE - SECOND)
    assert len(sink.payloads) == 1
    tried(store, sink, HOURLY, NOW + 160 * MINUTE)
    assert told(sink)[1:] == [("schedule", change_ids([3]))]


def test_its_object_says_what_is_common_to_all_of_them(store):
    papers = Papers(store, ("example.org", "example.net"))
    sink = Sink()
    papers.edits([1])
    papers.edits([1001])
    tried(store, sink, HOURLY, NOW + HOUR)
    data = sink.payloads[0]["data"]
    assert data["id"] == digest_id(change_ids([1, 1001]))
    assert (data["source"], data["kind"], data["fields"], data["count"]) == (None, "edited", ["title"], 2)
    assert data["summary"] == "2 sources · 2 changes: 2 edited"
    assert [change["source"]["name"] for change in data["changes"]] == ["example.org", "example.net"]
    papers.edits([2])
    tried(store, sink, HOURLY, NOW + 2 * HOUR)
    assert sink.payloads[1]["data"]["source"]["name"] == "example.org"
    assert sink.payloads[1]["data"]["summary"] == "example.org · 1 change: 1 edited"


def test_more_than_fifty_alike_are_no_alert_of_their_own(store):
    papers = Papers(store, posts=BULK + 1)
    sink = Sink()
    papers.edits(range(1, BULK + 1))
    papers.edits([BULK + 1], "C", at=NOW + MINUTE)
    tried(store, sink, HOURLY, NOW + 10 * MINUTE)
    assert sink.payloads == []
    tried(store, sink, HOURLY, NOW + HOUR)
    assert [(reason, len(ids)) for reason, ids in told(sink)] == [("schedule", BULK + 1)]


def test_a_poll_under_way_does_not_keep_a_digest_waiting(store):
    papers = Papers(store)
    sink = Sink()
    papers.edits([1])
    papers.edits([2], at=NOW + 59 * MINUTE, ends=False)
    tried(store, sink, HOURLY, NOW + HOUR)
    assert told(sink) == [("schedule", change_ids([1, 2]))]


def test_notices_do_not_wait_for_a_digest(store):
    papers = Papers(store)
    sink = Sink()
    papers.edits([1])
    notice(store)
    tried(store, sink, HOURLY, NOW)
    assert [payload["type"] for payload in sink.payloads] == ["program.disk_full"]


def test_a_digest_taken_out_of_the_config_releases_what_waits(store):
    papers = Papers(store)
    sink = Sink()
    papers.edits([1, 2])
    tried(store, sink, HOURLY, NOW)
    assert sink.payloads == []
    tried(store, sink, AT_ONCE, NOW + MINUTE)
    assert told(sink) == change_ids([1, 2])


def test_a_digest_put_into_the_config_gathers_what_waits(store):
    papers = Papers(store)
    sink = Sink()
    papers.edits([1, 2])
    tried(store, sink, HOURLY, NOW + 2 * HOUR)
    assert told(sink) == [("schedule", change_ids([1, 2]))]


def test_one_that_was_tried_alone_stays_alone(store):
    papers = Papers(store)
    sink = Sink("log", SinkError("down"))
    papers.edits([1])
    tried(store, sink, AT_ONCE, NOW)
    papers.edits([1], "C", at=NOW + MINUTE)
    papers.edits([2], at=NOW + MINUTE)
    tried(store, sink, HOURLY, NOW + 3 * HOUR)
    tried(store, sink, HOURLY, NOW + 3 * HOUR + MINUTE)
    (first,), (second,), (third,) = (change_ids([number], title) for number, title in [(1, "B"), (1, "C"), (2, "B")])
    # Whichever is tried first after a failure: the later one of its post comes after it.
    assert [each for each in told(sink) if each != ("schedule", [third])] == [first, first, ("schedule", [second])]
    assert len(told(sink)) == 4


def test_a_window_survives_a_restart_and_a_digest_is_the_same_after_it(tmp_path):
    path = tmp_path / "crawler.db"
    with SqliteStore(path) as store:
        Papers(store).edits([1, 2])
        tried(store, Sink(), HOURLY, NOW + MINUTE)
    with SqliteStore(path) as store:
        first = Sink("log", asyncio.CancelledError())
        tried(store, first, HOURLY, NOW + 59 * MINUTE)
        assert first.payloads == []
        with pytest.raises(asyncio.CancelledError):
            tried(store, first, HOURLY, NOW + HOUR)
    with SqliteStore(path) as store:
        again = Sink()
        tried(store, again, HOURLY, NOW + HOUR + MINUTE)
        tried(store, again, HOURLY, NOW + 9 * HOUR)
        assert json.dumps(again.payloads) == json.dumps(first.payloads)
        assert rows(store, "SELECT DISTINCT state FROM alerts") == [{"state": "delivered"}]


def test_a_refused_digest_comes_again_as_it_was_without_what_came_since(store):
    papers = Papers(store)
    sink = Sink("log", SinkError("down"))
    papers.edits([1, 2])
    tried(store, sink, HOURLY, NOW + HOUR)
    papers.edits([3], at=NOW + HOUR)
    tried(store, sink, HOURLY, NOW + HOUR + 10 * MINUTE)
    tried(store, sink, HOURLY, NOW + 3 * HOUR)
    first, second, third = sink.payloads
    assert json.dumps(first) == json.dumps(second)
    assert third["data"]["ids"] == change_ids([3])


def test_a_digest_that_is_refused_again_and_again_does_not_hurry_the_next_ones(store):
    papers = Papers(store)

    class Choosy(Sink):
        async def send(self, payload):
            self.payloads.append(payload)
            if change_ids([1])[0] in payload["data"]["ids"]:
                raise SinkError("500")

    sink = Choosy()
    papers.edits([1])
    tried(store, sink, HOURLY, NOW + HOUR)
    # It waits for the one before it.
    papers.edits([1], "C", at=NOW + HOUR)
    for minutes in range(60, 12 * 60, 10):
        papers.edits([2], f"T{minutes}", at=NOW + minutes * MINUTE)
        tried(store, sink, HOURLY, NOW + minutes * MINUTE)
    others = [ids for _, ids in told(sink) if ids != change_ids([1])]
    assert 6 <= len(others) <= 11
    assert sum(map(len, others)) >= 60


def test_a_clock_that_jumps_neither_loses_nor_keeps_them(store):
    papers = Papers(store)
    sink = Sink()
    papers.edits([1])
    run(store.shift(NOW, NOW - 5 * HOUR))
    tried(store, sink, HOURLY, NOW - 5 * HOUR)
    assert told(sink) == [("schedule", change_ids([1]))], "put back: nothing waits for the old time to come again"
    papers.edits([2], at=NOW - 5 * HOUR)
    tried(store, sink, HOURLY, NOW + 24 * HOUR)
    assert told(sink)[1:] == [("schedule", change_ids([2]))]


# quiet


def test_what_comes_in_quiet_hours_is_one_digest_in_the_morning(store):
    papers = Papers(store, ("example.org", "example.net"))
    sink = Sink()
    papers.edits([1], at=EVENING - SECOND)
    tried(store, sink, NIGHT, EVENING - SECOND)
    papers.edits([2], at=EVENING)
    papers.edits([1001], at=EVENING + 5 * HOUR)
    for hours in range(9):
        tried(store, sink, NIGHT, EVENING + hours * HOUR)
    assert told(sink) == change_ids([1])
    papers.edits([3], at=MORNING)
    tried(store, sink, NIGHT, MORNING)
    assert told(sink)[1:] == [("quiet", change_ids([2, 1001])), *change_ids([3])]


def test_what_was_read_before_quiet_hours_is_not_sent_in_them(store):
    Papers(store).edits(range(1, 10), at=EVENING - MINUTE)
    at = EVENING - MINUTE

    class Slow(Sink):
        async def send(self, payload):
            nonlocal at
            at += 15 * SECOND
            await super().send(payload)

    sink = Slow()
    run(deliver(store, [sink], lambda: at, paces={"log": NIGHT}))
    assert len(sink.payloads) == 4
    tried(store, sink, NIGHT, MORNING)
    assert [payload["type"] for payload in sink.payloads[4:]] == ["digest"]


def test_many_alike_and_those_of_a_poll_under_way_are_in_it(store):
    papers = Papers(store, posts=BULK)
    sink = Sink()
    papers.edits(range(1, BULK + 1), at=MORNING - MINUTE, ends=False)
    tried(store, sink, NIGHT, MORNING - SECOND)
    tried(store, sink, NIGHT, MORNING)
    assert told(sink) == [("quiet", change_ids(range(1, BULK + 1)))]


def test_notices_and_what_failed_before_wait_too_and_go_out_as_they_are(store):
    papers = Papers(store)
    sink = Sink("log", SinkError("down"))
    papers.edits([1], at=EVENING - MINUTE)
    tried(store, sink, NIGHT, EVENING - MINUTE)
    notice(store, at=EVENING + MINUTE)
    papers.edits([2], at=EVENING + MINUTE)
    for hours in range(1, 9):
        tried(store, sink, NIGHT, EVENING + hours * HOUR)
    assert told(sink) == change_ids([1])
    tried(store, sink, NIGHT, MORNING)
    kinds = [payload["type"] for payload in sink.payloads[1:]]
    assert sorted(kinds) == ["digest", "post.edited", "program.disk_full"]


def test_quiet_hours_are_those_of_the_zone(store):
    papers = Papers(store)
    sink = Sink()
    seoul = Pace(quiet=NIGHT.quiet, zone=ZoneInfo("Asia/Seoul"))
    papers.edits([1], at=NOW + HOUR)
    tried(store, sink, seoul, NOW + HOUR)
    assert sink.payloads == []
    tried(store, sink, seoul, datetime(2026, 11, 23, 22, 0, tzinfo=UTC))
    assert told(sink) == [("quiet", change_ids([1]))]


def test_a_window_that_ends_in_quiet_hours_ends_with_them(store):
    papers = Papers(store)
    sink = Sink()
    both = Pace(digest=HOUR, quiet=NIGHT.quiet)
    papers.edits([1], at=EVENING - 30 * MINUTE)
    papers.edits([2], at=MORNING - MINUTE)
    for minutes in range(-20, 9 * 60, 10):
        tried(store, sink, both, EVENING + minutes * MINUTE)
    assert sink.payloads == []
    tried(store, sink, both, MORNING)
    assert told(sink) == [("quiet", change_ids([1, 2]))]
    papers.edits([3], at=MORNING + MINUTE)
    tried(store, sink, both, MORNING + HOUR)
    tried(store, sink, both, MORNING + 61 * MINUTE)
    assert told(sink)[1:] == [("schedule", change_ids([3]))]


# storm


def test_the_first_ones_go_out_alone_and_the_rest_of_the_hour_together(store):
    papers = Papers(store, ("example.org", "example.net"))
    sink = Sink()
    calm = Pace(storm=3)
    for minute in range(6):
        papers.edits([minute + 1], at=NOW + minute * MINUTE)
        tried(store, sink, calm, NOW + minute * MINUTE)
    papers.edits([1001, 1002], at=NOW + 10 * MINUTE)
    tried(store, sink, calm, NOW + 59 * MINUTE)
    assert told(sink) == change_ids([1, 2, 3, 1001, 1002])
    tried(store, sink, calm, NOW + HOUR)
    assert told(sink)[5:] == [("storm", change_ids([4, 5, 6]))]
    assert sink.payloads[5]["data"]["summary"] == "example.org · 3 more changes: 3 edited"
    papers.edits([7], at=NOW + HOUR)
    tried(store, sink, calm, NOW + HOUR)
    assert told(sink)[6:] == change_ids([7])


def test_many_alike_at_once_are_a_digest_and_no_storm(store):
    papers = Papers(store, posts=BULK + 3)
    sink = Sink()
    papers.edits(range(1, BULK + 1))
    papers.edits([BULK + 1], "C", at=NOW + MINUTE)
    tried(store, sink, Pace(storm=2), NOW + MINUTE)
    assert told(sink) == [("group", change_ids(range(1, BULK + 1))), *change_ids([BULK + 1], "C")]


def test_a_post_edited_again_waits_for_its_earlier_alert(store):
    papers = Papers(store)
    sink = Sink()
    papers.edits([1])
    papers.edits([2], at=NOW + MINUTE)
    papers.edits([2], "C", at=NOW + 2 * MINUTE)
    calm = Pace(storm=1)
    tried(store, sink, calm, NOW + 2 * MINUTE)
    papers.edits([2], "D", at=NOW + HOUR)
    tried(store, sink, calm, NOW + HOUR)
    assert told(sink) == [
        *change_ids([1]), ("storm", [*change_ids([2]), *change_ids([2], "C")]), *change_ids([2], "D"),
    ]  # fmt: skip


def test_a_storm_in_the_night_is_in_the_digest_of_the_morning(store):
    papers = Papers(store)
    sink = Sink()
    papers.edits(range(1, 21), at=EVENING + HOUR)
    tried(store, sink, Pace(storm=3, quiet=NIGHT.quiet), EVENING + 2 * HOUR)
    assert sink.payloads == []
    tried(store, sink, Pace(storm=3, quiet=NIGHT.quiet), MORNING)
    assert told(sink) == [("quiet", change_ids(range(1, 21)))]


# alerts retry


@pytest.mark.parametrize(
    ("pace", "reason", "at"),
    [(HOURLY, "schedule", NOW), (NIGHT, "quiet", EVENING), (Pace(storm=1), "storm", NOW)],
)
def test_what_somebody_asks_for_is_not_held_back(store, pace, reason, at):
    papers = Papers(store)
    sink = Sink()
    papers.edits([9], at=at)
    papers.edits([1, 2, 3], at=at)
    tried(store, sink, pace, at)
    alone = list(told(sink))
    run(store.retry([3], ["log"], at))
    tried(store, sink, pace, at)
    assert told(sink)[len(alone) :] == [(reason, change_ids([2]))]
    run(store.retry([], ["log"], at))
    tried(store, sink, pace, at)
    everything = [each for _, ids in told(sink)[len(alone) :] for each in ids] + alone
    assert sorted(everything) == sorted(change_ids([1, 2, 3, 9]))


def test_what_was_given_up_untried_and_is_asked_for_goes_out_together_as_well(store):
    papers = Papers(store)
    sink = Sink("log", *(SinkError("gone", permanent=True) for _ in range(2)))
    papers.edits([1, 2])
    tried(store, sink, AT_ONCE, NOW)
    papers.edits([3, 4])
    store._connection.execute("UPDATE alerts SET state = 'dead'")
    store._connection.commit()
    run(store.retry([], ["log"], NOW))
    tried(store, sink, HOURLY, NOW)
    # What the sink has seen comes as it was: a receiver may know it.
    assert told(sink)[2:] == [*change_ids([1, 2]), ("schedule", change_ids([3, 4]))]


def test_what_was_asked_for_and_fails_in_quiet_hours_waits_for_their_end(store):
    papers = Papers(store)
    sink = Sink("log", SinkError("down"))
    papers.edits([1], at=EVENING)
    run(store.retry([1], ["log"], EVENING))
    for hours in range(9):
        tried(store, sink, NIGHT, EVENING + hours * HOUR)
    assert len(sink.payloads) == 1
    tried(store, sink, NIGHT, MORNING)
    assert sink.payloads == 2 * [sink.payloads[0]]


def test_in_quiet_hours_it_does_not_overtake_one_of_its_post_that_failed_before(store):
    papers = Papers(store)
    sink = Sink("log", SinkError("down"))
    papers.edits([1], at=EVENING - MINUTE)
    tried(store, sink, NIGHT, EVENING - MINUTE)
    papers.edits([1], "C", at=EVENING)
    run(store.retry([2], ["log"], EVENING))
    tried(store, sink, NIGHT, EVENING + HOUR)
    assert told(sink) == change_ids([1])
    tried(store, sink, NIGHT, MORNING)
    tried(store, sink, NIGHT, MORNING + MINUTE)
    assert told(sink)[1] == change_ids([1])[0]
    assert len(told(sink)) == 3


def test_notices_wait_for_quiet_hours_beside_a_digest_too(store):
    papers = Papers(store)
    sink = Sink()
    papers.edits([1], at=EVENING)
    notice(store, at=EVENING)
    both = Pace(digest=HOUR, quiet=NIGHT.quiet)
    tried(store, sink, both, EVENING + HOUR)
    assert sink.payloads == []
    tried(store, sink, both, MORNING)
    assert sorted(payload["type"] for payload in sink.payloads) == ["digest", "program.disk_full"]


def test_one_of_the_same_post_does_not_overtake_what_is_held_back(store):
    papers = Papers(store)
    sink = Sink()
    papers.edits([1])
    papers.edits([1], "C", at=NOW + MINUTE)
    run(store.retry([2], ["log"], NOW + MINUTE))
    tried(store, sink, HOURLY, NOW + MINUTE)
    assert sink.payloads == []
    tried(store, sink, HOURLY, NOW + HOUR)
    assert told(sink) == [("schedule", [*change_ids([1]), *change_ids([1], "C")])]


# limits


def copied(store, table, **values):
    """The row 1 of a table 20,000 times; these columns are others."""
    columns = [column["name"] for column in store._connection.execute(f"PRAGMA table_info({table})")]
    store._connection.execute(
        f"""
        WITH RECURSIVE numbers AS (SELECT 2 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
        INSERT INTO {table} SELECT {", ".join(values.get(name, name) for name in columns)} FROM {table}, numbers
        """
    )


def test_twenty_thousand_are_several_digests_each_of_which_fits(store):
    Papers(store, posts=1).edits([1])
    text = "Many words are in it. " * 2000
    copied(store, "posts", id="n", link="'https://example.org/' || n", guid="n", wp_id="n")
    copied(store, "changes", seq="n", id="printf('c_%024d', n)", post_id="n", diff=f"iif(n % 7, diff, '{text}')")
    copied(store, "alerts", id="n", change_id="printf('c_%024d', n)")
    store._connection.commit()
    sink = Sink()
    tried(store, sink, HOURLY, NOW + HOUR)
    assert [payload["data"]["count"] for payload in sink.payloads] == [5000] * 4
    assert [each for _, ids in told(sink) for each in ids] == [
        *change_ids([1]), *(f"c_{number:024}" for number in range(2, 20_001)),
    ]  # fmt: skip
    assert len({payload["data"]["id"] for payload in sink.payloads}) == 4
    for payload in sink.payloads:
        assert size(payload) <= MOST_ALERT
        assert 30 <= len(payload["data"]["changes"]) <= 100


def test_for_people_a_digest_is_a_subject_and_at_most_thirty_lines(store):
    story = Story(store, posts=1204)
    story.edits(range(1, 601))
    story.edits(range(601, 1205), at=NOW + MINUTE)
    sink = Sink()
    tried(store, sink, HOURLY, NOW + HOUR)
    lines = for_people(sink.payloads[0], zone=UTC).split("\n")
    assert lines[0] == "example.org · 1,204 changes: 1,204 edited"
    assert lines[1] == "  12:00  example.org · title edited · “B”   https://example.org/1/"
    assert len(lines) == 1 + 30 + 2
    assert lines[31] == "  and 1,174 more"
    assert lines[32] == (
        "  all changes of that time: crawler changes --source example.org --kind edited --field title"
        " --since 2026-11-23T12:00:00Z --until 2026-11-23T12:01:01Z --limit 0"
    )


def test_for_people_one_that_stayed_alone_is_told_as_itself(store):
    Papers(store, sinks=("log", "other")).edits([1])
    together, alone = Sink("log"), Sink("other")
    tried(store, together, HOURLY, NOW + HOUR)
    tried(store, alone, AT_ONCE, NOW + HOUR)
    assert together.payloads[0]["type"] == "digest"
    assert for_people(together.payloads[0], zone=UTC) == for_people(alone.payloads[0], zone=UTC)


# everything at once


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_pace_each_change_comes_once_in_order_of_its_post_and_never_in_quiet_hours(
    store, monkeypatch, seed
):
    monkeypatch.setattr("crawler.decide.grouping.MANY", 4)
    monkeypatch.setattr("crawler.decide.pacing.MOST_MEMBERS", 9)
    chance = random.Random(seed)
    papers = Papers(store, ("example.org", "example.net"), posts=12)
    paces = [
        Pace(
            digest=chance.choice([None, None, HOUR, 3 * HOUR]),
            quiet=chance.choice([None, NIGHT.quiet, (time(12), time(14))]),
            storm=chance.choice([None, 1, 3]),
        )
        for _ in range(3)
    ]
    at = NOW

    class Moody(Sink):
        async def send(self, payload):
            assert quiet_until(pace, at) is None
            self.payloads.append((payload, at))
            if chance.random() < 0.3:
                self.payloads[-1] = (payload, None)
                raise SinkError("down")

    sink, pace = Moody(), AT_ONCE
    for step in range(80):
        at += timedelta(minutes=chance.choice([0, 1, 7, 40, 200]))
        first = chance.choice([1, 1001])
        papers.edits(sorted(chance.sample(range(first, first + 12), chance.randint(1, 8))), f"T{step:02}", at=at,
                     ends=chance.random() < 0.7, continues=chance.random() < 0.3)  # fmt: skip
        # The config is another one from time to time.
        pace = paces[step // 30]
        tried(store, sink, pace, at)
    for _ in range(80):
        at += timedelta(hours=3, minutes=10)
        tried(store, sink, pace, at)
    assert rows(store, "SELECT DISTINCT state FROM alerts") == [{"state": "delivered"}]
    taken = [payload["data"] for payload, when in sink.payloads if when is not None]
    changes = [change_id for data in taken for change_id in data.get("ids", [data["id"]])]
    assert len(changes) == len(set(changes)) == rows(store, "SELECT count(*) AS n FROM changes")[0]["n"]
    for row in rows(store, "SELECT DISTINCT post_id FROM changes"):
        found = [
            each["id"] for each in rows(store, f"SELECT id FROM changes WHERE post_id = {row['post_id']} ORDER BY seq")
        ]
        assert [each for each in changes if each in found] == found
    sent = {(change_id, payload["data"]["id"]) for payload, _ in sink.payloads
            for change_id in payload["data"].get("ids", [payload["data"]["id"]])}  # fmt: skip
    assert len(sent) == len(changes), "a Change was sent in two alerts"
