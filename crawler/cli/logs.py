"""The log on standard error: `key=value` text or JSON, one line an event, hostile text escaped."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from crawler.config import LogConfig


def configure(log: LogConfig, *, verbose: bool) -> None:
    """Set up structlog for the whole process."""
    level = logging.DEBUG if verbose else logging.getLevelNamesMapping()[log.level.upper()]
    # Only ours: what libraries log goes nowhere, because it may hold addresses with secrets.
    logging.getLogger().addHandler(logging.NullHandler())
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if log.format == "text":
        renderer = structlog.processors.LogfmtRenderer(key_order=["at", "level", "event"], bool_as_flag=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True, key="at"),
            structlog.processors.format_exc_info,
            _one_line,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Lenient(sys.stderr))),
        # A reload may bring another level or format.
        cache_logger_on_first_use=False,
    )


class _Lenient:
    """A stream whose trouble is nobody's: who read it has gone, or its disk is full, and the watch goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def _one_line(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escape control characters: what a site says must not forge a line or drive a terminal."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[key] = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in value)
    return event
