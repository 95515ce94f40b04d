"""The `atom` Sink: a feed with an entry an alert, newest first, replaced whole so that no reader sees half of one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from lxml import etree

from crawler import __version__
from crawler.alert.entry import NAMESPACES, add, entry, name, urn
from crawler.alert.writing import SECONDS, Writing, check_writable, sync_folder
from crawler.errors import SinkError
from crawler.render import worded
from crawler.render.alert import time_text

_GENERATOR = "crawler"


class AtomSink:
    """Keeps the newest `entries` in one file, and reads its own file back after a restart."""

    full_text = False

    def __init__(
        self,
        sink_name: str,
        path: Path,
        *,
        entries: int,
        zone: tzinfo,
        clock: Callable[[], datetime],
        seconds: float = SECONDS,
    ) -> None:
        self.name, self._path, self._entries = sink_name, path, entries
        self._zone, self._clock = zone, clock
        self._writing = Writing(str(path), seconds=seconds)
        #: what was written last, and the file's look then: nobody else has touched one that still looks so
        self._known: tuple[etree._Element, tuple[int, ...]] | None = None

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        """Put one entry on top, unless the feed has it. Raises SinkError."""
        alert_id = payload["data"]["id"]
        made = entry(payload, worded(payload, self._zone))
        return await self._writing.do(alert_id, lambda: self._put(made))

    async def reached(self) -> str:
        """Whether the feed could be written; it is not. Raises SinkError."""
        await self._writing.do("", self._looked_at)
        return str(self._path)

    def _looked_at(self) -> None:
        path = Path(os.path.realpath(self._path))
        check_writable(path, replaced=True)
        self._feed(path)

    def _put(self, made: etree._Element) -> str | None:
        path = Path(os.path.realpath(self._path))
        with _alone_in(path.parent) as folder:
            feed = self._feed(path)
            is_repeat = any(
                each.findtext(name("id")) == made.findtext(name("id")) for each in feed.iterfind(name("entry"))
            )
            self._known = None  # until it is written: it changes in memory first
            if not is_repeat:
                self._renew(feed, made)
            # Also one that is there already: if the sync of it failed, another one would prove nothing.
            _replace(path, etree.tostring(feed, xml_declaration=True, encoding="utf-8"), folder)
            self._known = feed, _look(path)
        return "it was there already" if is_repeat else None

    def _renew(self, feed: etree._Element, made: etree._Element) -> None:
        updated = feed.find(name("updated"))
        if updated is not None:
            updated.text = time_text(self._clock())
        made.tail = "\n"
        old = feed.findall(name("entry"))
        feed.insert(feed.index(old[0]) if old else len(feed), made)
        for each in old[self._entries - 1 :]:
            feed.remove(each)

    def _feed(self, path: Path) -> etree._Element:
        """The feed as it stands, or a new one. Raises SinkError for a file that is not ours to replace."""
        try:
            look = _look(path)
            if self._known is not None and self._known[1] == look:
                return self._known[0]
            text = path.read_bytes()
        except FileNotFoundError:
            text = b""
        return self._read(text) if text.strip() else self._new()

    def _read(self, text: bytes) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            feed = etree.fromstring(text, parser)
        except etree.XMLSyntaxError as error:
            raise SinkError(f"{self._path}: is damaged ({error.msg}); move it away, and a new one is begun") from None
        if feed.tag != name("feed") or feed.findtext(name("generator")) != _GENERATOR:
            raise SinkError(f"{self._path}: is no feed of crawler and is left as it is; move it away or change `path`")
        return feed

    def _new(self) -> etree._Element:
        feed = etree.Element(name("feed"), nsmap=NAMESPACES)
        add(feed, "id", urn(f"{self.name}\n{self._path}"))
        add(feed, "title", f"{self.name}: changes seen by crawler", type="text")
        add(feed, "updated", time_text(self._clock()))
        add(feed, "generator", _GENERATOR, version=__version__)
        for each in feed:
            each.tail = "\n"
        return feed


def _look(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def _alone_in(folder: Path) -> Iterator[int]:
    """The folder open and locked: `alerts test` beside the daemon would else undo what that has just written."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a file system that knows no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _replace(path: Path, text: bytes, folder: int) -> None:
    """Write a file beside it and rename that: after a crash there is the old one or the new one."""
    beside = path.with_name(f".{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(beside, flags, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        with suppress(FileNotFoundError):  # who may read it is for its owner to say
            os.fchmod(descriptor, path.stat().st_mode & 0o777)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    os.replace(beside, path)
    sync_folder(folder)
