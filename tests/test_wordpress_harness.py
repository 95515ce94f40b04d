"""The harness itself: what tests of the crawler against a real WordPress build on."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.wordpress import HarnessError

pytestmark = pytest.mark.wordpress


def ask(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def test_a_fresh_site_knows_itself_by_its_own_address(wordpress):
    (post,) = ask(wordpress.url + "/wp-json/wp/v2/posts?_fields=guid,link")
    assert post["guid"]["rendered"] == wordpress.url + "/?p=1"
    assert post["link"].startswith(wordpress.url + "/20")


def test_two_sites_side_by_side_share_nothing(wordpress_factory):
    one, other = wordpress_factory(blogname="One"), wordpress_factory(blogname="Other", timezone_string="Asia/Seoul")
    one.ctl("create", title="Only here")
    index = "/wp-json/?_fields=name,timezone_string"
    assert ask(one.url + index)["name"] == "One"
    assert ask(other.url + index)["name"] == "Other"
    assert ask(other.url + index)["timezone_string"] == "Asia/Seoul"
    assert [len(ask(site.url + "/wp-json/wp/v2/posts?_fields=id")) for site in (one, other)] == [2, 1]


def test_requests_are_counted_exactly_and_only_since_the_mark(wordpress):
    ask(wordpress.url + "/wp-json/?_fields=name")
    wordpress.mark()
    for number in range(20):
        ask(f"{wordpress.url}/wp-json/?_fields=name&n={number}")
        asked = [record["uri"].rpartition("=")[2] for record in wordpress.requests()]
        assert asked == [str(n) for n in range(number + 1)]
    wordpress.mark()
    assert wordpress.requests() == []


def test_commands_answer_in_order_and_a_failed_one_is_an_error(wordpress):
    made, gone = wordpress.batch([("create", "--title=A", "--content=<p>x</p>"), ("delete", 1, "--force=1")])
    assert (made["title"], gone["exists"]) == ("A", False)
    assert wordpress.ctl("edit", made["id"], title="B", sticky=True)["title"] == "B"
    with pytest.raises(HarnessError, match="unknown command nonsense"):
        wordpress.ctl("nonsense")


def test_the_application_password_opens_drafts(wordpress):
    user, password = wordpress.credentials
    assert user == "admin"
    assert len(password.replace(" ", "")) == 24


def test_a_stopped_site_leaves_neither_files_nor_a_listener(wordpress_factory, tmp_path):
    site = wordpress_factory()
    site.down()
    assert not list(tmp_path.iterdir())
    with pytest.raises(OSError, match="refused"):
        ask(site.url)
