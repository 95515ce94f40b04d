"""`silent`, by the table: did `modified` move, which field, how settled was the old text, through which endpoint."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from crawler.decide import decide
from crawler.model import Ref
from tests.core.values import NOW, SAVED, endpoint, known, known_post, look, page, sighting

TEXT = {
    "title": {"title": "Another title"},
    "content": {"content": "Other words of text."},
    "excerpt": {"excerpt": "Written by hand."},
    "title and link": {"title": "Another title", "link": "https://example.org/elsewhere/"},
    "content and a term": {"content": "Other words of text.", "tags": (Ref(id=9, name="Budget"),)},
}
OTHER = {
    "a permalink change": {"link": "https://example.org/2026/1/"},
    "another author": {"author": Ref(id=8, name="John Doe")},
    "another date": {"published_at": NOW - timedelta(days=3)},
    "another category": {"categories": (Ref(id=4, name="War"),)},
    "another tag": {"tags": (Ref(id=9, name="Budget"),)},
    "another picture": {"featured_image": Ref(id=77, name="https://example.org/a.jpg")},
    "all of them": {
        "link": "https://example.org/2026/1/",
        "author": Ref(id=8, name="John Doe"),
        "tags": (Ref(id=9, name="Budget"),),
        "featured_image": Ref(id=77),
    },
}
RENAMED = {
    "an author": {"author": Ref(id=7, name="Jane Roe-Doe")},
    "a term": {"categories": (Ref(id=3, name="Latest news"),)},
    "a picture": {"featured_image": Ref(id=0, name="https://cdn.example.org/a.jpg")},
    "all": {"author": Ref(id=7, name="J."), "categories": (Ref(id=3, name="N."),)},
}
#: (modified before, modified now): what `silent` says of text whose old state was read when it had settled
MOVED = {
    "unmoved": ((SAVED, SAVED), True),
    "moved": ((SAVED, SAVED + timedelta(hours=1)), False),
    "moved by a second": ((SAVED, SAVED + timedelta(seconds=1)), False),
    "moved back": ((SAVED, SAVED - timedelta(days=900)), False),
    "none before": ((None, SAVED), None),
    "none now": ((SAVED, None), None),
    "none at all": ((None, None), None),
}
#: seconds after `modified` at which the old text was read: whether it is known to be that `modified`'s text
READ = {-30: False, 0: False, 1: False, 4: False, 5: True, 6: True, 3600: True}


def change(told, moved=(SAVED, SAVED), *, read=3600, **circumstances):
    """The Change for a post of which `told` differs, whose old text was read so many seconds after `modified`."""
    before, now = moved
    at = SAVED + timedelta(seconds=read)
    last = sighting(1, modified=before)
    decision = decide(
        look(**circumstances), known(known_post(1, last, read=at)), page(sighting(1, modified=now, **told))
    )
    (plan,) = decision.posts
    return plan.change


@pytest.mark.parametrize(("field", "moved"), list(product(TEXT, MOVED)))
def test_text_that_changed_is_silent_where_modified_stayed(field, moved):
    times, silent = MOVED[moved]
    assert change(TEXT[field], times).silent is silent


@pytest.mark.parametrize(("field", "moved"), list(product(OTHER, MOVED)))
def test_what_is_no_text_is_never_silent(field, moved):
    times, silent = MOVED[moved]
    assert change(OTHER[field], times).silent is (None if silent is None else False)


@pytest.mark.parametrize(("what", "moved"), list(product(RENAMED, MOVED)))
def test_a_renamed_author_or_term_is_no_change_at_all(what, moved):
    assert change(RENAMED[what], MOVED[moved][0]) is None


@pytest.mark.parametrize(("field", "read"), list(product(TEXT, READ)))
def test_two_saves_within_the_same_seconds_are_not_silent(field, read):
    assert change(TEXT[field], read=read).silent is READ[read]


@pytest.mark.parametrize(("skew", "silent"), [(-10, False), (0, True), (10, True)])
def test_the_site_s_own_clock_says_how_settled_it_was(skew, silent):
    assert change(TEXT["content"], read=6, skew=timedelta(seconds=skew)).silent is silent


FEED = endpoint("feed", id=6, rank=2)


def test_a_feed_that_tells_modified_says_it_of_its_own_looks():
    last = sighting(1)
    post = known_post(1, last)
    post = known_post(1, last, latest=_made_by(post, 6))
    decision = decide(look(endpoint=FEED), known(post), page(sighting(1, content="Other words.")))
    assert decision.posts[0].change.silent is True


def _made_by(post, endpoint_id):
    return replace(post.latest, endpoint_id=endpoint_id, rank=2)


@pytest.mark.parametrize("own", [SAVED - timedelta(days=1), SAVED])
def test_what_another_endpoint_showed_says_nothing(own):
    """Another endpoint made the Revision at `modified` SAVED; what counts is what this one showed last."""
    last = sighting(1, modified=own)
    post = known_post(1, last, modified_at=SAVED)
    decision = decide(look(), known(post), page(sighting(1, content="Other words.", modified=SAVED)))
    assert decision.posts[0].change.silent is (own == SAVED)


@pytest.mark.parametrize("state", ["public", "unpublished"])
def test_other_kinds_have_no_silent(state):
    protected = sighting(1, protected=True)
    post = known_post(1, state=state)
    (plan,) = decide(look(), known(post), page(protected)).posts
    assert (plan.change.kind, plan.change.silent) == ("protected", None)
