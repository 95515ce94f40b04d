"""These tests are of the whole contract: whether a feature exists yet is one table's business, and tested apart."""

import pytest

from crawler.config import not_yet


@pytest.fixture
def real_not_yet():
    return dict(not_yet.NOT_YET)


@pytest.fixture(autouse=True)
def _every_feature_exists(monkeypatch, real_not_yet):
    monkeypatch.setattr(not_yet, "NOT_YET", {})
