"""What apprise says of a sending: it returns no more than yes or no, and logs the rest."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Ear(logging.Handler):
    """Keeps what is logged by a thread that listens."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        lines: list[str] | None = getattr(self._heard, "lines", None)
        if lines is not None:
            lines.append(record.getMessage())

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        lines: list[str] = []
        self._heard.lines = lines
        try:
            yield lines
        finally:
            self._heard.lines = None


_ear = _Ear()
_logger = logging.getLogger("apprise")
_logger.addHandler(_ear)
# It goes nowhere else: addresses with secrets may stand in it.
_logger.propagate = False


#: Inside `with heard() as lines:` the warnings of this thread's sendings are put into `lines`.
heard = _ear.listening
