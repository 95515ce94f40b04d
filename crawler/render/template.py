"""An alert in the words of the operator's own template: Jinja2, sandboxed. The first line is the title.

Done in a child process, where time and memory have limits. Needs jinja2, which the extra `templates` brings.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from crawler.errors import ParseError
from crawler.render.bidi import inert_but_isolated
from crawler.render.inert import inert, one_line
from crawler.render.words import Words, worded

#: In characters; nobody reads more.
_MOST_BODY = 100_000
_LONGEST_TITLE = 600
_WITH_LINES = {"diff", "text", "old", "new"}
#: Of what Jinja2 offers in a template by itself; `lipsum` and the like are not for alerts.
_GLOBALS = ("range", "dict", "namespace", "joiner")


def rendered(source: str, payload: str, zone: str) -> Words:
    """The words of the template `source` for an alert object, given as JSON. Times that are asked for are in `zone`.

    Raises ParseError that says what is wrong with the template, and in which line.
    """
    environment = _environment(ZoneInfo(zone))
    alert = json.loads(payload)
    title, body = worded(alert, ZoneInfo(zone))
    shown = {key: _cleaned(value, key) for key, value in alert.items()}
    try:
        text = environment.from_string(source).render(**shown, title=title, body=body)
    except jinja2.TemplateSyntaxError as error:
        raise ParseError("not_data", f"line {error.lineno}: {error.message}") from None
    except MemoryError:
        raise
    except Exception as error:
        # Expressions in a template can raise anything that Python can.
        raise ParseError("not_data", f"{_line(error)}{type(error).__name__}: {error}") from None
    title, _, body = text.strip().partition("\n")
    if not title.strip():
        raise ParseError("not_data", "its first line is empty; that is the title")
    return Words(one_line(title, _LONGEST_TITLE), inert_but_isolated(body[:_MOST_BODY].rstrip()))


def _cleaned(value: Any, key: str) -> Any:
    """What an alert says, inert; only long texts have lines, so that no title can forge one."""
    if isinstance(value, dict):
        return {name: _cleaned(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_cleaned(each, key) for each in value]
    if not isinstance(value, str):
        return value
    return inert(value if key in _WITH_LINES else " ".join(value.split()))


def _environment(zone: ZoneInfo) -> ImmutableSandboxedEnvironment:
    """No loader, so that a template reaches no other file; an unknown name is a mistake and not an empty text."""
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals = {name: environment.globals[name] for name in _GLOBALS}
    environment.filters["local"] = lambda moment: f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M %Z}"
    return environment


def _line(error: Exception) -> str:
    """`line 3: `, where it is known: the innermost frame of the template."""
    number, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == "<template>":
            number = frame.tb_lineno
        frame = frame.tb_next
    return f"line {number}: " if number else ""
