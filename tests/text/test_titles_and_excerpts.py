"""Titles, generated excerpts, links of posts, and the hash over all that is compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crawler.model import Fields, IgnoreRule, Ref
from crawler.text import canonical_link, canonical_text, canonical_title, fields_hash, is_generated_excerpt

TITLES = {
    "Fixture &#8220;A&#8221; &#038; more": 'Fixture "A" & more',
    "Tom &amp; <i>Jerry</i>’s&nbsp;day": "Tom & Jerry's day",
    "One<br />line\nonly": "One line only",
    "5 < 6 and a <3": "5 < 6 and a <3",
    "&lt;script&gt;alert(1)&lt;/script&gt;": "<script>alert(1)</script>",
    "<script>x</script>y": "xy",
    'Party <img class="emoji" alt="🎉" src="x">': "Party 🎉",
    "  a \u202e b\x1b[31m ": "a b[31m",
    # Feeds tell titles without tags: what stands raised cannot be told from what does not.
    "10<sup>6</sup>": "106",
    "&#99999999999;" + "&#" + "9" * 5000 + ";": "\ufffd\ufffd",
    "": "",
}


@pytest.mark.parametrize(("told", "title"), TITLES.items())
def test_titles_are_one_line_without_tags(told, title):
    assert canonical_title(told) == title


CONTENT = """<p>State has we battery then.</p><figure><img src="/a.jpg" alt="An alt"><figcaption>A caption</figcaption>
</figure><ul><li>City much it state if software</li><li>Software before festival</li></ul>
<p>Because when will people <a href="//a.org/x">question</a> no season – she said “not yet” again and again.</p>
<p>日本の防衛省は五月に発表した。</p><p>Costs of 10 &lt; 20 went by.</p>
<p>Output rose<sup data-fn="f1" class="fn"><a href="#f1">1</a></sup> to 10<sup>6</sup> km<sup>2</sup> then.</p>"""
EXCERPTS = {
    "cut by WordPress": ("State has we battery then. Because when will [&hellip;]", True),
    "with images and lists left out": ("State has we battery then. Because when will people [&#8230;]", True),
    "list elements stuck together": ("City much it state if softwareSoftware before [&hellip;]", True),
    "a theme's link behind it": (
        'State has we battery … <a class="more-link" href="/x">Continue reading <span>“T”</span></a>',
        True,
    ),
    "another language's link": ('State has we battery … <a href="/x">Zum ganzen Beitrag</a>', True),
    "words with typography": ("she said &#8220;not yet&#8221; again", True),
    "the whole of a short text": ("Because when will people question no season", True),
    "with a sign that begins no address": ("Costs of 10 &lt; 20 went [&hellip;]", True),
    "raised figures without their tags": ("Output rose1 to 106 km2 then.", True),
    "raised figures as they are": ("Output rose<sup>1</sup> to 10<sup>6</sup> km² then.", True),
    "footnotes left out": ("Output rose to 10 km then.", True),
    "another figure that is not raised": ("Output rose1 to 107 km2 then.", False),
    "cut within a word": ("State has we batt...", True),
    "characters": ("日本の防衛省は五月 [&hellip;]", True),
    "nothing": ("", True),
    "only a link to go on": ("Read more", True),
    "written by hand": ("In this text you read of the state of batteries.", False),
    "the words in another order": ("Because when will people State has we battery then.", False),
    "one word that is not there": ("State has no battery then.", False),
    "dots, then more of its own": (
        "State has we battery... and this is text that nobody wrote there. Ever.",
        False,
    ),
}


@pytest.mark.parametrize(("html", "generated"), EXCERPTS.values(), ids=EXCERPTS.keys())
def test_generated_excerpts_are_known_by_their_words(html, generated):
    assert is_generated_excerpt(canonical_text(html), canonical_text(CONTENT)) is generated


LINKS = {
    "https://Example.org:443/a/": "example.org/a/",
    "http://example.org:80/a/": "example.org/a/",
    "http://example.org:8080/a/": "example.org:8080/a/",
    "https://example.org": "example.org/",
    "https://example.org/a/?p=1#note": "example.org/a/?p=1#note",
    "https://user:pw@example.org/": "example.org/",
    "https://example.org/%ec%84%9c/": "example.org/서/",
    "https://example.org/a%2fb": "example.org/a%2Fb",
    "urn:uuid:1": "urn:uuid:1",
    "": "",
}


@pytest.mark.parametrize(("url", "link"), LINKS.items())
def test_links_of_posts_are_compared_without_scheme_and_default_port(url, link):
    assert canonical_link(url) == link


BASE = Fields(
    title="T",
    content="C",
    excerpt="",
    link="https://example.org/a/",
    author=Ref(id=1, name="Alice"),
    published_at=datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC),
    categories=(Ref(id=1, name="News"), Ref(id=2, name="World")),
    tags=(Ref(name="a"), Ref(name="b")),
    featured_image=Ref(id=5, name="https://example.org/wp-content/uploads/a.jpg"),
)


def with_(**changes):
    values = {name: getattr(BASE, name) for name in Fields.__dataclass_fields__}
    return Fields(**{**values, **changes})


EQUAL = {
    "the author was renamed": {"author": Ref(id=1, name="Alice B.")},
    "a term was renamed": {"categories": (Ref(id=1, name="Newz"), Ref(id=2))},
    "the order of terms": {"tags": (Ref(name="b"), Ref(name="a"))},
    "the scheme of the link": {"link": "http://example.org:80/a/"},
    "the zone in which a time was told": {
        "published_at": datetime(2023, 5, 9, 8, 0, 24, tzinfo=timezone(timedelta(hours=9)))
    },
    "the address of the same picture": {"featured_image": Ref(id=5, name="https://example.org/b.jpg")},
}
OTHER = {
    "title": {"title": "U"},
    "content": {"content": "D"},
    "excerpt": {"excerpt": "E"},
    "excerpt no longer told": {"excerpt": None},
    "link": {"link": "https://example.org/b/"},
    "fragment of the link": {"link": "https://example.org/a/#b"},
    "author": {"author": Ref(id=2, name="Alice")},
    "publication": {"published_at": datetime(2023, 5, 8, 23, 0, 25, tzinfo=UTC)},
    "a category more": {"categories": (Ref(id=1), Ref(id=2), Ref(id=3))},
    "a tag less": {"tags": (Ref(name="a"),)},
    "no tags": {"tags": ()},
    "picture": {"featured_image": Ref(id=6)},
}


@pytest.mark.parametrize("changes", EQUAL.values(), ids=EQUAL.keys())
def test_the_hash_stays_when_nothing_that_counts_differs(changes):
    assert fields_hash(with_(**changes)) == fields_hash(BASE)


@pytest.mark.parametrize("changes", OTHER.values(), ids=OTHER.keys())
def test_the_hash_moves_with_each_compared_field(changes):
    assert fields_hash(with_(**changes)) != fields_hash(BASE)


def test_an_ignored_field_does_not_move_the_hash():
    rules = (IgnoreRule(field="tags"),)
    assert fields_hash(with_(tags=()), rules) == fields_hash(BASE, rules) != fields_hash(BASE)


def test_the_hash_is_the_same_in_every_process():
    assert fields_hash(Fields(title="T")) == "6d05dcd7395808f66309c9411db93fdc"
