"""`check --connect`: tries the address of every Source and Sink, and writes nothing."""

from __future__ import annotations

import asyncio

from crawler.alert import Sink
from crawler.cli.compose import fetching
from crawler.cli.sinks import opened_sinks
from crawler.config import Config, SourceConfig
from crawler.endpoints import login
from crawler.endpoints.discovery import discover
from crawler.errors import CrawlerError, SinkError
from crawler.fetch import HostLines
from crawler.model import Discovered, Fetch
from crawler.workers import Workers

Result = tuple[str, bool, str]


async def connect(config: Config) -> list[Result]:
    """(name, is fine, message) for each Source and Sink, in the order of the config."""
    async with Workers() as workers, fetching(config, HostLines()) as fetch_for:

        async def found(source: SourceConfig) -> Discovered | CrawlerError:
            fetch = fetch_for(source)
            try:
                answer = await discover(fetch, workers.run, source.url, kind=source.kind, types=source.types)
                await _check_password(fetch, source, answer)
            except CrawlerError as error:
                return error
            return answer

        answers = await asyncio.gather(*(found(source) for source in config.sources))
    return [*_sources(config, answers), *await _sinks(config)]


async def _check_password(fetch: Fetch, source: SourceConfig, found: Discovered) -> None:
    """Raise FetchError for a wrong application password."""
    collection = next((endpoint for endpoint in found.endpoints if endpoint.kind == "rest"), None)
    if source.username is not None and collection is not None:
        await login.check(fetch, collection, source.username)


def _sources(config: Config, answers: list[Discovered | CrawlerError]) -> list[Result]:
    """What there is at each Source, and which of them are one site."""
    results: list[Result] = []
    homes: dict[str, str] = {}
    for source, answer in zip(config.sources, answers, strict=True):
        if isinstance(answer, CrawlerError):
            results.append((source.name, False, str(answer)))
            continue
        home = (answer.home or source.url).rstrip("/").partition("://")[2]
        first = homes.setdefault(home, source.name)
        message = _described(answer)
        if first != source.name:
            message = f"the same site as {first}, which watches it; {message}"
        results.append((source.name, True, message))
    return results


def _described(found: Discovered) -> str:
    title = f"“{found.title}”, " if found.title else ""
    feeds = [endpoint.url for endpoint in found.endpoints if endpoint.kind == "feed"]
    types = [endpoint.type for endpoint in found.endpoints if endpoint.kind == "rest"]
    if not types:
        return f"{title}a feed: only posts inside its window can be watched ({', '.join(feeds)})"
    if found.is_closed:
        return f"{title}WordPress whose REST API is closed: its feed is watched until it opens ({', '.join(feeds)})"
    feed = feeds[0] if feeds else "no feed, so each poll asks REST"
    return f"{title}WordPress with REST open for {', '.join(types)}; {feed}"


async def _sinks(config: Config) -> list[Result]:
    """Whether each Sink could take an Alert."""

    async def tried(sink: Sink) -> Result:
        try:
            return sink.name, True, await sink.reached()
        except SinkError as error:
            return sink.name, False, str(error)

    async with opened_sinks(config, config.sinks) as sinks:
        return await asyncio.gather(*map(tried, sinks))
