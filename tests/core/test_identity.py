"""Which Post a Sighting shows: wp-id and guid are strong, a link is a hint, and doubt writes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.identity import Match, Unclear, keys_of, matches
from crawler.model import Key, Sighting
from tests.core.values import known, known_post, sighting


def keys(wp_id=None, guid=None, link=None):
    return keys_of(Sighting(wp_id=wp_id, guid=guid, raw_hash=""), link=link)


def stored(post_id, wp_id=None, guid=None, link=None):
    """A known Post with these names; its link stands as it is compared."""
    shown = sighting(post_id, wp_id=wp_id, guid=guid, link=link and f"https://{link}")
    return known_post(post_id, shown)


def outcome(found):
    """The id of the Post, "new", or "unclear"."""
    if isinstance(found, Unclear):
        return "unclear"
    return "new" if found.post is None else found.post.id


def test_keys_stand_strongest_first_and_empty_ones_are_none():
    assert keys(7, "g", "l/") == (Key("wp-id", "7"), Key("guid", "g"), Key("link", "l/"))
    assert keys(0, "", "") == (Key("wp-id", "0"),)
    assert keys() == ()


FULL = stored(1, 7, "g7", "a.org/x")
FEED = stored(1, None, "g7", "a.org/x")
NAMELESS = stored(1, None, None, "a.org/x")
NO_GUID = stored(1, 7, None, "a.org/x")
OTHER = stored(2, 8, "g8", "a.org/y")
BARE = stored(2, None, None, "a.org/y")
OTHER_FEED = stored(2, None, "g8", "a.org/y")

ONE_SIGHTING = {
    "nothing in common": ((FULL,), keys(8, "g8", "a.org/y"), "new"),
    "all three": ((FULL,), keys(7, "g7", "a.org/x"), 1),
    "the id alone": ((FULL,), keys(7), 1),
    "the guid alone": ((FULL,), keys(None, "g7"), 1),
    "the link alone": ((FULL,), keys(link="a.org/x"), 1),
    "the id with another guid and link": ((FULL,), keys(7, "g9", "a.org/z"), 1),
    "the guid with another link": ((FULL,), keys(None, "g7", "a.org/z"), 1),
    "a feed post that REST now shows with its id": ((FEED,), keys(7, "g7", "a.org/x"), 1),
    "a post known by its link that now has an id and a guid": ((NAMELESS,), keys(7, "g7", "a.org/x"), 1),
    "a post without guid that a feed shows with one": ((NO_GUID,), keys(None, "g7", "a.org/x"), 1),
    "a link taken over by a post with another id": ((FULL,), keys(8, "g8", "a.org/x"), "new"),
    "a link taken over by a post whose guid is not told": ((FULL,), keys(8, None, "a.org/x"), "new"),
    "a link taken over by a post with another guid, in a feed": ((FEED,), keys(None, "g8", "a.org/x"), "new"),
    "two posts that change links": ((FULL, OTHER), keys(7, "g7", "a.org/y"), 1),
    "its id and another's link": ((FULL, OTHER), keys(8, None, "a.org/x"), 2),
    "its id and the guid of a post that only a feed showed": ((FULL, OTHER_FEED), keys(7, "g8", "a.org/x"), 1),
    "its id and the guid of a post with an id of its own": ((FULL, OTHER), keys(7, "g8", "a.org/x"), 1),
    "an unknown id and the guid of a post with another id": ((FULL,), keys(9, "g7", "a.org/z"), "new"),
    "a shared guid at the link of a post without any": ((FULL, BARE), keys(None, "g7", "a.org/y"), 2),
    "a shared guid at the link of a post with one": ((FULL, OTHER), keys(None, "g7", "a.org/y"), 1),
    "a shared guid at the link of a feed's post with one": ((FULL, OTHER_FEED), keys(None, "g7", "a.org/y"), 1),
    "no key at all": ((FULL,), keys(), "unclear"),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_SIGHTING)
def test_one_sighting_shows(name):
    posts, shown, expected = ONE_SIGHTING[name]
    (found,) = matches([shown], known(*posts))
    assert outcome(found) == expected


@pytest.mark.parametrize(
    ("guid", "expected"),
    [
        ("https://a.org/?p=7", 1),
        ("http://a.org/?p=8", "new"),
        ("http://b.org/?p=7", "new"),
    ],
)
def test_at_the_same_link_a_guid_may_differ_in_its_scheme_only(guid, expected):
    post = stored(1, None, "http://a.org/?p=7", "a.org/x")
    (found,) = matches([keys(None, guid, "a.org/x")], known(post))
    assert outcome(found) == expected


def test_the_number_in_a_guid_is_no_id():
    post = stored(1, 55, "https://a.org/?p=55", "a.org/x")
    imported = keys(70, "https://old.org/?p=55", "a.org/imported")
    (found,) = matches([imported], known(post))
    assert found == Match(None, imported)


def test_a_guid_is_compared_whole():
    post = stored(1, None, "http://a.org/?p=7", "a.org/x")
    (found,) = matches([keys(None, "https://a.org/?p=7", "a.org/z")], known(post))
    assert outcome(found) == "new"


def test_a_shared_guid_is_no_key_of_the_second_post():
    (found,) = matches([keys(9, "g7", "a.org/z")], known(FULL))
    assert found == Match(None, keys(9, None, "a.org/z"))
    (found,) = matches([keys(8, "g7", "a.org/y")], known(FULL, OTHER))
    assert found == Match(OTHER, keys(8, None, "a.org/y"))


def test_a_guid_or_link_that_stands_twice_in_one_answer_is_no_key_in_it():
    found = matches([keys(1, "g", "a.org/"), keys(2, "g", "a.org/"), keys(3, "g3", "a.org/3")], known())
    assert found == [Match(None, keys(1)), Match(None, keys(2)), Match(None, keys(3, "g3", "a.org/3"))]


def test_a_guid_that_stands_twice_finds_no_known_post():
    found = matches([keys(None, "g7", "a.org/1"), keys(None, "g7", "a.org/2")], known(FULL))
    assert [outcome(each) for each in found] == ["new", "new"]


def test_posts_that_share_all_they_are_known_by_are_unclear():
    found = matches([keys(None, "g", "a.org/"), keys(None, "g", "a.org/")], known())
    assert [outcome(each) for each in found] == ["unclear", "unclear"]


def test_an_id_that_stands_twice_names_neither():
    found = matches([keys(7, "g7"), keys(8), keys(7, "g9")], known(FULL))
    assert [outcome(each) for each in found] == ["unclear", "new", "unclear"]


def test_what_an_unclear_record_may_be_is_not_found_by_its_link_either():
    shown = [keys(7, "g7", "a.org/z"), keys(7, "g9", "a.org/q"), keys(link="a.org/x")]
    assert [outcome(each) for each in matches(shown, known(FULL))] == ["unclear"] * 3


def test_two_sightings_that_name_one_post_are_both_unclear():
    found = matches([keys(None, "g7"), keys(None, "old g7"), keys(None, "g8")], known(FEED, **{"old g7": 1}))
    assert [outcome(each) for each in found] == ["unclear", "unclear", "new"]


@pytest.mark.parametrize(("guid", "expected"), [(None, "unclear"), ("g9", "new")])
def test_a_strong_key_goes_before_a_link(guid, expected):
    """The known post stands at a new link; what stands at its old one is a post only if it has a name of its own."""
    found = matches([keys(None, guid, "a.org/x"), keys(None, "g7", "a.org/z")], known(FEED))
    assert [outcome(each) for each in found] == [expected, 1]


one_of = st.sampled_from
guids = st.none() | one_of(["g1", "g2", "http://g3", "https://g3"])
shown_keys = st.builds(
    keys, st.none() | st.integers(1, 4), guids, st.none() | one_of(["a.org/1", "a.org/2", "a.org/3"])
)
answers = st.lists(shown_keys, max_size=6)


def held(drawn):
    """Posts of a store: each key belongs to one of them."""
    posts, used = [], set()
    for post_id, mine in enumerate(drawn, start=1):
        if mine and used.isdisjoint(mine):
            used.update(mine)
            value = {key.kind: key.value for key in mine}
            posts.append(
                stored(post_id, value.get("wp-id") and int(value["wp-id"]), value.get("guid"), value.get("link"))
            )
    return known(*posts)


stores = st.lists(shown_keys, max_size=4).map(held)


@given(answers, stores)
def test_keys_never_yield_two_posts(shown, store):
    clear = [each for each in matches(shown, store) if isinstance(each, Match)]
    posts = [post.id for each in clear for post in (each.post, each.absorbs) if post is not None]
    assert len(posts) == len(set(posts))
    claimed = [key for each in clear for key in each.keys]
    assert len(claimed) == len(set(claimed))
    for each in clear:
        assert each.keys
        for key in each.keys:
            if key.kind != "link" and key in store.owners:
                assert each.post is not None
                assert store.owners[key] in {post.id for post in (each.post, each.absorbs) if post is not None}


@given(st.data(), answers, stores)
def test_the_order_of_an_answer_does_not_matter(data, shown, store):
    order = data.draw(st.permutations(range(len(shown))))
    found = matches(shown, store)
    assert matches([shown[place] for place in order], store) == [found[place] for place in order]
