"""Single values: durations, sizes, addresses, names, and plain YAML scalars."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from crawler.config import addresses, plain, scalars
from crawler.config.write import write


@given(st.integers(min_value=0, max_value=10**9))
def test_a_duration_is_read_as_it_was_written(seconds):
    value = timedelta(seconds=seconds)
    assert scalars.duration(scalars.write_duration(value)) == value


@given(st.integers(min_value=1, max_value=10**12))
def test_a_size_is_read_as_it_was_written(size):
    assert scalars.size(scalars.write_size(size)) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h30m", 5400), ("7d", 604_800), ("1d12h", 129_600), ("0s", 0), ("01m", 60)],
)
def test_durations(text, seconds):
    assert scalars.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "15", "m", "15 m", "15M", "1.5h", "-5m", "30m1h", "1h1h", "1w", "٣m", "15m\n", "22:00", "1e3s"]
)
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="write one such as 90s, 15m, 1h30m or 7d"):
        scalars.duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (90, "1m30s"), (86_400, "24h"), (129_600, "36h"), (172_800, "2d"), (604_800, "7d"), (5400, "1h30m")],
)
def test_durations_are_written_as_people_do(seconds, text):
    assert scalars.write_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize("text", ["22:00", "22-07", "24:00-07:00", "22:60-07:00", "22:00-22:00", "2:00-7:00"])
def test_what_is_no_span_of_the_day(text):
    with pytest.raises(ValueError):
        scalars.quiet(text)


@pytest.mark.parametrize(
    ("text", "host", "port", "is_loopback"),
    [
        ("127.0.0.1:9464", "127.0.0.1", 9464, True),
        ("localhost:80", "localhost", 80, True),
        ("[::1]:8321", "::1", 8321, True),
        ("0.0.0.0:80", "0.0.0.0", 80, False),
        ("127.evil.example:80", "127.evil.example", 80, False),
    ],
)
def test_listen_addresses(text, host, port, is_loopback):
    found = scalars.listen(text)
    assert (found.host, found.port, found.is_loopback, str(found)) == (host, port, is_loopback, text)


@pytest.mark.parametrize(
    "text", ["9464", ":9464", "::1:80", "[127.0.0.1]:80", "host:0", "host:65536", "host:x", "a b:80"]
)
def test_what_is_no_listen_address(text):
    with pytest.raises(ValueError):
        scalars.listen(text)


@pytest.mark.parametrize(
    ("url", "canonical", "name"),
    {
        "a bare host": ("https://koreapro.org", "https://koreapro.org/", "koreapro.org"),
        "www": ("https://www.example.org/", "https://www.example.org/", "example.org"),
        "a feed": ("https://example.org/feed/", "https://example.org/feed/", "example.org"),
        "the feed of a part": (
            "https://example.org/press/feed/",
            "https://example.org/press/feed/",
            "example.org/press",
        ),
        "a file": ("https://example.org/blog/rss.xml", "https://example.org/blog/rss.xml", "example.org/blog"),
        "a dialect": ("https://example.org/feed/atom/", "https://example.org/feed/atom/", "example.org"),
        "no feed": ("https://example.org/feeding/", "https://example.org/feeding/", "example.org/feeding"),
        "upper case": ("HTTPS://Example.ORG/News", "https://example.org/News", "example.org/News"),
        "the usual port": ("https://example.org:443/", "https://example.org/", "example.org"),
        "another port": ("http://127.0.0.1:8080/blog", "http://127.0.0.1:8080/blog", "127.0.0.1:8080/blog"),
        "a fragment": ("https://example.org/#top", "https://example.org/", "example.org"),
        "a query": ("https://example.org/?feed=rss2", "https://example.org/?feed=rss2", "example.org"),
        "six": ("http://[::1]:8080/", "http://[::1]:8080/", "[::1]:8080"),
        "escapes": (
            "https://example.org/caf%C3%A9/%0A",
            "https://example.org/caf%C3%A9/%0A",
            "example.org/caf%C3%A9/%0A",
        ),
        "readable": ("https://example.org/caf%C3%A9/", "https://example.org/caf%C3%A9/", "example.org/café"),
    }.values(),
)
def test_a_url_has_one_spelling_and_a_default_name(url, canonical, name):
    assert addresses.address(url).url == canonical
    assert addresses.default_name(canonical) == name


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "file:///etc/passwd",
        "https://",
        "https://exa mple.org/",
        "https://example.org\\@evil.example/",
        "https://example.org\n.evil.example/",
        "https://example.org:port/",
        "https://[::1/",
        "https://-example.org/",
        f"https://{'a' * 64}.example.org/",
        f"https://{'ü' * 63}.example/",
        "https://a..b/",
    ],
)
def test_what_is_no_url_of_a_site(url):
    with pytest.raises(ValueError):
        addresses.address(url)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("off", "off"),
        ("15", 15),
        ("-1", -1),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("22:00", "22:00"),
        ("2024-03-01", "2024-03-01"),
        ("<<", "<<"),
        (".", "."),
        ("-", "-"),
    ],
)
def test_plain_scalars_are_those_of_yaml_1_2(text, value):
    found = plain.resolve(text)
    assert found == value
    assert type(found) is type(value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_that_is_written_is_read_back(text):
    yaml = YAML(typ="safe", pure=True)
    assert yaml.load(f"a: {write(text)}")["a"] == text.replace("${", "$${")
    assert yaml.load(f"a: [{write(text, inside=True)}]")["a"] == [text.replace("${", "$${")]
