"""`discover`: advice about real sites on loopback, as YAML that a config takes."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.cli.advice import advised
from crawler.cli.surveying import Survey
from crawler.config import load
from crawler.model import Discovered, EndpointSeed
from tests.site import Fault, Site, serve

pytestmark = pytest.mark.process

CONFIG = """\
contact: me@example.org
fetch: {allow_private: [127.0.0.0/8]}
defaults: {per_host_delay: 0s}
"""
HOSTILE = "Red \x1b[31m\u202e\nsinks: []\n  - url: https://evil.example/ \u2028 # ${HOME}"


def filled(site: Site, posts: int, text: str = "Text.") -> Site:
    for number in range(posts):
        moment = datetime.now(UTC) - timedelta(days=posts - number)
        site.publish(f"Post {number}", f"<p>{text}</p>", date=moment, modified=moment)
    return site


def discover(folder: Path, *arguments: str, config: str | None = CONFIG) -> subprocess.CompletedProcess[str]:
    if config is not None:
        (folder / "config.yaml").write_text(config)
    environment = {name: value for name, value in os.environ.items() if name != "CRAWLER_CONFIG"}
    return subprocess.run(
        [sys.executable, "-m", "crawler", *arguments],
        cwd=folder,
        env={**environment, "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def sites():
    sites = {
        "open": filled(
            Site(title="Open", zone="Asia/Seoul", types={"posts": "post", "pages": "page", "books": "book"}), 230
        ),
        "plain": filled(Site(kind="feed", title="Plain"), 12),
        "closed": filled(Site(title="Closed", rest=False, full_text=False), 3, "A long text. " * 30),
        "unwelcome": filled(Site(robots="User-agent: crawler\nDisallow: /wp-json/\n"), 3),
        "login": Site(),
        "hostile": filled(Site(title=HOSTILE), 1),
    }
    sites["open"].publish("About", type="page")
    sites["open"].publish("A book", type="book")
    sites["login"].fail("*", Fault(status=401), times=None)
    with ExitStack() as serving:
        for site in sites.values():
            serving.enter_context(serve(site))
        yield sites


@pytest.fixture(scope="module")
def found(sites, tmp_path_factory):
    """All of them in one command, and an address where nobody is."""
    urls = [site.url + ("/feed.xml" if name == "plain" else "/") for name, site in sites.items()]
    return discover(tmp_path_factory.mktemp("discover"), "discover", *urls, "http://127.0.0.1:9/")


def advice(found, site: Site) -> str:
    """What stands above the line of this site, without the comment signs."""
    block = next(part for part in found.stdout.split("\n\n") if f"url: {site.url}" in part)
    return block.replace("  # ", "")


def test_pasted_under_sources_it_is_a_config_that_watches_what_was_found(found, sites, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("sources:\n" + found.stdout)
    urls = [source.url for source in load(path, env={}).sources]
    expected = [site.url + "/" for name, site in sites.items() if name not in ("plain", "login")]
    assert urls == [expected[0], sites["plain"].url + "/feed.xml", *expected[1:]]


def test_of_an_open_site_it_tells_how_much_there_is_and_what_reading_it_takes(found, sites):
    told = advice(found, sites["open"])
    assert "“Open”: WordPress, its REST API is open" in told
    assert "230 posts, with full text" in told
    assert "about 4 requests and 1 minute with a per_host_delay of 0s" in told
    assert "robots.txt allows it" in told
    assert "time zone is Asia/Seoul" in told
    assert f"feed: {sites['open'].url}/feed/" in told
    assert "also there: books (1), 1 page; to watch them too add the key types: [posts, books, pages]" in told


def test_minutes_count_the_delay_between_two_requests(sites, tmp_path):
    found = discover(tmp_path, "discover", sites["open"].url, config=CONFIG.replace("0s}", "1s}"))
    assert "about 4 requests and 1 minute with a per_host_delay of 1s" in found.stdout


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", ["“Plain”: a feed", "10 posts in it, with full text", "only what stands in it can be watched"]),
        ("closed", ["“Closed”: a feed", "3 posts in it, with summaries only", "REST API asks for a login", "401"]),
        ("unwelcome", ["robots.txt does not allow its archive to be read", "robots: false"]),
    ],
)
def test_it_says_what_is_in_the_way(found, sites, name, expected):
    assert not [text for text in expected if text not in advice(found, sites[name])]


def test_what_cannot_be_watched_is_a_comment_and_an_error(found, sites):
    assert found.returncode == 3
    for text in (f"{sites['login'].url}/: the server answered 401", "http://127.0.0.1:9/: "):
        assert f"  # {text}" in found.stdout
        assert f"Error: {text}" in found.stderr
    assert "application password" in found.stdout


def test_titles_are_inert(found, sites):
    assert "“Red \\x1b[31m\\u202e sinks: []" in advice(found, sites["hostile"])
    assert not {"\x1b", "\u202e", "\u2028"} & set(found.stdout)


def test_the_contact_of_a_config_is_told_to_the_sites(found, sites):
    assert {each.headers["user-agent"].partition(" ")[2] for each in sites["open"].requests} == {"(+me@example.org)"}


def test_without_a_config_nothing_private_is_asked(tmp_path):
    with serve(Site()) as url:
        site_url = url
        found = discover(tmp_path, "discover", url, config=None)
    assert found.returncode == 1
    assert f"{site_url}/: 127.0.0.1 is not a public address" in found.stderr
    assert os.listdir(tmp_path) == []


def test_a_source_of_the_config_is_asked_as_the_config_says(tmp_path, sites):
    key = "X-Key"
    config = f"{CONFIG}sources:\n  - url: {sites['closed'].url}\n    headers: {{{key}: '${{CRAWLER_TEST_KEY}}'}}\n"
    os.environ["CRAWLER_TEST_KEY"] = "opensesame"
    try:
        found = discover(tmp_path, "discover", sites["closed"].url, config=config)
    finally:
        del os.environ["CRAWLER_TEST_KEY"]
    assert found.returncode == 0
    assert sites["closed"].requests[-1].headers["x-key"] == "opensesame"
    assert "opensesame" not in found.stdout + found.stderr


@pytest.mark.parametrize(
    ("arguments", "config", "message"),
    [
        (["discover"], CONFIG, "Missing argument"),
        (["discover", "koreapro.org"], CONFIG, "URL 1: is not a whole URL"),
        (["discover", "https://u:hunter2@a.example/"], CONFIG, "URL 1: is a secret"),
        (["-c", "none.yaml", "discover", "https://a.example/"], None, "none.yaml: no such file"),
        (["discover", "https://a.example/"], "contact: ${CRAWLER_TEST_MISSING}\n", "CRAWLER_TEST_MISSING"),
    ],
)
def test_a_mistake_is_told_before_anybody_is_asked(tmp_path, arguments, config, message):
    found = discover(tmp_path, *arguments, config=config)
    assert (found.returncode, found.stdout) == (2, "")
    assert message in found.stderr
    assert "hunter2" not in found.stderr


@pytest.mark.parametrize(
    ("posts", "delay", "expected"),
    [
        (0, 1, "about 1 request and 1 minute with a per_host_delay of 1s; a sweep takes as long"),
        (12_304, 1, "about 125 requests and 7 minutes with a per_host_delay of 1s; a sweep takes as long"),
        (12_304, 10, "about 125 requests and 25 minutes with a per_host_delay of 10s; a sweep takes as long"),
        (100_000, 1, "about 1,001 requests and 51 minutes with a per_host_delay of 1s; a sweep takes as many requests"),
    ],
)
def test_effort_grows_with_the_archive_and_the_delay(posts, delay, expected):
    text = f"defaults: {{per_host_delay: {delay}s}}"
    (source,) = load(Path("config.yaml"), env={}, text=text, urls=["https://site.example/"]).sources
    rest = EndpointSeed(kind="rest", url="https://site.example/wp-json/wp/v2/posts", type="posts")
    found = Discovered(kind="wordpress", home=None, title=None, timezone=None, endpoints=(rest,))
    told = advised(Survey(source=source, found=found, totals={"posts": posts}, allowed=True), name=None)
    assert expected in told
    assert "it has no feed" in told
