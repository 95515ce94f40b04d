"""What keys that change hands mean for the Posts: an id that came back, two Posts that turn out to be one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.decide import decide
from crawler.identity import is_another
from crawler.model import Key
from tests.core.values import NOW, known, known_post, look, page, sighting

DAY = timedelta(days=1)
OLD = sighting(5)
ANOTHER = {"guid": "https://example.org/another", "published_at": NOW - DAY, "title": "Another title"}


def shown(**told):
    """What REST says under the id 5 now."""
    return sighting(5, link="https://example.org/somewhere/", **told)


def decided(now, *posts, **circumstances):
    return decide(look(**circumstances), known(*posts), page(*now))


SAME = {
    "guid": {"guid": OLD.guid},
    "a guid of another scheme": {"guid": OLD.guid.replace("https:", "http:")},
    "no guid told": {"guid": None},
    "date": {"published_at": OLD.published_at},
    "no date told": {"published_at": None},
    "title": {"title": OLD.fields.title},
    "no title told": {"title": None},
}


@pytest.mark.parametrize("name", SAME)
def test_an_id_stays_with_its_post_while_one_thing_is_the_same(name):
    now = shown(**(ANOTHER | SAME[name]))
    assert not is_another(known_post(5), now)
    decision = decided([now], known_post(5))
    assert [plan.post_id for plan in decision.posts] == [5]
    assert decision.replaced == ()


def test_an_id_with_another_guid_date_and_title_is_another_post_and_nothing_is_written():
    decision = decided([shown(**ANOTHER)], known_post(5))
    assert (decision.posts, decision.seen, decision.unclear) == ((), (), ())
    assert [post.id for post in decision.replaced] == [5]


def test_a_post_that_was_known_without_a_revision_cannot_be_told_apart():
    assert not is_another(known_post(5, latest=None), shown(**ANOTHER))


def test_an_id_that_stands_twice_is_nobodys():
    decision = decided([shown(**ANOTHER), shown(**(ANOTHER | {"title": "A third one"}))], known_post(5))
    assert (decision.posts, decision.replaced) == ((), ())
    assert len(decision.unclear) == 2


FREE = {
    "the post is deleted": ({"state": "deleted"}, {}),
    "this look proves it": ({}, {"gives_up": frozenset({5})}),
    "a first reading, as of another site under the same name": ({"seen": None}, {"kind": "baseline"}),
}


@pytest.mark.parametrize("name", FREE)
def test_an_id_that_is_free_goes_to_the_new_post(name):
    about, circumstances = FREE[name]
    decision = decided([shown(**ANOTHER)], known_post(5, **about), **circumstances)
    (plan,) = decision.posts
    assert (plan.post_id, plan.taken, decision.replaced) == (None, (Key("wp-id", "5"),), ())
    assert (plan.change is None) == (circumstances.get("kind") == "baseline")
    assert plan.change is None or plan.change.kind == "published"


def test_a_free_id_that_goes_back_to_its_post_is_not_another():
    (plan,) = decided([OLD], known_post(5, state="deleted")).posts
    assert (plan.post_id, plan.change.kind) == (5, "restored")


@pytest.mark.parametrize("state", ["deleted", "unpublished"])
@pytest.mark.parametrize("before", ["rest", "feed"])
def test_a_first_reading_leaves_it_to_a_later_look_to_restore_a_post(state, before):
    """It became a page, and pages are watched from now on; or it went while there was only a feed.

    A baseline makes no Changes, so the post stays gone until then.
    """
    post = known_post(5, state=state, seen=None)
    if before == "feed":
        post = replace(post, latest=replace(post.latest, endpoint_id=6, rank=2))
    (plan,) = decided([OLD], post, kind="baseline").posts
    assert (plan.post_id, plan.state, plan.change, plan.revision) == (5, state, None, None)


def test_an_unpublished_post_is_not_gone_yet():
    decision = decided([shown(**ANOTHER)], known_post(5, state="unpublished"))
    assert decision.posts == ()
    assert [post.id for post in decision.replaced] == [5]


def feeds(**more):
    """A Post that only a feed showed, under the guid that REST tells now."""
    told = sighting(9, wp_id=None, guid="https://example.org/new", link="https://example.org/new/")
    return known_post(9, told, seen=None, **more)


NOW_ONE = shown(guid="https://example.org/new")


def test_a_post_that_only_a_feed_showed_goes_into_the_one_with_the_id():
    decision = decided([NOW_ONE], known_post(5), feeds())
    (plan,) = decision.posts
    assert (plan.post_id, plan.absorbs, plan.taken) == (5, 9, (Key("guid", "https://example.org/new"),))
    assert plan.change.fields == ("link",)


CONTRADICTIONS = {
    "another date": ({"published_at": NOW}, "another date"),
    "no date and another title": ({"published_at": None, "title": "Another"}, "another title"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_keeps_them_two_and_writes_nothing(name):
    told, why = CONTRADICTIONS[name]
    other = feeds()
    other = replace(other, latest=replace(other.latest, fields=replace(other.latest.fields, **told)))
    decision = decided([NOW_ONE], known_post(5), other)
    assert (decision.posts, decision.seen) == ((), ())
    assert len(decision.unclear) == 1
    assert why in decision.unclear[0]


def test_two_posts_with_ids_of_their_own_are_never_one():
    other = known_post(9, sighting(9, guid="https://example.org/new"))
    (plan,) = decided([NOW_ONE], known_post(5), other).posts
    assert (plan.post_id, plan.absorbs, plan.taken) == (5, None, ())


def test_a_post_that_stands_in_the_answer_by_itself_is_not_absorbed():
    itself = sighting(10, wp_id=None, guid="https://example.org/older-guid", link="https://example.org/new/")
    other = feeds()
    store = known(known_post(5), other, **{"https://example.org/older-guid": 9})
    decision = decide(look(), store, page(NOW_ONE, itself))
    assert [plan.absorbs for plan in decision.posts] == []
    assert len(decision.unclear) == 2


@pytest.mark.parametrize(
    ("told", "fields", "cause"),
    [
        (frozenset(), ("title", "link"), "edit"),
        (frozenset({"title"}), ("link",), "edit"),
        (frozenset({"title", "link"}), None, "upgrade"),
    ],
)
def test_what_was_told_of_the_one_is_not_told_of_the_other(told, fields, cause):
    edited = shown(guid="https://example.org/new", title="Edited")
    other = feeds(told=told)
    values = {"title": "Edited", "link": edited.link}
    other = replace(other, latest=replace(other.latest, fields=replace(other.latest.fields, **values)))
    (plan,) = decided([edited], known_post(5), other).posts
    assert (plan.change.fields if plan.change else None) == fields
    assert plan.revision.cause == cause


def test_what_was_edited_after_it_was_told_of_the_one_is_told_of_the_other():
    other = feeds(told=frozenset({"title"}))
    other = replace(other, latest=replace(other.latest, fields=replace(other.latest.fields, title="Edited")))
    (plan,) = decided([shown(guid="https://example.org/new", title="Edited again")], known_post(5), other).posts
    assert "title" in plan.change.fields
