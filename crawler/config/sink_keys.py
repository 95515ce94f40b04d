"""The keys of each type of sink."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from crawler.config import values as v
from crawler.config.keys import Keys, key, one_or_more
from crawler.config.reads import lasting, whole


class When(Keys):
    """Conditions that must all hold."""

    kinds: tuple[v.Kind, ...] | None = key(None, "default: all but published", min_length=1)
    sources: tuple[v.Text, ...] | None = key(None, "globs", min_length=1)
    groups: tuple[v.Text, ...] | None = key(None, min_length=1)
    fields: tuple[v.Field, ...] | None = key(None, min_length=1)
    min_words: Annotated[int, whole(1, 1_000_000)] | None = key(None, "added and removed")
    match: v.Regex | None = key(None, "in the changed text only")
    silent: v.Flag | None = None
    noted: v.Flag | None = None
    after_publication: Annotated[timedelta, lasting("0s", "3650d")] | None = key(
        None, "edits earlier than that after publication do not count"
    )


class SinkKeys(Keys):
    """Keys of every sink."""

    name: v.Text
    notices: v.Flag = key(False, "Notices too")
    full_text: v.Flag = key(False, "the content's whole old and new text in the JSON")
    when: Annotated[tuple[When, ...], BeforeValidator(one_or_more, json_schema_input_type=When | list[When])] = key(
        (), "which Changes; in a list, any suffices"
    )
    digest: Annotated[timedelta, lasting("1m", "30d")] | None = key(None, "one alert for so long a time")
    quiet: v.QuietSpan | None = key(None, "held back, then sent as a digest")
    storm: Annotated[int, whole(1, 1_000_000)] | None = key(
        None, "more Changes of one source in an hour become a digest"
    )
    template: v.Path | None = key(None, "title and body for people, Jinja2")


class JsonlKeys(SinkKeys):
    """One JSON object a line, appended."""

    type: Literal["jsonl"]
    path: v.Path


class StdoutKeys(SinkKeys):
    """A readable diff on standard output."""

    type: Literal["stdout"]


class WebhookKeys(SinkKeys):
    """Standard Webhooks."""

    type: Literal["webhook"]
    url: v.HiddenUrl
    secret: Annotated[
        tuple[v.SigningSecret, ...],
        BeforeValidator(one_or_more, json_schema_input_type=v.SigningSecret | list[v.SigningSecret]),
    ] = key((), "whsec_…; a list while rotating")
    headers: dict[v.HeaderName, v.HeaderValue] = key({})
    allow_private: tuple[v.Cidr, ...] = ()


class AppriseKeys(SinkKeys):
    """Mail, Slack, Telegram, …: any address that apprise knows."""

    type: Literal["apprise"]
    url: v.SecretPart


class CommandKeys(SinkKeys):
    """A program that gets the JSON on its standard input; exit 0 means delivered."""

    type: Literal["command"]
    run: tuple[v.Text, ...] = Field(min_length=1)


class AtomKeys(SinkKeys):
    """A feed of Changes."""

    type: Literal["atom"]
    path: v.Path
    entries: Annotated[int, whole(1, 10_000)] = 200


SINKS: dict[str, type[SinkKeys]] = {
    "jsonl": JsonlKeys,
    "stdout": StdoutKeys,
    "webhook": WebhookKeys,
    "apprise": AppriseKeys,
    "command": CommandKeys,
    "atom": AtomKeys,
}
SinkUnion = JsonlKeys | StdoutKeys | WebhookKeys | AppriseKeys | CommandKeys | AtomKeys
