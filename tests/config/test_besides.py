"""What is configured without standing in a file: a text that is to become one, and URLs of the command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config import load
from crawler.errors import ConfigError

PATH = Path("nowhere/config.yaml")
TEXT = "defaults: {every: 5m}\nsources:\n  - {url: 'https://site.example/', every: 1h}\n"


def test_a_text_is_read_as_the_file_that_it_may_become():
    config = load(PATH, env={}, text=TEXT)
    assert [source.url for source in config.sources] == ["https://site.example/"]
    assert config.store == Path("nowhere").absolute() / "crawler.db"


def test_an_empty_text_is_a_config_of_defaults_only():
    config = load(PATH, env={}, text="")
    assert (config.sources, config.sinks, config.contact) == ((), (), None)


def test_urls_are_sources_behind_those_of_the_file_under_the_same_defaults():
    config = load(PATH, env={}, text=TEXT, urls=["https://other.example", "https://third.example/feed/"])
    told = [(source.name, source.url, source.every) for source in config.sources]
    assert told == [
        ("site.example", "https://site.example/", timedelta(hours=1)),
        ("other.example", "https://other.example/", timedelta(minutes=5)),
        ("third.example", "https://third.example/feed/", timedelta(minutes=5)),
    ]


def test_a_url_that_is_in_the_file_is_that_source():
    config = load(PATH, env={}, text=TEXT, urls=["https://SITE.example"])
    assert [source.every for source in config.sources] == [timedelta(hours=1)]


def test_a_url_is_no_place_for_references():
    config = load(PATH, env={"HOME": "secret"}, text="", urls=["https://site.example/${HOME}"])
    assert [source.url for source in config.sources] == ["https://site.example/${HOME}"]


@pytest.mark.parametrize("url", ["site.example", "ftp://site.example/", "https://u:hunter2@site.example/", ""])
def test_what_is_no_url_is_a_mistake_of_the_command_line(url):
    with pytest.raises(ConfigError, match="the command line") as caught:
        load(PATH, env={}, text="", urls=[url])
    assert "hunter2" not in str(caught.value)
