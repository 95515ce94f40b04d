"""Laws of deciding, with the real store behind it: whatever happens on a site, these hold."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crawler.decide import Look, complete, decide, differing, keys_to_ask
from crawler.diff import compare
from crawler.model import (
    ConfiguredSource,
    Discovered,
    EndpointSeed,
    EndpointState,
    Fields,
    Plan,
    PollRecord,
    Ref,
    Route,
    RouteMatch,
    Validators,
)
from crawler.store import SqliteStore
from tests.core.values import NOW, page, sighting

ROUTES = (
    Route(sink="log"),
    Route(sink="edits", when=(RouteMatch(kinds=("edited",)),)),
    Route(sink="titles", when=(RouteMatch(fields=("title",)), RouteMatch(kinds=("protected",)))),
)
LAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with SqliteStore(tmp_path_factory.mktemp("laws") / "crawler.db") as store:
        yield store


class Watch:
    """A source of its own with one collection, and looks at it that are committed as polls do."""

    def __init__(self, store):
        self.store, self.now = store, NOW
        asyncio.run(self._prepare())
        self.source = next(each for each in store.sources() if each.state == "active")
        (self.endpoint,) = store.endpoints(self.source.id)

    async def _prepare(self):
        url = f"https://example.org/{len(self.store.sources())}/"
        seed = EndpointSeed(kind="rest", url=f"{url}wp-json/wp/v2/posts", type="posts")
        found = Discovered(kind="wordpress", home=None, title=None, timezone=None, endpoints=(seed,))
        entry = ConfiguredSource(name=url, url=url, kind="auto")
        await self.store.sync([entry], [route.sink for route in ROUTES], NOW)
        await self.store.register(next(each for each in self.store.sources() if each.url == url), found, NOW)

    def decide(self, shown, *, kind="poll"):
        """What the page means, and its Changes completed."""
        known = self.store.known(self.source.id, self.endpoint.id, keys_to_ask(shown))
        circumstances = Look(source=self.source, endpoint=self.endpoint, kind=kind, now=self.now, counts=True)
        decision = decide(circumstances, known, shown)
        comparisons = [
            compare(
                plan.change.old.fields if plan.change.old else Fields(),
                plan.revision.fields if plan.revision else plan.sighting.fields,
                plan.change.fields,
            )
            for plan in decision.posts
            if plan.change is not None
        ]
        return replace(decision, posts=complete(circumstances, known, decision.posts, comparisons, ROUTES))

    def look(self, shown, *, kind="poll"):
        """Decide and commit, an hour after the last look."""
        self.now += timedelta(hours=1)
        decision = self.decide(shown, kind=kind)
        asyncio.run(self.store.commit(self._plan(decision, kind)))
        return decision

    def _plan(self, decision, kind):
        at = self.now
        state = EndpointState(
            endpoint_id=self.endpoint.id,
            rank=1,
            validators=Validators(),
            body_hash=None,
            watermark=at,
            total=None,
            next_poll_at=at,
            last_try_at=at,
            last_ok_at=at,
            read_at=at,
            last_status=200,
            failures=0,
            last_error=None,
            redirect_to=None,
        )
        return Plan(
            source_id=self.source.id,
            endpoint_id=self.endpoint.id,
            now=at,
            poll=PollRecord(kind=kind, started_at=at, duration_ms=1, outcome="changed"),
            endpoint=state,
            posts=decision.posts,
            seen=decision.seen,
            flips=decision.flips,
        )

    def rows(self, columns, table):
        """Rows of `posts` or of a table that belongs to them, oldest first."""
        return [
            tuple(row)
            for row in self.store._reader.execute(f"SELECT {columns} FROM {TABLES[table]}", (self.source.id,))
        ]


TABLES = {
    "posts": "posts WHERE source_id = ? ORDER BY wp_id",
    "changes": "changes c JOIN posts p ON p.id = c.post_id WHERE p.source_id = ? ORDER BY seq",
    "alerts": "alerts a JOIN changes c ON c.id = a.change_id JOIN posts p ON p.id = c.post_id WHERE p.source_id = ?",
}


words = st.sampled_from(["", "One.", "One two.", "Three four five."])
edits = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["A", "B", "C"]),
        "content": words,
        "excerpt": words,
        "author": st.sampled_from([Ref(id=1, name="Jane"), Ref(id=1, name="Jane Roe"), Ref(id=2, name="Jane")]),
        "tags": st.lists(st.sampled_from([Ref(id=1, name="x"), Ref(id=2, name="y")]), unique=True).map(tuple),
        "link": st.sampled_from(["https://example.org/a/", "http://example.org/a/", "https://example.org/b/"]),
        "modified": st.integers(0, 3).map(lambda hours: NOW - timedelta(hours=hours)),
    },
)
#: states of one post, one after the other, each a change of the one before
histories = st.lists(edits, min_size=1, max_size=8)
posts_of_a_page = st.lists(st.tuples(st.integers(1, 5), edits), max_size=5, unique_by=lambda each: each[0])
maybe_protected = st.lists(
    st.tuples(st.integers(1, 3), edits, st.booleans()), max_size=3, unique_by=lambda each: each[0]
)
names = st.fixed_dictionaries(
    {
        "wp_id": st.sampled_from([None, None, 1, 2, 3]),
        "guid": st.sampled_from([None, "g1", "g2", "http://g3", "https://g3"]),
        "link": st.sampled_from([None, "https://example.org/1/", "https://example.org/2/"]),
        "title": st.sampled_from(["A", "B"]),
    }
)


def states(history):
    """The Sightings of post 1 through its history."""
    told = {}
    for edit in history:
        told = told | edit
        yield sighting(1, **told)


@LAW
@given(pages=st.lists(maybe_protected, min_size=1, max_size=4))
def test_deciding_again_on_what_was_committed_changes_nothing(store, pages):
    site = Watch(store)
    for each in pages:
        shown = page(*(sighting(number, protected=hidden, **edit) for number, edit, hidden in each))
        assert site.look(shown).unclear == ()
        again = site.decide(shown)
        assert (again.posts, again.unclear) == ((), ())
        assert len(again.seen) == len(each)


@LAW
@given(history=histories)
def test_a_history_has_one_change_for_each_two_states_that_differ(store, history):
    site = Watch(store)
    # Each is saved after the one before: a return to the state just left is held otherwise.
    saved = [NOW + timedelta(minutes=minutes) for minutes in range(len(history))]
    shown = list(states([each | {"modified": at} for each, at in zip(history, saved, strict=True)]))
    site.look(page(shown[0]), kind="baseline")
    for each in shown[1:]:
        site.look(page(each))
    expected = [fields for old, new in pairwise(shown) if (fields := differing(old.fields, new.fields))]
    told = site.rows("kind, fields, old_revision_id, new_revision_id, c.id", "changes")
    assert [(kind, tuple(json.loads(fields))) for kind, fields, *_ in told] == [("edited", each) for each in expected]
    chain = [(old, new) for _, _, old, new, _ in told]
    assert all(one[1] == following[0] for one, following in pairwise(chain))
    assert len({change_id for *_, change_id in told}) == len(expected)
    assert site.rows("revisions", "posts") == [(len(expected) + 1,)]


@LAW
@given(data=st.data(), before=posts_of_a_page, after=posts_of_a_page)
def test_the_order_of_dated_sightings_does_not_matter(store, data, before, after):
    site = Watch(store)
    site.look(page(*(sighting(number, **edit) for number, edit in before)), kind="baseline")
    shown = [sighting(number, **edit) for number, edit in after]
    one, other = (site.decide(page(*each)) for each in (shown, data.draw(st.permutations(shown))))
    assert sorted(one.seen) == sorted(other.seen)
    assert sorted(one.unclear) == sorted(other.unclear)
    assert {plan.sighting.wp_id: plan for plan in one.posts} == {plan.sighting.wp_id: plan for plan in other.posts}


@LAW
@given(pages=st.lists(maybe_protected, min_size=1, max_size=4))
def test_every_change_has_one_alert_for_each_route_that_takes_it(store, pages):
    site = Watch(store)
    for each in pages:
        site.look(page(*(sighting(number, protected=hidden, **edit) for number, edit, hidden in each)))
    changes = [
        (change, kind, json.loads(fields)) for change, kind, fields in site.rows("c.id, kind, fields", "changes")
    ]
    expected = [(change, "log") for change, _, _ in changes]
    expected += [(change, "edits") for change, kind, _ in changes if kind == "edited"]
    expected += [(change, "titles") for change, kind, fields in changes if "title" in fields or kind == "protected"]
    assert sorted(site.rows("change_id, sink", "alerts")) == sorted(expected)


@LAW
@given(pages=st.lists(posts_of_a_page, min_size=1, max_size=4))
def test_a_post_is_one_post_however_often_it_is_shown(store, pages):
    site = Watch(store)
    for each in pages:
        assert site.look(page(*(sighting(number, **edit) for number, edit in each))).unclear == ()
    numbers = sorted({number for each in pages for number, _ in each})
    assert site.rows("wp_id", "posts") == [(number,) for number in numbers]


def named(wp_id, guid, link):
    return {"wp_id": wp_id, "guid": guid, "link": link and f"https://example.org/{link}/", "title": "A"}


@LAW
@given(pages=st.lists(st.lists(names, max_size=4), min_size=1, max_size=4))
@example(
    pages=[
        [named(None, None, 2), named(None, "g2", None), named(1, None, 1)],
        [named(None, None, 1), named(1, "g2", 2)],
    ]
)
@example(
    pages=[
        [named(None, None, 1)],
        [named(None, "g1", 1)],
        [named(None, None, 1), named(None, "g1", None)],
    ]
)
def test_whatever_names_posts_carry_each_page_can_be_written_and_read_again(store, pages):
    """A plan that the store refuses would be decided again and refused again, poll after poll."""
    site = Watch(store)
    for each in pages:
        shown = page(*(sighting(number, **names) for number, names in enumerate(each)))
        site.look(shown)
        again = site.decide(shown)
        assert [plan for plan in again.posts if plan.revision or plan.change] == []
