"""Child processes for untrusted work: results come back whole, and what goes over a limit costs only its own task."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler import workers as workers_module
from crawler.errors import CrawlerError, ParseError
from crawler.model import Fields, IgnoreRule, Place, Ref
from crawler.tasks import (
    KINDS,
    Compare,
    CompareMany,
    FindPlaces,
    ParseFeed,
    ParseIndex,
    ParseLinks,
    ParseListing,
    ParsePosts,
    ParseStatus,
    ParseTypes,
    Propose,
    Rederive,
    RenderTemplate,
    Task,
    run_inline,
)
from crawler.workers import Limits, Workers
from tests.parse.documents import URL, item, record, rest, rss

GOOD = ParseFeed(body=rss(item(1), item(2)), url=URL, rules=(IgnoreRule(regex="quoted"),), known=frozenset({"x"}))

OLD = Fields(
    title="One", content="The old text.", author=Ref(id=1, name="Kim"), published_at=datetime(2023, 5, 8, tzinfo=UTC)
)
NEW = replace(OLD, title="Two", content="The new text.")
COMPARISON = Compare(old=OLD, new=NEW, fields=("title", "content"), patterns=("new",))


def original() -> bytes:
    (post,) = run_inline(ParsePosts(body=rest(record()))).sightings
    assert post.original is not None
    return post.original


TASKS: list[Task[Any]] = [
    ParsePosts(body=rest(record(1), record(2, id="bad"))),
    ParseListing(body=rest({"id": 1, "date_gmt": "2023-05-08T23:00:24", "modified_gmt": None})),
    ParseIndex(body=b'{"name":"Press","namespaces":["wp/v2"],"gmt_offset":9}'),
    ParseStatus(body=b'{"id":7,"status":"publish"}'),
    RenderTemplate(
        source="{{ type }} {{ timestamp | local }}\n{{ body }}",
        payload='{"type":"test","timestamp":"2023-05-08T23:00:24Z","data":{"source":null,"text":"Nothing."}}',
        zone="Asia/Seoul",
    ),
    ParseTypes(body=b'{"post":{"rest_base":"posts","slug":"post"}}'),
    GOOD,
    ParseLinks(body=b"<link rel='https://api.w.org/' href='/wp-json/'>", url=URL),
    Rederive(originals=(original(),)),
    COMPARISON,
    FindPlaces(old="The old text.", new="The new text."),
    Propose(original=original(), place=Place(old="Text", new="Words")),
    CompareMany(pairs=(COMPARISON, replace(COMPARISON, new=OLD, fields=()))),
]

#: an operator's pattern that takes for ever on this text: only a child can be stopped while it runs
SPIN = Compare(old=Fields(), new=Fields(content="a" * 60), fields=("content",), patterns=("(a+)+$b",))


def in_pool(work: Callable[[Workers], Awaitable[None]], size: int = 1, **limits: Any) -> None:
    async def run() -> None:
        async with Workers(size, Limits(**limits)) as workers:
            await work(workers)

    asyncio.run(run())


def read(path: str) -> bytes:
    return Path(path).read_bytes()


def pids() -> list[int]:
    """Children of this process, dead ones that nobody saw off included; not what other tests' multiprocessing left."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in children if b"multiprocessing" not in read(f"/proc/{pid}/cmdline")]


def test_every_kind_of_task_gives_the_same_in_a_child() -> None:
    async def work(workers: Workers) -> None:
        for task in TASKS:
            assert await workers.run(task) == run_inline(task)
        assert not workers.killed

    assert {type(task).__name__ for task in TASKS} == set(KINDS)
    in_pool(work)


def test_a_parse_error_comes_back_as_it_was() -> None:
    async def work(workers: Workers) -> None:
        for body in (b"", b"[{", b"<html>", b"null"):
            with pytest.raises(ParseError) as here:
                run_inline(ParsePosts(body=body))
            with pytest.raises(ParseError) as there:
                await workers.run(ParsePosts(body=body))
            assert (there.value.reason, str(there.value)) == (here.value.reason, str(here.value))
        assert await workers.run(GOOD) == run_inline(GOOD)

    in_pool(work)


def test_any_other_error_in_a_child_is_a_parse_error_that_names_its_type() -> None:
    async def work(workers: Workers) -> None:
        with pytest.raises(ParseError, match="could not be read: ZstdError") as caught:
            await workers.run(Rederive(originals=(b"not compressed",)))
        assert caught.value.reason == "not_data"

    in_pool(work)


@pytest.mark.parametrize(
    ("limits", "stop", "says"),
    [
        ({"cpu": 0.5}, "cpu", "more than 0.5 s of CPU time"),
        ({"wall": 2}, "wall", "more than 2 s"),
    ],
)
def test_a_task_that_takes_too_long_is_stopped_and_the_next_gets_a_fresh_child(
    limits: dict[str, float], stop: Any, says: str
) -> None:
    async def work(workers: Workers) -> None:
        await workers.run(GOOD)
        before = pids()
        with pytest.raises(ParseError, match=says) as caught:
            await workers.run(SPIN)
        assert caught.value.reason == "too_large"
        assert workers.killed == {stop: 1}
        assert await workers.run(GOOD) == run_inline(GOOD)
        assert not set(before) & set(pids())

    in_pool(work, **limits)
    assert pids() == []


def test_a_task_that_takes_too_much_memory_fails_and_the_next_gets_a_fresh_child() -> None:
    wide = b'[{"id":1,"title":[' + b"[]," * 4_000_000 + b"[]]}]"

    async def work(workers: Workers) -> None:
        with pytest.raises(ParseError, match="more than 200 MiB of memory") as caught:
            await workers.run(ParsePosts(body=wide))
        assert caught.value.reason == "too_large"
        assert workers.killed == {"memory": 1}
        assert await workers.run(GOOD) == run_inline(GOOD)

    in_pool(work, memory=200 * 1024 * 1024)


def test_an_answer_that_is_too_long_fails() -> None:
    async def work(workers: Workers) -> None:
        with pytest.raises(ParseError, match="gave more than") as caught:
            await workers.run(GOOD)
        assert caught.value.reason == "too_large"
        assert workers.killed == {"output": 1}

    in_pool(work, output=100)


def test_a_child_that_dies_costs_its_task_only() -> None:
    async def work(workers: Workers) -> None:
        await workers.run(GOOD)
        task = asyncio.create_task(workers.run(SPIN))
        await asyncio.sleep(0.1)
        (pid,) = pids()
        os.kill(pid, signal.SIGSEGV)
        with pytest.raises(ParseError, match="made the parser crash"):
            await task
        assert workers.killed == {"crash": 1}
        assert await workers.run(GOOD) == run_inline(GOOD)

    in_pool(work)


def test_a_child_that_died_while_idle_costs_nothing() -> None:
    async def work(workers: Workers) -> None:
        await workers.run(GOOD)
        (pid,) = pids()
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            while workers._idle[0].is_alive:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await workers.run(GOOD) == run_inline(GOOD)
        assert not workers.killed

    in_pool(work)


def test_a_cancelled_task_ends_its_child_and_leaves_the_pool_usable() -> None:
    async def work(workers: Workers) -> None:
        await workers.run(GOOD)
        (pid,) = pids()
        task = asyncio.create_task(workers.run(SPIN))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await workers.run(GOOD) == run_inline(GOOD)
        assert pid not in pids()
        assert workers.killed == {"cancelled": 1}

    in_pool(work)


def test_tasks_share_a_bounded_number_of_children_in_the_order_in_which_they_came() -> None:
    done: list[int] = []

    async def one(workers: Workers, number: int) -> None:
        await workers.run(GOOD)
        done.append(number)

    async def work(workers: Workers) -> None:
        await asyncio.gather(*(one(workers, number) for number in range(12)))
        assert len(pids()) == 1

    in_pool(work, size=1)
    assert done == list(range(12))


def test_two_children_work_at_once() -> None:
    async def work(workers: Workers) -> None:
        spinning = asyncio.create_task(workers.run(SPIN))
        assert await workers.run(GOOD) == run_inline(GOOD)
        assert len(pids()) == 2
        assert not spinning.done()
        spinning.cancel()
        await asyncio.gather(spinning, return_exceptions=True)

    in_pool(work, size=2)


def test_a_child_is_replaced_after_its_share_of_tasks() -> None:
    async def work(workers: Workers) -> None:
        seen = set()
        for _ in range(6):
            await workers.run(GOOD)
            seen.update(pids())
        assert len(seen) >= 2
        assert not workers.killed

    in_pool(work, tasks=3)


def test_a_child_that_holds_half_of_its_memory_is_replaced_without_loss() -> None:
    seen: set[int] = set()

    async def work(workers: Workers) -> None:
        for _ in range(3):
            assert await workers.run(GOOD) == run_inline(GOOD)
            seen.update(pids())
        assert not workers.killed

    in_pool(work, memory=60 * 1024 * 1024)
    assert len(seen) >= 2
    assert pids() == []


def test_no_child_is_left_when_the_pool_ends() -> None:
    async def work(workers: Workers) -> None:
        await asyncio.gather(*(workers.run(GOOD) for _ in range(4)))

    in_pool(work, size=2)
    assert pids() == []


def test_a_task_under_way_when_the_pool_ends_fails_and_leaves_no_child() -> None:
    async def run() -> None:
        async with Workers(1) as workers:
            await workers.run(GOOD)
            task = asyncio.create_task(workers.run(SPIN))
            await asyncio.sleep(0.1)
        with pytest.raises(CrawlerError, match="ended already"):
            await task
        assert not workers.killed

    asyncio.run(run())
    assert pids() == []


def test_a_child_ends_when_its_parent_is_gone() -> None:
    async def run() -> None:
        child = await workers_module._Child.start(Limits())
        child._stdin.close()
        async with asyncio.timeout(10):
            assert await child._process.wait() == 0

    asyncio.run(run())


def test_a_terminals_interrupt_and_a_termination_do_not_reach_a_task() -> None:
    async def work(workers: Workers) -> None:
        await workers.run(GOOD)
        (pid,) = pids()
        assert os.getpgid(pid) != os.getpgid(0)
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, each)
        assert await workers.run(GOOD) == run_inline(GOOD)
        assert pids() == [pid]

    in_pool(work)


def test_a_child_sees_nothing_of_the_parents_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESS_PASSWORD", "canary")

    async def work(workers: Workers) -> None:
        await workers.run(GOOD)
        (pid,) = pids()
        assert b"canary" not in read(f"/proc/{pid}/environ")
        limits = read(f"/proc/{pid}/limits").decode().splitlines()
        assert [line.split()[4] for line in limits if line.startswith(("Max file size", "Max core file"))] == ["0", "0"]

    in_pool(work)


def test_a_pool_that_has_ended_takes_no_tasks() -> None:
    async def run() -> None:
        async with Workers() as workers:
            pass
        with pytest.raises(CrawlerError, match="ended already"):
            await workers.run(GOOD)

    asyncio.run(run())


def test_a_child_that_cannot_start_says_how_to_find_out_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(workers: Workers) -> None:
        with pytest.raises(CrawlerError, match=r"could not be started: `false -m crawler\.child") as caught:
            await workers.run(GOOD)
        assert not isinstance(caught.value, ParseError)

    monkeypatch.setattr("sys.executable", "false")
    in_pool(work)
    assert pids() == []


def test_a_child_that_the_system_does_not_start_is_no_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(workers: Workers) -> None:
        with pytest.raises(CrawlerError, match="could not be started: No such file"):
            await workers.run(GOOD)

    monkeypatch.setattr("sys.executable", "/nowhere/python")
    in_pool(work)


def test_the_pool_works_on_uvloop() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def run() -> None:
        async with Workers(1, Limits(wall=2)) as workers:
            assert await workers.run(GOOD) == run_inline(GOOD)
            with pytest.raises(ParseError):
                await workers.run(SPIN)
            assert await workers.run(GOOD) == run_inline(GOOD)

    uvloop.run(run())
    assert pids() == []


def test_a_large_body_travels_whole() -> None:
    body = rss(item(1), item(2, inside=f"<a>{'x' * 10_000_000}</a>"))

    async def work(workers: Workers) -> None:
        assert await workers.run(ParseFeed(body=body, url=URL)) == run_inline(ParseFeed(body=body, url=URL))

    in_pool(work)


def test_limits_travel_as_json() -> None:
    assert msgspec.json.decode(b"{}", type=Limits) == Limits()
