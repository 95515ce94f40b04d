"""Feeds that ask for peace are left in peace by the daemon: through 304s, over restarts, and beside other feeds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from crawler.demo.answer import RSS, Answer
from tests.bench import Bench
from tests.daemon.bench import CONFIG, World
from tests.site import Clock, Fault, Site

HOST = "press.example"
MINUTE, HOUR = 60, 3600
STEP = 60
#: how long from one look to the next with `every: 15m`: 10 % of jitter, and a step of the clock
QUARTER = (13.5 * MINUTE - STEP, 16.5 * MINUTE + STEP)
HOURLY = (HOUR, HOUR + 2 * STEP)
#: the hourly look beside a collection: 54 minutes and the jitter
LOOK = (48.6 * MINUTE - STEP, 59.4 * MINUTE + STEP)
NIGHT = "<skipHours><hour>22</hour><hour>23</hour><hour>0</hour><hour>1</hour></skipHours>"


@dataclass(kw_only=True)
class Wishing(Site):
    """A site that asks for peace: what its feed says, and the header of all answers for it."""

    said: str = ""
    cache_control: str = ""
    #: only addresses that end like this
    where: str = "/feed/"
    #: what an answer takes
    seconds: int = 0

    def right_answer(self, url: str, headers) -> Answer:
        status, sent, body = super().right_answer(url, headers)
        self.clock.advance(seconds=self.seconds)
        if not url.endswith(self.where) or (status == 200 and ("Content-Type", RSS) not in sent):
            return Answer(status, sent, body)
        told = [("Cache-Control", self.cache_control)] if self.cache_control else []
        return Answer(status, [*sent, *told], body.replace(b"<item>", self.said.encode() + b"<item>", 1))

    def looks(self, where: str = "/feed/"):
        """When the feed was asked for, and how it answered."""
        return [(asked.at, asked.status) for asked in self.requests if asked.path == where]

    def gaps(self, where: str = "/feed/"):
        return [(later - earlier).total_seconds() for (earlier, _), (later, _) in pairwise(self.looks(where))]


def world(folder, *, every="15m", **wishes):
    clock = Clock()
    clock.now = datetime(2026, 12, 1, 12, 0, 0, tzinfo=UTC)
    site = Wishing(clock=clock, url=f"https://{HOST}", **wishes)
    for number in range(3):
        site.publish(f"Post {number}", f"<p>Text {number}.</p>", categories=["News"])
    clock.advance(hours=1)
    made = World(folder, 0, every=every, sites={HOST: site})
    made.clock = clock
    made.begin = clock()
    return made, site


def run(made, *, hours):
    async def story():
        async with made.running() as daemon:
            await daemon.tick()
            await daemon.idle()
            await made.run(daemon, hours=hours, step=STEP)

    asyncio.run(story())


#: what the feed says, Cache-Control, from how long to how long from one look to the next
WISHES = {
    "nothing": ("", "", QUARTER),
    "ttl": ("<ttl>60</ttl>", "", HOURLY),
    "ttl below every": ("<ttl>5</ttl>", "", QUARTER),
    "max-age": ("", "public, max-age=3600", HOURLY),
    "max-age of a year": ("", "max-age=31536000", HOURLY),
    "max-age of ttl": ("<ttl>60</ttl>", "max-age=1800", HOURLY),
    "max-age that is void": ("", "max-age=3600, must-revalidate", QUARTER),
    "what WordPress writes in every feed": (
        '<p:updatePeriod xmlns:p="http://purl.org/rss/1.0/modules/syndication/">daily</p:updatePeriod>',
        "",
        QUARTER,
    ),
    "garbage": ("<ttl>soon</ttl><skipHours><hour>x</hour></skipHours>", "max-age=soon", QUARTER),
    "all hours": (f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in range(24))}</skipHours>", "", QUARTER),
}


@pytest.mark.parametrize("case", WISHES)
def test_a_feed_is_asked_no_sooner_than_it_wishes_also_through_304s(tmp_path, case):
    said, cache_control, (least, most) = WISHES[case]
    made, site = world(tmp_path, said=said, cache_control=cache_control)
    run(made, hours=5)
    assert [status for _, status in site.looks()][1:] == [304] * len(site.gaps())
    assert len(site.gaps()) >= 4
    assert least <= min(site.gaps())
    assert max(site.gaps()) <= most


def test_a_feed_is_left_alone_in_the_hours_that_it_skips_over_midnight(tmp_path):
    made, site = world(tmp_path, said=NIGHT)
    run(made, hours=18)
    hours = [at.hour for at, _ in site.looks()]
    assert set(hours) == {*range(13, 22), *range(2, 7)}
    night = max(pairwise(at for at, _ in site.looks()), key=lambda pair: pair[1] - pair[0])
    assert (night[1] - datetime(2026, 12, 2, 2, 0, tzinfo=UTC)).total_seconds() <= STEP
    assert sorted(site.gaps())[-2] <= QUARTER[1]


def test_a_longer_every_stays(tmp_path):
    made, site = world(tmp_path, every="3h", said="<ttl>60</ttl>", cache_control="max-age=31536000")
    run(made, hours=7)
    assert len(site.gaps()) == 2
    assert min(site.gaps()) >= 2.7 * HOUR - STEP


def test_a_wish_that_is_taken_back_counts_no_more(tmp_path):
    made, site = world(tmp_path, said="<ttl>60</ttl>")
    run(made, hours=2)
    site.said = ""
    site.publish("News", "<p>Without a wish.</p>")
    made.clock.advance(minutes=1)
    before = len(site.looks())
    run(made, hours=2)
    assert max(site.gaps()[before:]) <= QUARTER[1]


def test_a_feed_that_fails_is_asked_again_neither_sooner_nor_in_the_night(tmp_path):
    made, site = world(tmp_path, said=f"<ttl>60</ttl>{NIGHT}")
    run(made, hours=2)
    site.fail("/feed/", Fault(status=500), times=None)
    before = len(site.looks())
    run(made, hours=9.5)
    failed = site.looks()[before:]
    assert {status for _, status in failed} == {500}
    assert min(site.gaps()[before:]) >= HOUR
    assert not {at.hour for at, _ in failed} & {22, 23, 0, 1}


@pytest.mark.parametrize("case", ["ttl", "max-age of a year"])
def test_a_restart_does_not_undo_what_a_feed_asked_for(tmp_path, case):
    said, cache_control, (least, most) = WISHES[case]
    made, site = world(tmp_path, said=said, cache_control=cache_control)
    for _ in range(12):
        run(made, hours=0.25)
    assert len(site.gaps()) >= 2
    assert least <= min(site.gaps())
    assert max(site.gaps()) <= most


def test_a_restart_in_the_night_waits_for_its_end(tmp_path):
    made, site = world(tmp_path, said=NIGHT)
    run(made, hours=8)
    before = len(site.looks())
    made.clock.advance(hours=1.5)
    run(made, hours=4)
    at, _ = site.looks()[before]
    assert (at - datetime(2026, 12, 2, 2, 0, tzinfo=UTC)).total_seconds() <= STEP


def test_an_every_that_is_shorter_now_counts_as_far_as_the_feed_lets_it(tmp_path):
    made, site = world(tmp_path, every="7d", said="<ttl>60</ttl>")
    run(made, hours=1)
    made.write(every="5m")
    run(made, hours=3)
    after = site.gaps()[1:]
    assert len(after) >= 1
    assert HOURLY[0] <= min(after)
    assert max(site.gaps()) <= 2 * HOUR + 2 * STEP


def test_a_feed_that_is_found_while_time_passes_is_read_in_the_same_poll(tmp_path):
    made, site = world(tmp_path, seconds=2)
    run(made, hours=0)
    assert [status for _, status in site.looks()] == [200]
    assert made.one("SELECT count(*) FROM revisions") == 3


def test_a_poll_by_hand_asks_all_the_same(tmp_path):
    _, site = world(tmp_path, said=f"<ttl>1440</ttl>{NIGHT}", cache_control="max-age=31536000")
    bench = Bench(tmp_path, site.clock, {HOST: site}, f"  - {{url: 'https://{HOST}/feed/', kind: feed}}")
    for _ in range(3):
        bench.poll(minutes=5)
    assert [status for _, status in site.looks()] == [200, 304, 304]


@pytest.mark.parametrize(
    "wishes",
    [
        {"said": "<ttl>1440</ttl>"},
        {"said": f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in range(23))}</skipHours>"},
        {"said": NIGHT, "cache_control": "max-age=31536000"},
    ],
    ids=["ttl", "skipHours", "max-age"],
)
def test_a_sites_feed_is_asked_at_the_hourly_look_whatever_it_wishes(tmp_path, wishes):
    made, site = world(tmp_path, **wishes)
    (tmp_path / "config.yaml").write_text(CONFIG + f"  - {{url: 'https://{HOST}/', every: 15m, sweep: never}}\n")
    run(made, hours=1)
    before = len(site.looks())
    run(made, hours=4)
    gaps = site.gaps()[before - 1 :]
    assert len(gaps) >= 3
    assert LOOK[0] <= min(gaps)
    assert max(gaps) <= LOOK[1]
    site.edit(1, title="Edited while the feed was left in peace")
    made.clock.advance(minutes=1)
    run(made, hours=1.1)
    assert [alert["type"] for alert in made.alerts()] == ["post.edited"]


def test_the_hourly_look_at_rest_comes_between_two_of_the_feed_and_moves_neither(tmp_path):
    made, site = world(tmp_path, said="<ttl>25</ttl>")
    (tmp_path / "config.yaml").write_text(CONFIG + f"  - {{url: 'https://{HOST}/', every: 15m, sweep: never}}\n")
    run(made, hours=1)
    before = len(site.requests)
    run(made, hours=5)
    looks = sorted({asked.at for asked in site.requests[before:] if asked.path.startswith("/wp-json/")})
    between = [(later - earlier).total_seconds() for earlier, later in pairwise(looks)]
    assert LOOK[0] <= min(between)
    assert max(between) <= LOOK[1]
    assert min(site.gaps()[1:]) >= 25 * MINUTE
    assert max(site.gaps()) <= 25 * MINUTE + 2 * STEP


def test_a_sites_feed_is_asked_hourly_also_while_its_rest_api_is_closed(tmp_path):
    made, site = world(tmp_path, said="<ttl>1440</ttl>")
    (tmp_path / "config.yaml").write_text(CONFIG + f"  - {{url: 'https://{HOST}/', every: 15m, sweep: never}}\n")
    run(made, hours=1)
    site.fail("/wp-json/*", Fault(status=401), times=None)
    run(made, hours=12)
    assert max(site.gaps()) <= LOOK[1]


def test_of_two_feeds_of_a_site_only_the_one_that_asked_is_left_in_peace(tmp_path):
    category = "/category/news/feed/"
    made, site = world(tmp_path, said="<ttl>1440</ttl>", where=f"{HOST}/feed/")
    (tmp_path / "config.yaml").write_text(
        CONFIG
        + f"  - {{url: 'https://{HOST}/', every: 15m, sweep: never}}\n"
        + f"  - {{name: news, url: 'https://{HOST}{category}', every: 15m, sweep: never}}\n"
    )
    run(made, hours=1)
    before, others = len(site.looks()), len(site.looks(category))
    run(made, hours=4)
    assert min(site.gaps()[before - 1 :]) >= LOOK[0]
    assert max(site.gaps(category)[others - 1 :]) <= QUARTER[1]
    assert timedelta(hours=4) / (len(site.looks(category)) - others) < timedelta(minutes=17)
    site.fail(category, Fault(status=500), times=None)
    run(made, hours=4)
    assert min(site.gaps()[before - 1 :]) >= LOOK[0]
