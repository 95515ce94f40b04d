"""Templates of sinks: read from their files, and rendered in a child process that they have to themselves."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import datetime
from importlib.util import find_spec

from crawler.alert.wording import Template
from crawler.config import Config, SinkConfig
from crawler.errors import ConfigError, CrawlerError, Problem
from crawler.render import for_people
from crawler.render.samples import samples, trial
from crawler.workers import Limits, Workers

#: A runaway template costs this and no poll: those have other children. On a busy machine two seconds of CPU are many
#: more by the clock: it has to be given up before the delivery is, else the alert would never go out in other words.
_LIMITS = Limits(memory=256 * 1024 * 1024, cpu=2, wall=10, output=1024 * 1024)
#: In bytes.
_MOST_TEMPLATE = 256 * 1024


async def template_of(sink: SinkConfig, config: Config, stack: AsyncExitStack) -> Template | None:
    """The template of a Sink; its child process ends with the stack. Raises ConfigError."""
    if sink.template is None:
        return None
    if find_spec("jinja2") is None:
        raise mistake(sink, config, "template", missing("jinja2", "templates"))
    try:
        with sink.template.open("rb") as file:
            source = file.read(_MOST_TEMPLATE + 1).decode("utf-8")
    except OSError as error:
        raise mistake(sink, config, "template", f"{sink.template}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise mistake(sink, config, "template", f"{sink.template}: is not UTF-8") from error
    if len(source) > _MOST_TEMPLATE:
        raise mistake(sink, config, "template", f"{sink.template}: is longer than {_MOST_TEMPLATE >> 10} KiB")
    workers = await stack.enter_async_context(Workers(1, _LIMITS))
    return Template(path=sink.template, source=source, render=workers.run)


async def tried(template: Template, sink: SinkConfig, config: Config, now: datetime) -> None:
    """Render a sample of each alert that the Sink may get. Raises ConfigError for the first that fails."""
    for payload in (trial("0", sink.name, now), *samples("0", now)):
        kind = payload["type"]
        if kind.startswith(("source.", "program.")) and not sink.notices:
            continue
        if kind.startswith("post.") and not any(kind[5:] in (each.kinds or ()) for each in sink.when):
            continue
        try:
            await template.words(payload, config.timezone)
        except CrawlerError as error:
            subject = for_people(payload, zone=config.timezone).partition("\n")[0]
            text = f"{template.path}: {error}; rendering a sample of {kind} (“{subject}”)"
            raise mistake(sink, config, "template", text) from error


def mistake(sink: SinkConfig, config: Config, key: str, text: str) -> ConfigError:
    """One mistake in one key of a Sink, with its line."""
    number = next(number for number, each in enumerate(config.sinks) if each.name == sink.name)
    file = sink.layer.file if sink.layer else str(config.path)
    line = sink.layer.lines.get(key) if sink.layer else None
    return ConfigError([Problem(file, line, f"sinks[{number}].{key}", text)])


def missing(library: str, extra: str) -> str:
    """What to do where an optional library is not installed."""
    return f"needs the library {library}, which is missing; `pip install 'crawler[{extra}]'` brings it"
