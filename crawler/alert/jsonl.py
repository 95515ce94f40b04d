"""The `jsonl` Sink: one JSON object a line, appended and synced."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crawler.errors import SinkError

#: how far back a repeat is looked for: after a crash it is one of the last lines
TAIL = 64 * 1024


class JsonlSink:
    """Appends to a file; opened for each alert, so that a rotated file is followed."""

    def __init__(self, name: str, path: Path, *, full_text: bool = False) -> None:
        self.name, self.full_text = name, full_text
        self._path = path

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        """Append one line, unless the file's end already has it. Raises SinkError."""
        try:
            return await asyncio.to_thread(self._append, payload)
        except OSError as error:
            raise SinkError(f"{self._path}: {error.strerror or error}") from error

    def _append(self, payload: Mapping[str, Any]) -> str | None:
        line = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            tail = self._repaired_tail(descriptor)
            if f'"id":"{payload["data"]["id"]}"'.encode() in tail:
                return "it was there already"
            _written(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return None

    def _repaired_tail(self, descriptor: int) -> bytes:
        """The last lines of the file. A line that a crash cut off was never acknowledged and is taken away."""
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, TAIL, max(0, size - TAIL))
        if not tail or tail.endswith(b"\n"):
            return tail
        torn = tail[tail.rfind(b"\n") + 1 :]
        if _is_json(torn):
            os.write(descriptor, b"\n")
            return tail + b"\n"
        if len(torn) < TAIL:
            os.ftruncate(descriptor, size - len(torn))
            return tail[: len(tail) - len(torn)]
        os.write(descriptor, b"\n")
        return tail


def _written(descriptor: int, line: bytes) -> None:
    """Write all of it; the kernel takes a line in one piece unless the disk is full."""
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
