"""The child process of `workers`: does one task after another under limits it cannot lift for itself by accident.

Frames go both ways over stdin and stdout: four bytes of length, then msgpack, which carries bytes as they are and
can build nothing but the types named here. It ends when its stdin does.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import resource
import signal
import struct
import sys
from dataclasses import dataclass
from typing import BinaryIO, Literal, NamedTuple

import msgspec

from crawler.errors import ParseError, Reason
from crawler.tasks import KINDS, run_inline

LENGTH = struct.Struct(">I")
#: Objects made until rings of dead ones are looked for. There are next to none, and the default of 700 cost a fifth of
#: the time of large texts.
_GARBAGE = 50_000

#: What a child is stopped for; `wall`, `crash` and `cancelled` are the parent's to see.
Stop = Literal["memory", "cpu", "wall", "output", "crash", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one child may use. A feed of 13 MB with 100,000 posts took 14 s and 221 MB."""

    #: address space, in bytes
    memory: int = 512 * 1024 * 1024
    #: seconds of one task
    cpu: float = 10
    wall: float = 20
    #: bytes of one answer
    output: int = 64 * 1024 * 1024
    #: then a fresh child takes over: whatever leaked or broke into pieces is gone
    tasks: int = 500


class Order(NamedTuple):
    """A task on its way to the child."""

    kind: str
    task: msgspec.Raw


class Failure(NamedTuple):
    """A ParseError on its way back; `stop` when a limit was the cause."""

    reason: Reason
    message: str
    stop: Stop | None = None


class Reply(NamedTuple):
    """An answer: a result of the task's kind, or a failure."""

    result: msgspec.Raw
    failure: Failure | None
    #: the child ends after this one
    is_last: bool


def main() -> None:
    """Serve tasks until stdin ends. The only argument is the Limits as JSON."""
    limits = msgspec.json.decode(sys.argv[1], type=Limits)
    _confine(limits)
    gc.set_threshold(_GARBAGE)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    _write(stdout, b"")  # ready
    done = 0
    while (frame := _read(stdin)) is not None:
        done += 1
        _allow_cpu(limits.cpu)
        reply = _reply(frame, limits, done)
        _write(stdout, msgspec.msgpack.encode(reply))
        if reply.is_last:
            return


def _confine(limits: Limits) -> None:
    # A terminal's Ctrl-C and systemd's SIGTERM are for the parent: it finishes or drops the task, then ends us.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    for limit, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(limit, (most, most))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # not every system has it


def _allow_cpu(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _reply(frame: bytes, limits: Limits, done: int) -> Reply:
    result, failure = b"\xc0", None
    try:
        result = _result(frame)
    except ParseError as error:
        failure = Failure(error.reason, str(error))
    except MemoryError:
        failure = Failure("too_large", f"reading it took more than {limits.memory >> 20} MiB of memory", "memory")
    except Exception as error:  # hostile input makes parsers raise nearly anything
        failure = Failure("not_data", f"could not be read: {type(error).__name__}")
    if len(result) > limits.output:
        result, failure = b"\xc0", Failure("too_large", f"gave more than {limits.output >> 20} MiB of text", "output")
    is_last = done >= limits.tasks or _resident() > limits.memory // 2 or bool(failure and failure.stop)
    return Reply(msgspec.Raw(result), failure, is_last)


def _result(frame: bytes) -> bytes:
    order = msgspec.msgpack.decode(frame, type=Order)
    task = msgspec.msgpack.decode(order.task, type=KINDS[order.kind].task)
    return msgspec.msgpack.encode(run_inline(task))


def _resident() -> int:
    """Bytes of memory in use; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    frame = stream.read(length)
    return frame if len(frame) == length else None


def _write(stream: BinaryIO, frame: bytes) -> None:
    stream.write(LENGTH.pack(len(frame)) + frame)
    stream.flush()


if __name__ == "__main__":
    # When the parent is gone there is nobody to answer to.
    with contextlib.suppress(BrokenPipeError):
        main()
