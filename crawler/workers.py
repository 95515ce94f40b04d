"""A small pool of child processes that parse, normalise and diff what the world sent, under limits.

    async with Workers() as workers:
        page = await workers.run(ParseFeed(body=body, url=url))

A hostile document costs its own task: the child dies or is killed, the task fails as `too_large`, and the next
one gets a fresh child.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import cast

import msgspec

from crawler.child import LENGTH, Limits, Order, Reply, Stop
from crawler.errors import CrawlerError, ParseError
from crawler.tasks import KINDS, Result, Task, run_inline

__all__ = ["Limits", "Workers", "run_inline"]

#: A child starts within 0.1 s on an idle machine; this is for one that swaps.
_START = 30.0
_STOP = 2.0
_DEFAULTS = Limits()
_ENDED = "the child processes have been ended already"


class Workers:
    """At most `size` children; tasks wait for one in the order in which they came.

    Leaving the context ends all children; a task that is still under way then raises CrawlerError. `told` is called
    for each child that had to be stopped, with what for.
    """

    def __init__(
        self, size: int = 2, limits: Limits = _DEFAULTS, *, told: Callable[[Stop], None] = lambda _: None
    ) -> None:
        #: children stopped so far, by what for
        self.killed: Counter[Stop] = Counter()
        self._limits, self._told = limits, told
        self._turn = asyncio.Semaphore(size)
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def __aenter__(self) -> Workers:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_closed = True
        for child in self._busy:
            child.kill()
        for child in (*self._idle, *self._busy):
            self._end(child)
        await asyncio.gather(*self._endings)

    async def run(self, task: Task[Result]) -> Result:
        """Have the task done. Raises ParseError for what cannot be read, or not within the limits."""
        kind = type(task).__name__
        frame = msgspec.msgpack.encode(Order(kind, msgspec.Raw(msgspec.msgpack.encode(task))))
        async with self._turn:
            child = await self._ready()
            self._busy.add(child)
            try:
                reply = await self._ask(child, frame)
            finally:
                self._busy.discard(child)
            if reply.is_last:
                self._end(child)
            else:
                self._idle.append(child)
        if reply.failure is None:
            result: Result = msgspec.msgpack.decode(reply.result, type=KINDS[kind].result)
            return result
        if reply.failure.stop:
            self._count(reply.failure.stop)
        raise ParseError(reply.failure.reason, reply.failure.message)

    async def _ready(self) -> _Child:
        self._check_open()
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
        child = await _Child.start(self._limits)
        try:
            self._check_open()
        except CrawlerError:
            self._end(child)
            raise
        return child

    def _check_open(self) -> None:
        if self._is_closed:
            raise CrawlerError(_ENDED)

    async def _ask(self, child: _Child, frame: bytes) -> Reply:
        try:
            async with asyncio.timeout(self._limits.wall):
                return await child.ask(frame, self._limits.output)
        except TimeoutError:
            raise self._killed(child, "wall") from None
        except (EOFError, OSError):
            self._check_open()
            raise self._killed(child, await child.death()) from None
        except asyncio.CancelledError:
            self._killed(child, "cancelled")
            raise

    def _killed(self, child: _Child, stop: Stop) -> ParseError:
        self._count(stop)
        child.kill()
        self._end(child)
        limits = self._limits
        why = {
            "cpu": f"took more than {limits.cpu:g} s of CPU time",
            "wall": f"took more than {limits.wall:g} s",
            "memory": f"took more than {limits.memory >> 20} MiB of memory",
        }.get(stop, "made the parser crash")
        return ParseError("too_large", f"reading it {why}, so it was given up")

    def _count(self, stop: Stop) -> None:
        self.killed[stop] += 1
        self._told(stop)

    def _end(self, child: _Child) -> None:
        """Let the child go: it ends when its stdin is closed, or is killed. Nobody waits for it but the pool's end."""
        ending = asyncio.get_running_loop().create_task(child.end())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)


class _Child:
    """One child process, from the parent's side."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._stdin = cast(asyncio.StreamWriter, process.stdin)
        self._stdout = cast(asyncio.StreamReader, process.stdout)

    @classmethod
    async def start(cls, limits: Limits) -> _Child:
        arguments = "-B", "-P", "-W", "ignore", "-m", "crawler.child", msgspec.json.encode(limits).decode()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUTF8": "1"},
                cwd=os.sep,
                start_new_session=True,
            )
        except OSError as error:  # no file or process to be had just now
            raise CrawlerError(f"the parsing process could not be started: {error.strerror}") from error
        child = cls(process)
        try:
            async with asyncio.timeout(_START):
                await child._frame(0)
        except BaseException as error:
            child.kill()
            await child.end()
            if isinstance(error, (TimeoutError, EOFError, OSError)):
                command = f"`{sys.executable} -m crawler.child '{{}}'`"
                raise CrawlerError(f"the parsing process could not be started: {command} shows why") from None
            raise
        return child

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, frame: bytes, most: int) -> Reply:
        """The reply to a task. Raises EOFError or OSError when the child dies of it."""
        self._stdin.write(LENGTH.pack(len(frame)))
        self._stdin.write(frame)
        await self._stdin.drain()
        return msgspec.msgpack.decode(await self._frame(most + 1024), type=Reply)

    async def _frame(self, most: int) -> bytes:
        (length,) = LENGTH.unpack(await self._stdout.readexactly(LENGTH.size))
        if length > most:
            raise EOFError
        return await self._stdout.readexactly(length)

    async def death(self) -> Stop:
        """What the child died of; it is killed if it only stopped making sense."""
        try:
            async with asyncio.timeout(_STOP):
                code = await self._process.wait()
        except TimeoutError:
            return "crash"
        # Nobody but the kernel, short of memory, sends SIGKILL before we do.
        return "cpu" if code == -signal.SIGXCPU else "memory" if code == -signal.SIGKILL else "crash"

    def kill(self) -> None:
        if self.is_alive:
            self._process.kill()

    async def end(self) -> None:
        """Close its stdin and see it off."""
        self._stdin.close()
        try:
            async with asyncio.timeout(_STOP):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
