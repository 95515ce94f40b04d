"""Makes the Sinks that no person reads as they are: a webhook, a program, a feed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import unquote, urlsplit

from crawler.alert import AtomSink, CommandSink, WebhookSink
from crawler.cli.agent import user_agent
from crawler.cli.app import current_time
from crawler.config import Config, SinkConfig
from crawler.fetch import Sender

#: Shorter parts of an address are no keys, and words that answers are made of.
_LEAST_SECRET = 6
#: In a path what is of letters only, and no longer, is a word.
_LONGEST_WORD = 16


async def webhook(sink: SinkConfig, config: Config, stack: AsyncExitStack) -> WebhookSink:
    """Its connections are kept until the stack is closed."""
    proxy = config.fetch.proxy
    sender = await stack.enter_async_context(
        Sender(
            _url(sink),
            headers={name: value.get_secret_value() for name, value in sink.headers.items()},
            user_agent=user_agent(config),
            allow_private=sink.allow_private,
            proxy=proxy.get_secret_value() if proxy is not None else None,
        )
    )
    return WebhookSink(
        sink.name,
        sender,
        clock=current_time,
        secrets=[secret.get_secret_value() for secret in sink.secret],
        hidden=[text for text in _hidden(sink) if len(text) >= _LEAST_SECRET],
        full_text=sink.full_text,
    )


def command(sink: SinkConfig, config: Config) -> CommandSink:
    """Runs in the folder of the config, as its relative paths are meant."""
    return CommandSink(
        sink.name,
        sink.run,
        folder=config.path.parent,
        hidden=[value.get_secret_value().strip() for value in sink.hidden],
        full_text=sink.full_text,
    )


def atom(sink: SinkConfig, config: Config) -> AtomSink:
    """Its times are the operator's."""
    return AtomSink(
        sink.name,
        sink.path or Path("changes.xml"),
        entries=sink.entries or 1,
        zone=config.timezone,
        clock=current_time,
    )


def _url(sink: SinkConfig) -> str:
    return sink.url.get_secret_value() if sink.url is not None else ""


def _hidden(sink: SinkConfig) -> Iterator[str]:
    """What a receiver has been told and may say back: the key in the address, and each word of the headers."""
    url = _url(sink)
    parts = urlsplit(url)
    yield from (url, parts.path.strip("/"), parts.query, parts.username or "", parts.password or "")
    if parts.password:
        yield b64encode(f"{unquote(parts.username or '')}:{unquote(parts.password)}".encode()).decode()
    # Of the address also the parts: who says "unknown key abc" does not say the rest.
    values = [each.partition("=")[2] for each in parts.query.split("&")]
    names = [each for each in parts.path.split("/") if not each.isalpha() or len(each) >= _LONGEST_WORD]
    yield from (form for each in (*values, *names) for form in (each, unquote(each)))
    for value in sink.headers.values():
        yield from (value.get_secret_value(), *value.get_secret_value().split())
    yield from (secret.get_secret_value().removeprefix("whsec_") for secret in sink.secret)
