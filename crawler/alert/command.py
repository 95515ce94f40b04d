"""The `command` Sink: a program that gets the alert object on its standard input; exit 0 means delivered."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Any

from crawler.alert.body import body_of
from crawler.alert.hiding import Hidden
from crawler.alert.writing import SECONDS
from crawler.errors import SinkError
from crawler.render.inert import one_line

#: Of what it prints so much is kept: the end.
_MOST_OUTPUT = 4096
_LONGEST_REPLY = 200
#: When it has ended the last of its output may still be in the pipe.
_LAST_SECONDS = 0.5
#: What systemd tells the daemon and nobody else: a program that has it could speak in the daemon's name.
_OURS = frozenset({"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})


class CommandSink:
    """Starts the program for each alert, in `folder` and without a shell; when it ends, all that it started ends.

    `hidden`: texts that it is told, and may print, and nobody is to read.
    """

    def __init__(
        self,
        name: str,
        run: Sequence[str],
        *,
        folder: Path,
        hidden: Iterable[str] = (),
        full_text: bool = False,
        seconds: float = SECONDS,
    ) -> None:
        self.name, self.full_text = name, full_text
        self._run, self._folder, self._seconds = tuple(run), folder, seconds
        self._hidden = Hidden(hidden)

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        """Run the program. Raises SinkError unless it ends with 0 in time."""
        async with _output() as out, _output() as err:
            code = await self._ended(body_of(payload) + b"\n", out, err)
            await asyncio.wait((out.ended, err.ended), timeout=_LAST_SECONDS)
        if code == 0:
            return out.last_line(self._hidden) or None
        if code is None:
            raise SinkError(f"{self._run[0]} had not ended after {self._seconds:g} s and was killed")
        raise SinkError(f"{self._run[0]} {_how(code)}: {err.last_line(self._hidden)}".removesuffix(": "))

    async def reached(self) -> str:
        """Whether there is such a program; it is not started. Raises SinkError."""
        program = self._run[0]
        found = shutil.which(program)
        if found is not None:
            return found
        is_there = "/" in program and shutil.which(program, os.F_OK) is not None
        raise SinkError(self._why(PermissionError() if is_there else FileNotFoundError()))

    async def _ended(self, line: bytes, out: _Output, err: _Output) -> int | None:
        """The exit code; None when the program did not end by itself."""
        try:
            with _file_of(line) as stdin:
                process = await self._started(stdin, out, err)
        except OSError as error:
            raise SinkError(self._why(error)) from error
        try:
            async with asyncio.timeout(self._seconds):
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            # A session of its own: the program and what it has left running.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            # Even so it may hang, in a file system that is gone.
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _LAST_SECONDS)

    async def _started(self, stdin: IO[bytes], out: _Output, err: _Output) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *self._run,
                stdin=stdin,
                stdout=out.writer,
                stderr=err.writer,
                cwd=self._folder,
                env={name: value for name, value in os.environ.items() if name not in _OURS},
                start_new_session=True,
            )
        finally:
            out.writer.close()
            err.writer.close()

    def _why(self, error: OSError) -> str:
        program = self._run[0]
        if isinstance(error, FileNotFoundError):
            return f"{program}: no such program (without a slash it is looked for in $PATH), or its #! line names none"
        if isinstance(error, PermissionError):
            return f"{program}: may not be executed; `chmod +x` allows it"
        return f"{program}: {error.strerror or error}"


class _Output(asyncio.Protocol):
    """The end of what a program prints. Read by us and not by asyncio's streams: they wait for whoever has the pipe."""

    def __init__(self, writer: IO[bytes]) -> None:
        self.writer = writer
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._kept, self._is_cut = b"", False

    def data_received(self, data: bytes) -> None:
        self._kept += data
        self._is_cut |= len(self._kept) > _MOST_OUTPUT
        self._kept = self._kept[-_MOST_OUTPUT:]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def last_line(self, hidden: Hidden) -> str:
        text = hidden.out_of(self._kept.decode("utf-8", "replace"))
        if self._is_cut:  # it may begin with the rest of one of them
            text = text[hidden.most_bytes :]
        lines = text.strip().splitlines()
        return one_line(lines[-1], _LONGEST_REPLY) if lines else ""


@asynccontextmanager
async def _output() -> AsyncIterator[_Output]:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", 0) as writer:
        output = _Output(writer)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: output, os.fdopen(reading, "rb", 0))
        try:
            yield output
        finally:
            transport.close()


def _file_of(line: bytes) -> IO[bytes]:
    """The alert as a file without a name: a program that does not read it holds up nobody."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed by the caller
    file.write(line)
    file.seek(0)
    return file


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
