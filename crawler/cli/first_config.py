"""The text of a first `config.yaml`. Its lines are those of the shipped one, which is the reference of every key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from crawler import config as configuration
from crawler.config.addresses import default_name
from crawler.config.write import write
from crawler.errors import ConfigError

EXAMPLE = "https://wordpress.org/news/"

_HEAD = """\
# The crawler's configuration.
#   crawler check           every mistake at once, each with its line
#   crawler check --print   what was understood, and where each value came from
#   crawler check --schema  every key there is
# Durations: 90s, 15m, 1h30m, 7d. ${NAME} is an environment variable, ${file:PATH} a file's content, $${ a literal ${.
# Passwords, tokens and the like must be such references. Paths are relative to this file's folder.

store: crawler.db                # the SQLite file
"""
_NO_CONTACT = """\
# contact: me@example.org        # please set: goes into the User-Agent, so that a site's owner can write to you
"""
_MIDDLE = """\
# timezone: Europe/Berlin        # for people: tables, mails, pages, --since; default: the system's

defaults:                        # each of these may stand in a group and in a source, too
  every: 15m                     # 60s to 30d
  sweep: 24h                     # a full re-reading, which finds silent edits and removals; or never
  confirm: 10m                   # a removal is reported after a second look this much later
  types: [posts]                 # REST collections: posts, pages, or a custom type's rest_base
  baseline: all                  # first reading: all, a number of the newest posts (200), or an age (90d)
  per_host_delay: 1s             # between two requests to one host

sources:
"""
_TAIL = """
sinks:                           # where Changes are told; without sinks they are only stored
  - name: log
    type: jsonl                  # one JSON object a line, appended
    path: alerts.jsonl
    notices: true                # news about the watching itself, too: a source fails, has recovered, …
  - name: out
    type: stdout                 # a readable diff

fetch:
  allow_private: []              # networks that hosts written here may be in: [127.0.0.0/8]
"""


def config_text(urls: Sequence[str], contact: str | None) -> str:
    """The file for these URLs (or an example), each taken once and under a name of its own."""
    told = _NO_CONTACT
    if contact is not None:
        line = f"contact: {write(contact)}"
        told = f"{line:<32} # goes into the User-Agent, so that a site's owner can write to you\n"
    entries = [entry(url, name=name) for url, name in own_names(urls or (EXAMPLE,)).items()]
    return "".join((_HEAD, told, _MIDDLE, *entries, _TAIL))


def mistake_in_url(url: str) -> str | None:
    """What is wrong with a URL; never quotes it, since it may hold a secret."""
    return _mistake(_one_source(url))


def mistake_in_contact(contact: str) -> str | None:
    """What is wrong with a contact."""
    return _mistake(f"contact: {write(contact)}\n")


def entry(url: str, *, name: str | None = None) -> str:
    """A source as a member of `sources`."""
    comment = "       # a site: its REST API and feed are discovered" if url == EXAMPLE else ""
    named = "" if name is None else f"    name: {write(name)}\n"
    return f"  - url: {write(url)}{comment}\n{named}"


def own_names(urls: Iterable[str]) -> dict[str, str | None]:
    """The URLs in the spelling of a Source, each with the name to write where its usual one is taken."""
    taken: set[str] = set()
    names: dict[str, str | None] = {}
    for url in dict.fromkeys(_address(each) for each in urls):
        usual = default_name(url)
        name = _free(usual, taken)
        taken.add(name)
        names[url] = None if name == usual else name
    return names


def _free(name: str, taken: set[str]) -> str:
    """The name, or that with a number: two feeds of one site may differ in their query only."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _address(url: str) -> str:
    """The URL in the spelling that a Source has it in."""
    return configuration.load(Path("config.yaml"), env={}, text="", urls=(url,)).sources[0].url


def _one_source(url: str) -> str:
    """A whole config with this source and nothing else."""
    return f"sources:\n{entry(url)}"


def _mistake(text: str) -> str | None:
    try:
        configuration.load(Path("config.yaml"), env={}, text=text)
    except ConfigError as error:
        return error.problems[0].message
    return None
