"""What a look means: every way from a Sighting to what is written of its Post."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.decide import decide, keys_to_ask
from crawler.identity import keys_of
from crawler.model import Key, Ref
from tests.core.values import NOW, READ, SAVED, endpoint, keys, known, known_post, look, page, sighting, unread

LATER = SAVED + timedelta(hours=2)
NOTHING_KNOWN = known()


def plan_for(shown, *posts, **circumstances):
    """The one plan for one Sighting."""
    decision = decide(look(**circumstances), known(*posts), page(shown))
    assert (decision.seen, decision.unclear) == ((), ())
    (plan,) = decision.posts
    return plan


def nothing_for(shown, *posts, **circumstances):
    decision = decide(look(**circumstances), known(*posts), page(shown))
    return (decision.posts, decision.seen, decision.unclear) == ((), (), ())


# unknown posts


def test_an_unknown_post_is_published():
    shown = sighting(7)
    plan = plan_for(shown)
    assert (plan.post_id, plan.state, plan.text_hash, plan.keys) == (None, "public", shown.text_hash, keys(shown))
    assert (plan.revision.number, plan.revision.cause) == (1, "new")
    assert (plan.revision.fields, plan.revision.content_hash) == (shown.fields, shown.text_hash)
    assert plan.revision.modified_at == SAVED
    change = plan.change
    assert (change.kind, change.silent, change.old, change.old_seen_at, change.fields) == (
        "published",
        None,
        None,
        None,
        (),
    )


def test_a_baseline_makes_revisions_and_no_changes():
    plan = plan_for(sighting(7), kind="baseline")
    assert (plan.revision.cause, plan.change) == ("baseline", None)


def test_an_unknown_protected_post_is_published_as_such():
    plan = plan_for(sighting(7, protected=True))
    assert (plan.state, plan.change.kind, plan.revision.fields.content) == ("protected", "published", None)


def test_a_witness_makes_no_post():
    assert nothing_for(sighting(7), counts=False)
    assert nothing_for(unread(sighting(7)), counts=False)


DAY = timedelta(days=1)
FEED = endpoint("feed")

NEWS = {
    "however old, where all was read": (endpoint(), None, NOW - 4000 * DAY, True),
    "without a date, where all was read": (endpoint(), None, None, True),
    "newer than what was read": (endpoint(), NOW - DAY, NOW - DAY + timedelta(seconds=1), True),
    "as old as what was read": (endpoint(), NOW - DAY, NOW - DAY, False),
    "older than what was read": (endpoint(), NOW - DAY, NOW - 2 * DAY, False),
    "dated in the future": (endpoint(), NOW - DAY, NOW + DAY, True),
    "newer than what a feed showed": (FEED, NOW - DAY, NOW, True),
    "older than what a feed showed": (FEED, NOW - DAY, NOW - 2 * DAY, False),
    "the first dated one of a feed": (FEED, None, NOW - 2 * DAY, True),
}


@pytest.mark.parametrize("name", NEWS)
def test_an_unknown_post_is_news(name):
    where, adopt_until, published_at, expected = NEWS[name]
    plan = plan_for(sighting(7, published_at=published_at), endpoint=where, adopt_until=adopt_until)
    assert (plan.change is not None) is expected
    assert plan.revision.cause == ("new" if expected else "baseline")


@pytest.mark.parametrize("adopt_until", [None, NOW - DAY])
def test_without_a_date_a_feeds_post_is_news_above_a_known_one_only(adopt_until):
    above, old, below = (sighting(number, published_at=None) for number in (9, 1, 8))
    decision = decide(look(endpoint=FEED, adopt_until=adopt_until), known(known_post(1, old)), page(above, old, below))
    kinds = {plan.sighting.wp_id: plan.change and plan.change.kind for plan in decision.posts}
    assert kinds == {9: "published", 8: None}


def test_without_a_date_a_post_between_known_ones_is_news():
    first, new, last = (sighting(number, published_at=None) for number in (1, 9, 2))
    posts = known(known_post(1, first), known_post(2, last))
    (plan,) = decide(look(endpoint=FEED), posts, page(first, new, last)).posts
    assert plan.change.kind == "published"


def test_without_dates_a_wholly_unknown_window_is_adopted():
    shown = [sighting(number, published_at=None) for number in (8, 9)]
    decision = decide(look(endpoint=FEED, adopt_until=NOW - DAY), NOTHING_KNOWN, page(*shown))
    assert [plan.change for plan in decision.posts] == [None, None]


# known posts with nothing to tell


def test_the_same_raw_hash_is_only_seen():
    shown = sighting(1)
    for each in (shown, unread(shown)):
        decision = decide(look(), known(known_post(1, shown)), page(each))
        assert (decision.posts, decision.seen, decision.unclear) == ((), (1,), ())


def test_the_same_raw_hash_is_only_seen_whatever_state_another_endpoint_found():
    """A feed that is cached still shows the text of a post that REST knows to be protected."""
    shown = sighting(1)
    post = known_post(1, shown, state="protected")
    decision = decide(look(counts=False), known(post), page(unread(shown)))
    assert (decision.posts, decision.seen) == ((), (1,))


def test_a_moved_modified_alone_moves_hashes_only():
    shown = sighting(1, modified=LATER)
    plan = plan_for(shown, known_post(1))
    assert (plan.post_id, plan.state, plan.revision, plan.change) == (1, "public", None, None)
    assert (plan.text_hash, plan.keys) == (shown.text_hash, ())


def test_a_witness_moves_its_hashes_only():
    shown = sighting(1, title="Edited")
    plan = plan_for(shown, known_post(1), counts=False)
    assert (plan.revision, plan.change, plan.text_hash) == (None, None, shown.text_hash)
    plan = plan_for(sighting(1, protected=True), known_post(1), counts=False)
    assert (plan.revision, plan.change, plan.state) == (None, None, "public")


@pytest.mark.parametrize("kind", ["poll", "baseline"])
def test_the_first_sighting_by_another_endpoint_sets_its_hashes_only(kind):
    shown = sighting(1, title="As the other one puts it")
    plan = plan_for(shown, known_post(1, seen=None), kind=kind)
    assert (plan.revision, plan.change, plan.text_hash) == (None, None, shown.text_hash)


def test_from_then_on_edits_by_the_other_endpoint_count():
    first = sighting(1, title="As the other one puts it")
    plan = plan_for(sighting(1, title="Edited"), known_post(1, seen=first))
    assert plan.change.fields == ("title",)


def test_a_baseline_that_meets_a_post_again_leaves_its_edit_to_the_next_poll():
    assert nothing_for(sighting(1, title="Edited", modified=LATER), known_post(1), kind="baseline")
    assert nothing_for(sighting(1, protected=True), known_post(1), kind="baseline")


def test_a_post_without_any_revision_gets_its_first():
    plan = plan_for(sighting(1), known_post(1, latest=None, seen=None))
    assert (plan.revision.number, plan.revision.cause, plan.change) == (1, "upgrade", None)


# edits


def test_an_edit_is_a_revision_and_a_change():
    post = known_post(1)
    shown = sighting(1, title="Edited", modified=LATER)
    plan = plan_for(shown, post)
    assert (plan.post_id, plan.state, plan.text_hash) == (1, "public", shown.text_hash)
    assert (plan.revision.number, plan.revision.cause, plan.revision.fields) == (2, "edit", shown.fields)
    assert (plan.revision.content_hash, plan.revision.modified_at) == (shown.text_hash, LATER)
    assert (plan.change.kind, plan.change.fields, plan.change.old) == ("edited", ("title",), post.latest)


EDITS = {
    "title": "Another",
    "content": "Other words.",
    "excerpt": "By hand.",
    "link": "https://example.org/elsewhere/",
    "author": Ref(id=8, name="Jane Roe"),
    "published_at": NOW,
    "categories": (Ref(id=3, name="News"), Ref(id=4, name="War")),
    "tags": (Ref(id=9, name="Budget"),),
    "featured_image": Ref(id=77, name="https://example.org/a.jpg"),
}


@pytest.mark.parametrize("name", EDITS)
def test_each_field_is_compared(name):
    assert plan_for(sighting(1, **{name: EDITS[name]}), known_post(1)).change.fields == (name,)


@pytest.mark.parametrize("name", EDITS)
def test_a_field_that_one_side_does_not_tell_is_not_compared(name):
    plan = plan_for(sighting(1, modified=LATER, **{name: None}), known_post(1))
    assert (plan.change, plan.revision) == (None, None)


@pytest.mark.parametrize("name", EDITS)
def test_a_field_that_is_told_for_the_first_time_is_an_upgrade_and_no_change(name):
    shown = sighting(1, modified=LATER)
    plan = plan_for(shown, known_post(1, sighting(1, **{name: None})))
    assert plan.change is None
    assert (plan.revision.number, plan.revision.cause, plan.revision.fields) == (2, "upgrade", shown.fields)


def test_a_look_that_tells_less_is_no_upgrade():
    plan = plan_for(sighting(1, tags=None, content=None), known_post(1, sighting(1, tags=None)))
    assert (plan.change, plan.revision) == (None, None)


@pytest.mark.parametrize("name", EDITS)
def test_a_field_that_is_ignored_changes_nothing(name):
    plan = plan_for(sighting(1, **{name: EDITS[name]}), known_post(1), ignored=frozenset({name}))
    assert (plan.change, plan.revision) == (None, None)


def test_told_to_be_empty_is_compared():
    assert plan_for(sighting(1, categories=()), known_post(1)).change.fields == ("categories",)
    assert plan_for(sighting(1, content=""), known_post(1)).change.fields == ("content",)


def test_several_fields_are_one_change_in_the_order_for_people():
    shown = sighting(1, tags=EDITS["tags"], content="Other words.", title="Another", link=None)
    assert plan_for(shown, known_post(1)).change.fields == ("title", "tags", "content")


SAME = {
    "a renamed author with the same id": {"author": Ref(id=7, name="Jane Roe-Doe")},
    "a renamed term with the same id": {"categories": (Ref(id=3, name="Latest news"),)},
    "an author's id told for the first time": {"author": Ref(name="Jane Roe")},
    "a term's id not told": {"categories": (Ref(name="News"),)},
    "a link over http": {"link": "http://example.org:80/1/"},
}


@pytest.mark.parametrize("name", SAME)
def test_it_is_no_edit(name):
    assert plan_for(sighting(1, modified=LATER, **SAME[name]), known_post(1)).change is None


@pytest.mark.parametrize("name", SAME)
def test_it_is_no_edit_beside_one_either(name):
    assert plan_for(sighting(1, title="Another", **SAME[name]), known_post(1)).change.fields == ("title",)


DIFFERENT = {
    "an author of another name, without ids": ({"author": Ref(name="Jane")}, {"author": Ref(name="John")}),
    "a term of another name, without ids": ({"tags": (Ref(name="A"),)}, {"tags": (Ref(name="B"),)}),
    "one term twice for two": ({"tags": (Ref(id=1), Ref(id=1))}, {"tags": (Ref(id=1), Ref(id=2))}),
    "two terms for one twice": ({"tags": (Ref(id=1), Ref(id=2))}, {"tags": (Ref(id=1), Ref(id=1))}),
    "a term less": ({"tags": (Ref(id=1), Ref(id=2))}, {"tags": (Ref(id=2),)}),
    "an author's id before its name": ({"author": Ref(id=1, name="A")}, {"author": Ref(id=2, name="A")}),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_it_is_an_edit(name):
    old, new = DIFFERENT[name]
    assert plan_for(sighting(1, **new), known_post(1, sighting(1, **old))).change.fields == tuple(new)


def test_the_order_of_terms_is_none_of_our_business():
    both = (Ref(id=1, name="A"), Ref(id=2, name="B"))
    plan = plan_for(sighting(1, modified=LATER, tags=both[::-1]), known_post(1, sighting(1, tags=both)))
    assert plan.change is None


WHOLE = {"content": "One two three four five six.", "excerpt": ""}
SHORT = {"content": None, "excerpt": "One two three […]".replace("…", "...")}


@pytest.mark.parametrize(("old", "new"), [(WHOLE, SHORT), (SHORT, WHOLE)])
def test_a_feed_that_goes_over_to_summaries_or_back_edits_nothing(old, new):
    assert plan_for(sighting(1, **new), known_post(1, sighting(1, **old))).change is None


EXCERPTS = {
    "other words than the text's": (WHOLE, {"content": None, "excerpt": "Seven eight [...]"}),
    "both only summaries": (SHORT, {"content": None, "excerpt": "One two four [...]"}),
    "the first where there is no text": ({"content": None, "excerpt": ""}, SHORT),
    "written by hand now": (WHOLE, {"content": WHOLE["content"], "excerpt": "One two"}),
    "written by hand before": ({"content": WHOLE["content"], "excerpt": "By hand"}, SHORT),
}


@pytest.mark.parametrize("name", EXCERPTS)
def test_an_edited_excerpt_is_an_edit(name):
    old, new = EXCERPTS[name]
    assert plan_for(sighting(1, **new), known_post(1, sighting(1, **old))).change.fields == ("excerpt",)


STANDS_IN_IT = {"content": "One two three four five six.", "excerpt": ""}
STANDS_NO_MORE = {"content": "Seven eight nine.", "excerpt": "two three four"}


@pytest.mark.parametrize(("old", "new"), [(STANDS_IN_IT, STANDS_NO_MORE), (STANDS_NO_MORE, STANDS_IN_IT)])
def test_an_excerpt_that_stood_in_the_text_is_not_edited_with_it(old, new):
    """By hand the first sentence was made the excerpt: read beside the text it was as good as none."""
    assert plan_for(sighting(1, **new), known_post(1, sighting(1, **old))).change.fields == ("content",)


# passwords


def test_a_password_put_on_is_one_change_without_a_revision():
    post = known_post(1)
    shown = sighting(1, protected=True, modified=LATER)
    plan = plan_for(shown, post)
    assert (plan.state, plan.revision, plan.text_hash) == ("protected", None, shown.text_hash)
    assert (plan.change.kind, plan.change.fields, plan.change.silent) == ("protected", (), None)
    assert (plan.change.old, plan.change.old_seen_at) == (post.latest, READ)


def test_what_else_differs_under_a_new_password_is_listed():
    assert plan_for(sighting(1, protected=True, title="Another"), known_post(1)).change.fields == ("title",)


def test_a_protected_post_that_stays_so_is_not_told_again():
    open_one, shut = sighting(1), sighting(1, protected=True)
    post = known_post(1, open_one, seen=shut, state="protected")
    plan = plan_for(sighting(1, protected=True, modified=LATER), post)
    assert (plan.state, plan.revision, plan.change) == ("protected", None, None)


def test_what_was_listed_under_a_new_password_is_not_told_again():
    open_one, shut = sighting(1), sighting(1, protected=True, title="Another")
    post = known_post(1, open_one, seen=shut, state="protected")
    assert plan_for(replace(shut, raw_hash="moved", modified_at=LATER), post).change is None


def test_what_a_protected_look_tells_may_be_edited():
    open_one, shut = sighting(1), sighting(1, protected=True)
    post = known_post(1, open_one, seen=shut, state="protected")
    plan = plan_for(sighting(1, protected=True, title="Another", modified=LATER), post)
    assert (plan.state, plan.change.kind, plan.change.fields, plan.change.silent) == (
        "protected",
        "edited",
        ("title",),
        False,
    )
    assert (plan.revision.number, plan.revision.fields.content) == (2, None)


def test_a_protected_look_that_tells_more_replaces_no_revision_with_text():
    post = known_post(1, sighting(1, tags=None), seen=sighting(1, protected=True, tags=None), state="protected")
    plan = plan_for(sighting(1, protected=True), post)
    assert (plan.revision, plan.change) == (None, None)


def test_a_password_taken_off_is_restored():
    post = known_post(1, seen=sighting(1, protected=True), state="protected")
    plan = plan_for(sighting(1, modified=LATER), post)
    assert (plan.state, plan.change.kind, plan.change.fields, plan.change.silent) == ("public", "restored", (), None)
    assert (plan.revision.number, plan.revision.cause) == (2, "edit")


def test_a_post_that_was_found_protected_elsewhere_is_restored_with_the_same_text():
    plan = plan_for(sighting(1, modified=LATER), known_post(1, state="protected"))
    assert (plan.state, plan.change.kind, plan.change.fields) == ("public", "restored", ())


def test_a_text_edited_behind_the_password_is_told_with_the_restoration():
    post = known_post(1, seen=sighting(1, protected=True), state="protected")
    plan = plan_for(sighting(1, content="Quite other words."), post)
    assert (plan.change.kind, plan.change.fields, plan.change.silent) == ("restored", ("content",), None)


def test_a_post_protected_from_the_start_is_restored_when_opened():
    plan = plan_for(sighting(1), known_post(1, sighting(1, protected=True)))
    assert (plan.change.kind, plan.change.fields, plan.revision.fields.content) == (
        "restored",
        (),
        "Some words of text.",
    )


# silent

SECONDS = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("read_after", "skew", "expected"),
    [
        (5 * SECONDS, 0 * SECONDS, True),
        (4 * SECONDS, 0 * SECONDS, False),
        (4 * SECONDS, SECONDS, True),
        (6 * SECONDS, -2 * SECONDS, False),
        (-3600 * SECONDS, 3606 * SECONDS, True),
    ],
)
def test_text_is_silent_when_the_old_one_was_read_well_after_its_modified(read_after, skew, expected):
    post = known_post(1, read=SAVED + read_after)
    assert plan_for(sighting(1, content="Other."), post, skew=skew).change.silent is expected


SILENCE = {
    "title, same modified": (SAVED, SAVED, {"title": "X"}, True),
    "content, same modified": (SAVED, SAVED, {"content": "X"}, True),
    "excerpt, same modified": (SAVED, SAVED, {"excerpt": "X"}, True),
    "text among others, same modified": (SAVED, SAVED, {"title": "X", "tags": (Ref(id=9),)}, True),
    "only a term, same modified": (SAVED, SAVED, {"tags": (Ref(id=9),)}, False),
    "title, modified moved": (SAVED, LATER, {"title": "X"}, False),
    "title, modified moved back": (SAVED, SAVED - timedelta(days=9), {"title": "X"}, False),
    "title, none before": (None, SAVED, {"title": "X"}, None),
    "title, none now": (SAVED, None, {"title": "X"}, None),
    "title, none at all": (None, None, {"title": "X"}, None),
    "only a term, none at all": (None, None, {"tags": (Ref(id=9),)}, None),
}


@pytest.mark.parametrize("name", SILENCE)
def test_silent(name):
    before, now, edit, expected = SILENCE[name]
    plan = plan_for(sighting(1, modified=now, **edit), known_post(1, sighting(1, modified=before)))
    assert plan.change.silent is expected


def test_silent_goes_by_what_this_endpoint_showed_last():
    """The modified of the Revision does not count: a save without an edit has moved it since."""
    post = known_post(1, sighting(1), seen=sighting(1, modified=LATER), read=LATER + timedelta(minutes=1))
    assert plan_for(sighting(1, title="X", modified=LATER), post).change.silent is True


# until when the old state was there


def old_seen_at(shown, post, **circumstances):
    return plan_for(shown, post, **circumstances).change.old_seen_at


MOVED = NOW - timedelta(minutes=10)
LOOKED = NOW - timedelta(minutes=15)


@pytest.mark.parametrize(
    ("modified", "unchanged_until", "skew", "expected"),
    [
        (MOVED, None, timedelta(), READ),
        (MOVED, LOOKED, timedelta(), LOOKED),
        (MOVED, READ - DAY, timedelta(), READ),
        (SAVED, LOOKED, timedelta(), READ),
        (None, LOOKED, timedelta(), READ),
        (MOVED, NOW, timedelta(), MOVED),
        (MOVED, NOW, timedelta(minutes=2), MOVED - timedelta(minutes=2)),
        (SAVED - DAY, LOOKED, timedelta(), READ),
    ],
    ids=[
        "read long ago",
        "a look since would have shown the move",
        "a look before it was read",
        "modified did not move",
        "no modified told",
        "a look after the move that did not show it",
        "the same with the server's clock ahead",
        "modified moved back",
    ],
)
def test_the_old_text_was_last_seen(modified, unchanged_until, skew, expected):
    shown = sighting(1, title="X", modified=modified)
    assert old_seen_at(shown, known_post(1), unchanged_until=unchanged_until, skew=skew) == expected


def test_a_first_modified_says_nothing_of_earlier_looks():
    post = known_post(1, sighting(1, modified=None))
    assert old_seen_at(sighting(1, title="X", modified=MOVED), post, unchanged_until=LOOKED) == READ


@pytest.mark.parametrize(
    ("read_at", "last_ok_at", "modified", "expected"),
    [
        (READ, LOOKED, None, LOOKED),
        (READ, LOOKED, SAVED, LOOKED),
        (READ, LOOKED, MOVED, LOOKED),
        (READ, NOW, MOVED, MOVED),
        (READ, None, None, READ),
        (READ + SECONDS, LOOKED, None, READ),
        (None, LOOKED, None, READ),
    ],
    ids=[
        "a 304 since",
        "a 304 since, modified not moved",
        "a 304 before the move",
        "a stuck 304 after the move",
        "never read well since",
        "it was not in the last document",
        "no document was read",
    ],
)
def test_the_old_text_of_a_feeds_post_was_last_seen(read_at, last_ok_at, modified, expected):
    feed = endpoint("feed", read_at=read_at, last_ok_at=last_ok_at)
    post = known_post(1, sighting(1, modified=modified and SAVED))
    assert old_seen_at(sighting(1, title="X", modified=modified), post, endpoint=feed) == expected


def test_a_feed_that_stops_telling_modified_was_last_seen_at_its_last_304():
    feed = endpoint("feed", read_at=READ, last_ok_at=LOOKED)
    assert old_seen_at(sighting(1, title="X", modified=None), known_post(1), endpoint=feed) == LOOKED


def test_a_post_that_this_endpoint_never_read_was_not_seen_before():
    post = known_post(1, latest=None, seen=None, state="protected")
    plan = plan_for(sighting(1), post)
    assert (plan.change.kind, plan.change.old_seen_at, plan.revision.number) == ("restored", None, 1)


# keys and doubts


def test_new_keys_and_moved_links_are_written():
    post = known_post(1, sighting(1, wp_id=None))
    shown = sighting(1, title="X", link="https://example.org/moved/")
    assert plan_for(shown, post).keys == (Key("wp-id", "1"), Key("link", "example.org/moved/"))


def test_a_link_moves_to_the_post_that_shows_it_now():
    shown = sighting(1, link="https://example.org/2/")
    plan = plan_for(shown, known_post(1), known_post(2))
    assert (plan.post_id, plan.keys, plan.change.fields) == (1, (Key("link", "example.org/2/"),), ("link",))


def test_a_post_does_not_get_the_guid_of_another():
    shared = "https://old.example/?p=1"
    first = known_post(1, sighting(1, guid=shared))
    fresh, edited = sighting(2, guid=shared), sighting(3, guid=shared, title="X")
    decision = decide(look(), known(first, known_post(3, sighting(3, guid=None))), page(fresh))
    assert [plan.sighting.guid for plan in decision.posts] == [None]
    decision = decide(look(), known(first, known_post(3, sighting(3, guid=None))), page(edited))
    assert [(plan.post_id, plan.sighting.guid, plan.keys) for plan in decision.posts] == [(3, None, ())]
    assert plan_for(sighting(4)).sighting.guid == "https://example.org/?p=4"
    assert plan_for(sighting(3, title="X"), known_post(3)).sighting.guid == "https://example.org/?p=3"


def test_the_same_record_twice_is_one_post():
    decision = decide(look(), NOTHING_KNOWN, page(sighting(7), sighting(8), sighting(7)))
    assert [plan.sighting.wp_id for plan in decision.posts] == [7, 8]
    assert decision.unclear == ()


def test_posts_that_cannot_be_told_apart_are_named_and_the_others_read():
    decision = decide(look(), NOTHING_KNOWN, page(sighting(7), sighting(8), sighting(7, title="Another")))
    assert [plan.sighting.wp_id for plan in decision.posts] == [8]
    assert len(decision.unclear) == 2
    assert all(line.startswith("post 7: ") for line in decision.unclear)


@pytest.mark.parametrize("posts", [(), (known_post(1, sighting(1, title="Other words")),)])
def test_a_record_that_was_read_as_another_post_is_named_and_nothing_breaks(posts):
    decision = decide(look(), known(*posts), page(unread(sighting(1)), sighting(9)))
    assert [plan.sighting.wp_id for plan in decision.posts] == [9]
    assert [line.split(":")[0] for line in decision.unclear] == ["post 1"]


def test_a_post_without_id_is_named_by_its_guid_or_link():
    nameless = [sighting(1, wp_id=None), sighting(1, wp_id=None, title="B")]
    shared = [replace(each, guid=None) for each in nameless]
    for sightings, name in ((nameless, "https://example.org/?p=1"), (shared, "https://example.org/1/")):
        decision = decide(look(), NOTHING_KNOWN, page(*sightings))
        assert [line.partition(": ")[0] for line in decision.unclear] == [f"post {name}"] * 2


def test_the_store_is_asked_for_all_keys():
    asked = keys_to_ask(page(sighting(1), sighting(2, wp_id=None, guid=None), sighting(3, link=None)))
    assert asked == [
        *keys_of(sighting(1), link="example.org/1/"),
        Key("link", "example.org/2/"),
        Key("wp-id", "3"),
        Key("guid", "https://example.org/?p=3"),
    ]
