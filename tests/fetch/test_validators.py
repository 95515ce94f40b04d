"""Validators are kept only where they can be trusted, and dates are never guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.fetch import validators_of
from crawler.fetch.dates import http_date
from crawler.model import Fetched, Validators

DATE = "Tue, 09 May 2023 08:00:24 GMT"
YOUNG = "Tue, 09 May 2023 08:00:20 GMT"
SETTLED = "Tue, 09 May 2023 08:00:19 GMT"
OLD = "Tue, 09 May 2023 07:00:00 GMT"
NOW = datetime(2023, 5, 9, 8, 0, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({}, (None, None)),
        ({"etag": '"abc"'}, ('"abc"', None)),
        ({"etag": 'W/"abc"', "last-modified": OLD}, ('"abc"', OLD)),
        ({"etag": "W/"}, (None, None)),
        ({"etag": '"a\r\nEvil: 1"'}, (None, None)),
        ({"etag": '"caf\xe9"'}, (None, None)),
        ({"etag": '"' + "x" * 1023 + '"', "last-modified": OLD}, (None, OLD)),
        ({"etag": '"abc"', "last-modified": "yesterday"}, ('"abc"', None)),
        # frozen by a post dated in the future
        ({"etag": '"abc"', "last-modified": "Tue, 01 Jan 2099 00:00:00 GMT"}, (None, None)),
        # two saves in one second may share it
        ({"etag": '"abc"', "last-modified": YOUNG}, (None, None)),
        ({"etag": '"abc"', "last-modified": SETTLED}, ('"abc"', SETTLED)),
    ],
)
@pytest.mark.parametrize("dated", [True, False])
def test_validators_are_kept_only_where_they_can_be_trusted(headers, kept, dated):
    fetched = Fetched(url="u", headers=headers, body=b"", date=http_date(DATE) if dated else None)
    ours = datetime(2024, 1, 1, tzinfo=UTC) if dated else NOW  # its own Date counts where there is one
    assert validators_of(fetched, now_date=ours) == Validators(*kept)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        (DATE, "2023-05-09T08:00:24+00:00"),
        ("Tuesday, 09-May-23 08:00:24 GMT", "2023-05-09T08:00:24+00:00"),
        ("Tue May  9 08:00:24 2023", "2023-05-09T08:00:24+00:00"),
        ("Tue, 09 May 2023 10:00:24 +0200", "2023-05-09T08:00:24+00:00"),
        ("", None),
        (None, None),
        ("garbage", None),
        ("Tue, 99 May 2023 08:00:24 GMT", None),
        ("Tue, 09 May 99999 08:00:24 GMT", None),
        ("9" * 5000, None),
    ],
)
def test_http_dates_are_read_or_none(text, date):
    parsed = http_date(text)
    assert (parsed and parsed.isoformat()) == date
