"""`config.yaml` -> Config, from top to bottom; every mistake of the file and the files it names is told at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from crawler.config import result, shape, top
from crawler.config.cascade import Cascade
from crawler.config.declared import Declared, check_groups, check_unique, group_names
from crawler.config.files import Files
from crawler.config.problems import Problems
from crawler.config.result import Config
from crawler.config.sinks import sinks
from crawler.config.sources import Gatherer
from crawler.config.top import Top
from crawler.config.tree import Map, Seq
from crawler.config.zones import system_zone


def load(
    path: Path,
    *,
    env: Mapping[str, str],
    require_references: bool = True,
    text: str | None = None,
    urls: Iterable[str] = (),
) -> Config:
    """The configuration in `path`. Raises ConfigError with every mistake.

    Without `require_references` a key whose reference is missing is left out, and so is what cannot be without it:
    enough for commands that only read the store. A `text` is taken for what stands in the file. `urls` are
    Sources besides those in it, under the same defaults.
    """
    problems = Problems()
    unsaved = {} if text is None else {path: text}
    files = Files(env=env, require_references=require_references, problems=problems, unsaved=unsaved)
    opened = top.open_top(path, files)
    config = _config(opened, files, env, urls)
    problems.raise_if_any()
    return config


def _config(opened: Top, files: Files, env: Mapping[str, str], urls: Iterable[str]) -> Config:
    folder = opened.path.absolute().parent
    head = top.head(opened)
    defaults, groups = top.defaults(opened), top.groups(opened)
    gatherer = Gatherer(files=files, read={os.path.realpath(opened.path)})
    declared = _declared(opened, gatherer)
    known = {*groups, *group_names(declared)}
    check_unique(declared)
    check_groups(gatherer.places, known)
    declared += _besides(urls, {each.address.url for each in declared}, opened, gatherer)
    cascade = Cascade(defaults, groups)
    sink_trees = opened.tree["sinks"] if opened.has("sinks") else None
    taken = {folder / head.store: "the store", opened.path.absolute(): "the config"}
    return Config(
        path=opened.path,
        store=folder / head.store,
        contact=head.contact,
        timezone=head.timezone or system_zone(env),
        sources=tuple(cascade.source(each) for each in declared),
        sinks=tuple(sinks(sink_trees, folder, opened.place("sinks"), known, taken=taken))
        if sink_trees is not None
        else (),
        fetch=_fetch(opened),
        retention=_retention(opened),
        metrics=_metrics(opened),
        web=_web(opened),
        backup=_backup(opened, folder),
        heartbeat=_heartbeat(opened),
        log=_log(opened),
        layers=opened.layers,
    )


def _declared(opened: Top, gatherer: Gatherer) -> list[Declared]:
    if not opened.has("sources"):
        return []
    place = opened.place("sources", section="source")
    return list(gatherer.gather(opened.tree["sources"], opened.path.parent, place))


def _besides(urls: Iterable[str], known: Collection[str], opened: Top, gatherer: Gatherer) -> list[Declared]:
    """Sources of which only the URL was named, by somebody else than the file; those that are in it are left out."""
    tree = Seq(1)
    for url in urls:
        source = Map(1)
        source["url"], source.lines["url"] = url, 1
        tree.append(source)
        tree.lines.append(1)
    place = replace(opened.place(section="source"), file="the command line")
    return [each for each in gatherer.gather(tree, opened.path.parent, place) if each.address.url not in known]


def _fetch(opened: Top) -> result.FetchConfig:
    keys = opened.section("fetch", shape.FetchKeys) or shape.FetchKeys()
    return result.FetchConfig(
        concurrency=keys.concurrency, max_body=keys.max_body, allow_private=keys.allow_private, proxy=keys.proxy
    )


def _retention(opened: Top) -> result.RetentionConfig:
    keys = opened.section("retention", shape.RetentionKeys) or shape.RetentionKeys()
    return result.RetentionConfig(
        polls=keys.polls, alerts=keys.alerts, revisions=keys.revisions, originals=keys.originals
    )


def _metrics(opened: Top) -> result.MetricsConfig | None:
    keys = opened.section("metrics", shape.MetricsKeys)
    return result.MetricsConfig(listen=keys.listen) if keys else None


def _web(opened: Top) -> result.WebConfig | None:
    keys = opened.section("web", shape.WebKeys)
    if keys is None:
        return None
    tree = opened.tree["web"]
    if not keys.listen.is_loopback and "token" not in tree:
        message = f"others can connect to {keys.listen.host}, so a token is needed; write `token: ${{WEB_TOKEN}}`"
        opened.place("web").tell(tree, ("listen",), message)
    return result.WebConfig(listen=keys.listen, token=keys.token, url=keys.url)


def _backup(opened: Top, folder: Path) -> result.BackupConfig | None:
    keys = opened.section("backup", shape.BackupKeys)
    return result.BackupConfig(to=folder / keys.to, every=keys.every, keep=keys.keep) if keys else None


def _heartbeat(opened: Top) -> result.HeartbeatConfig | None:
    keys = opened.section("heartbeat", shape.HeartbeatKeys)
    return result.HeartbeatConfig(url=keys.url, every=keys.every) if keys else None


def _log(opened: Top) -> result.LogConfig:
    keys = opened.section("log", shape.LogKeys) or shape.LogKeys()
    return result.LogConfig(level=keys.level, format=keys.format)
