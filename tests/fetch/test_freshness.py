"""How long an answer says that it holds: what is left of max-age, and nothing else."""

from __future__ import annotations

import httpx
import pytest

from crawler.fetch.freshness import fresh_for

HUGE = "9" * 5000


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        (None, None),
        ("", None),
        ("max-age=600", 600),
        ("Max-Age=600", 600),
        ('max-age="600"', 600),
        ("public, max-age=600, stale-while-revalidate=30", 600),
        ("  ,, max-age=600 ,", 600),
        ('private="set-cookie, max-age=1", max-age=600', 600),
        ("max-age=31536000", 31536000),
        ("max-age=0", None),
        # for caches that many share
        ("s-maxage=600", None),
        ("s-maxage=900, max-age=600", 600),
        # no life of its own
        ("no-cache, max-age=600", None),
        ("max-age=600, No-Store", None),
        ("max-age=600, must-revalidate", None),
        ('no-cache="set-cookie", max-age=600', None),
        ("no-cache, must-revalidate, max-age=0, no-store, private", None),
        # garbage
        ("max-age", None),
        ("max-age=", None),
        ("max-age=soon", None),
        ("max-age=-600", None),
        ("max-age=+600", None),
        ("max-age=6e2", None),
        ("max-age=600.5", None),
        ("max-age=600;public", None),
        ("max-age=600, max-age=60", None),
        ("max-age=\u0666\u0660\u0660", None),
        (f"max-age={HUGE}", None),
        ('max-age="600', None),
        ("=600", None),
        ("," * 5000 + '"' * 5000, None),
    ],
)
def test_what_cache_control_promises(cache_control, seconds):
    assert fresh_for({} if cache_control is None else {"cache-control": cache_control}) == seconds


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        ("0", 600),
        (" 200 ", 400),
        ("599", 1),
        ("600", None),
        ("86400", None),
        # garbage: who knows how old it is
        ("", None),
        ("-5", None),
        ("old", None),
        ("1, 2", None),
        (HUGE, None),
    ],
)
def test_how_long_it_lay_in_a_cache_is_taken_off(age, seconds):
    assert fresh_for({"cache-control": "max-age=600", "age": age}) == seconds


def test_headers_that_are_sent_twice_count_together():
    assert fresh_for(httpx.Headers([("Cache-Control", "public"), ("cache-control", "max-age=60")])) == 60
    assert fresh_for(httpx.Headers([("Cache-Control", "no-cache"), ("cache-control", "max-age=60")])) is None
