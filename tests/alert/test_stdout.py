"""The stdout sink: readable text in order, and a reader that stops reading harms nothing but itself."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from crawler.alert import StdoutSink
from crawler.errors import SinkError
from tests.alert.alerts import payload
from tests.command import Command
from tests.site import Site, serve


@pytest.fixture
def pipe():
    """The end to read from, and the other one as a text stream."""
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as reader, open(writing, "w", encoding="utf-8") as writer:
        yield reader, writer


def fill(descriptor):
    """Write until the pipe takes no more, as it stands when nobody reads it. Returns how much went in."""
    os.set_blocking(descriptor, False)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            count += os.write(descriptor, b"." * 4096)
    with contextlib.suppress(BlockingIOError):
        while True:
            count += os.write(descriptor, b".")
    os.set_blocking(descriptor, True)
    return count


def send(sink, *payloads):
    async def all_of_them():
        return [await sink.send(each) for each in payloads]

    return asyncio.run(all_of_them())


def sink_to(out, **more):
    return StdoutSink("out", zone=UTC, out=out, **more)


def test_alerts_are_text_in_order_with_an_empty_line_after_each(pipe):
    reader, writer = pipe
    send(sink_to(writer), *(payload(number, headline=f"Number {number}") for number in (1, 2, 3)))
    writer.close()
    blocks = reader.read().decode().removesuffix("\n\n").split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == ["Number 1", "Number 2", "Number 3"]
    assert "[-A-]{+B+} post" in blocks[0]


def test_it_may_be_painted_and_kept_in_memory():
    out = io.StringIO()
    send(sink_to(out, paint=str.upper), payload(headline="a title"))
    assert out.getvalue().startswith("A TITLE\n")


def test_a_stream_that_cannot_show_a_character_gets_it_as_an_escape(pipe):
    reader, _ = pipe
    with open(os.dup(pipe[1].fileno()), "w", encoding="ascii") as narrow:
        send(sink_to(narrow), payload(headline="日"))
    assert reader.read(6) == b"\\u65e5"


def test_a_stream_that_was_made_not_to_block_gets_all_of_it(pipe):
    reader, writer = pipe
    before = fill(writer.fileno())
    os.set_blocking(writer.fileno(), False)
    got = bytearray()

    def read():
        while not got.endswith(b"\n\n"):
            got.extend(os.read(reader.fileno(), 4096))

    thread = threading.Thread(target=read)
    thread.start()
    send(sink_to(writer), payload(headline="Late"))
    thread.join()
    assert got[before:].startswith(b"Late\n")


def test_a_reader_that_has_gone_is_a_sink_error(pipe):
    reader, writer = pipe
    reader.close()
    with pytest.raises(SinkError, match="standard output: Broken pipe"):
        send(sink_to(writer), payload())


def test_a_closed_stream_is_a_sink_error(pipe):
    pipe[1].close()
    with pytest.raises(SinkError, match=r"standard output: .*closed"):
        send(sink_to(pipe[1]), payload())


def test_a_pipe_that_nobody_reads_holds_up_no_loop_and_mixes_up_nothing(pipe):
    reader, writer = pipe
    before = fill(writer.fileno())
    sink = sink_to(writer, seconds=0.05)
    with pytest.raises(SinkError, match=r"standard output: not written after 0\.05 s"):
        send(sink, payload(1, headline="First"))
    with pytest.raises(SinkError, match="an earlier alert is still being written"):
        send(sink, payload(2, headline="Second"))
    got = b""
    while not got.endswith(b"\n\n"):
        got += reader.read(4096)
    while True:  # the thread may not have noticed yet that its write has ended
        with contextlib.suppress(SinkError):
            send(sink, payload(1, headline="First"))  # comes again and is there already
            break
        time.sleep(0.01)
    send(sink, payload(2, headline="Second"))
    writer.close()
    told = (got + reader.read())[before:].decode()
    assert [line for line in told.splitlines() if line in ("First", "Second")] == ["First", "Second"]


UNREAD = """
import asyncio, sys
from datetime import UTC
from crawler.alert import StdoutSink
from crawler.errors import SinkError
from tests.alert.alerts import payload

async def main():
    sink = StdoutSink("out", zone=UTC, seconds=0.2)
    for number in (1, 2):
        try:
            await sink.send(payload(number))
        except SinkError as error:
            print(error, file=sys.stderr)

asyncio.run(main())
"""


@pytest.mark.process
def test_a_program_ends_although_its_output_was_never_read(pipe):
    _, writer = pipe
    fill(writer.fileno())
    ended = subprocess.run(
        [sys.executable, "-c", UNREAD], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=30, check=False
    )
    first, second = ended.stderr.splitlines()
    assert ended.returncode == 0
    assert "not written after 0.2 s" in first
    assert "still being written" in second


@pytest.mark.process
def test_a_daemon_whose_output_nobody_reads_watches_on_and_ends_when_it_is_told_to(tmp_path, pipe):
    _, writer = pipe
    fill(writer.fileno())
    site = Site(clock=lambda: datetime.now(UTC))
    site.publish("The post", "<p>Words.</p>", date=datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1))
    with serve(site):
        command = Command(tmp_path, f"  - {{url: '{site.url}/', every: 60s}}")
        assert command("poll").returncode == 0
        daemon = subprocess.Popen(
            command.argv("run"), cwd=tmp_path, env=command.environment, stdout=writer, stderr=subprocess.DEVNULL
        )
        try:
            for number in (1, 2):
                site.edit(1, title=f"Edit {number}")
                wait_for(lambda number=number: is_told(command, number))
            assert len(command.alerts()) >= 1
            asked = time.monotonic()
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=30) == 0
            assert time.monotonic() - asked < 15
        finally:
            daemon.kill()
            daemon.wait()
        assert command.rows("SELECT DISTINCT state FROM alerts WHERE sink = 'out'") == [{"state": "pending"}]


def is_told(command, number):
    """Let everything be due: again each time, as the end of a poll under way makes it due later."""
    with contextlib.closing(sqlite3.connect(command.folder / "crawler.db", timeout=20)) as store, store:
        store.execute("UPDATE endpoints SET next_poll_at = '2020-01-01T00:00:00Z'")
    return len(command.changes()) == number


def wait_for(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
