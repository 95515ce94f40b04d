"""Templates: the operator's words in a sandbox, and the standard ones wherever they fail."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from crawler.alert.wording import Template, Wording
from crawler.errors import ParseError
from crawler.render import Words, worded
from crawler.render.samples import samples, trial
from crawler.tasks import run_inline
from crawler.workers import Limits, Workers
from tests.alert.alerts import payload

ZONE = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
README = (Path(__file__).parents[2] / "README.md").read_text()


async def inline(task):
    return run_inline(task)


def template(source, render=inline):
    return Template(path=Path("alert.j2"), source=source, render=render)


def words(source, alert=None):
    return asyncio.run(template(source).words(alert or payload(), ZONE))


@pytest.mark.parametrize(
    ("source", "title", "body"),
    [
        ("[{{ data.kind }}] {{ data.id }}\nRead it.\n", "[edited] c_1", "Read it."),
        ("{{ title }}\n{{ body }}", *worded(payload(), ZONE)),
        ("{# a note #}\n\n  {{ type }} {{ timestamp | local }}  \n", "post.edited 2026-11-23 21:00 KST", ""),
        ("x\n{% for field in data.fields %}\n- {{ field.name }}\n{% endfor %}", "x", "- title"),
        ("{{ data.noted is defined }} {{ data.nothing is defined }}", "True False", ""),
        # What the alert brings stays text: no template of its own, no line of its own, no control characters.
        ("{{ data.headline }}", "a {{ 7*7 }} {% raw %} \\x1b[31m \\u202e", ""),
    ],
)
def test_a_template_writes_title_and_text(source, title, body):
    alert = payload(headline="a {{ 7*7 }} {% raw %}\r\n\x1b[31m \u202e") if "headline" in source else payload()
    assert words(source, alert) == Words(title, body)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ titel }}", "line 1: UndefinedError: 'titel' is undefined"),
        ("x\n{{ data.nothing.more }}", "line 2: UndefinedError"),
        ("x\n{% if %}", "line 2: Expected an expression"),
        ("x\n\n{{ 1/0 }}", "line 3: ZeroDivisionError"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "SecurityError"),
        ("{{ data.update({'id': 'c_2'}) }}", "SecurityError"),
        ("{{ body.format.__globals__ }}", "SecurityError"),
        ("{{ '{0.__class__}'.format(1) }}", "SecurityError"),
        ("{{ range(1000000) | list }}", "OverflowError"),
        ("{% include '/etc/passwd' %}", "no loader"),
        ("{% import 'os' as os %}x", "no loader"),
        ("{{ lipsum() }}", "'lipsum' is undefined"),
        ("{{ data.id | attr('__class__') }}", "SecurityError"),
        ("   \n", "its first line is empty"),
    ],
)
def test_what_a_template_may_not_do_is_an_error_with_its_line(source, said):
    with pytest.raises(ParseError) as caught:
        words(source)
    assert said in str(caught.value)


def test_a_failing_template_costs_no_alert_and_is_told_once():
    wording = Wording("out", ZONE, template("{{ data.nothing.more }}"))

    async def said():
        return [await wording(payload(number)) for number in range(3)]

    with capture_logs() as logs:
        assert asyncio.run(said()) == [worded(payload(number), ZONE) for number in range(3)]
    assert [(line["event"], line["sink"], line["path"]) for line in logs] == [("template", "out", "alert.j2")]
    assert "line 1: UndefinedError" in logs[0]["error"]


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'x' * 10**12 }}",
        "{% set n = namespace(text='x') %}{% for a in range(99) %}{% set n.text = n.text ~ n.text %}{% endfor %}",
    ],
    ids=["time", "memory at once", "memory bit by bit"],
)
def test_a_template_that_takes_too_much_is_given_up_until_it_is_loaded_again(source):
    asked = []

    async def said():
        async with Workers(1, Limits(memory=256 * 1024 * 1024, cpu=1, wall=60)) as workers:

            async def render(task):
                asked.append(task)
                return await workers.run(task)

            wording = Wording("out", ZONE, template(source, render))
            return [await wording(payload()) for _ in range(2)]

    with capture_logs() as logs:
        assert asyncio.run(said()) == [worded(payload(), ZONE)] * 2
    assert len(asked) == 1
    assert [line["status"] for line in logs] == ["failed", "not used until it is loaded again"]


def test_text_from_right_to_left_keeps_its_places_and_that_of_strangers_is_inert():
    alert = payload(diff="\u202e\u2068שלום [-עולם-]{+ארץ+}")
    standard = worded(alert, ZONE).body
    assert "\u2068[-עולם-]\u2069" in standard
    told = words("x\n{{ body }}\n{{ data.diff }}\n{{ '\x1b' }}", alert).body
    assert told == f"{standard}\n\\u202e\\u2068שלום [-עולם-]{{+ארץ+}}\n\\x1b"


def test_half_a_character_goes_through_a_child_process_as_an_escape():
    async def said():
        async with Workers(1) as workers:
            return await template("{{ data.headline }}", workers.run).words(payload(headline="\ud83d \x00"), ZONE)

    assert asyncio.run(said()) == Words("\\ud83d \\x00", "")


def test_the_readmes_example_has_words_for_every_alert():
    (source,) = re.findall(r"```jinja\n(.*?)```", README, flags=re.DOTALL)
    for alert in (trial("t", "out", NOW), *samples("s", NOW)):
        standard = worded(alert, ZONE)
        told = words(source, alert)
        assert told.title.endswith(f"] {standard.title}"), alert["type"]
        assert told.body.endswith(standard.body)
