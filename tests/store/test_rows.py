"""Values that go into columns and come out the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crawler.store import rows


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2023, 5, 8, 23, 0, 24, 999, tzinfo=UTC), "2023-05-08T23:00:24Z"),
        (datetime(2023, 5, 9, 8, 0, 24, tzinfo=timezone(timedelta(hours=9))), "2023-05-08T23:00:24Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(987, 6, 5, tzinfo=UTC), "0987-06-05T00:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59Z"),
    ],
)
def test_a_time_is_written_so_that_it_can_be_read_again(moment, written):
    assert rows.text(moment) == written
    assert rows.moment(written) == rows.sure(written) == moment.replace(microsecond=0)


def test_no_time_stays_none():
    assert rows.text(None) is None
    assert rows.moment(None) is None
