"""Runs the real command and kills its process with SIGKILL at a named step of a poll. Started as a process by tests.

Nothing is replaced: the function that makes the step is wrapped, and the wrapper kills when the step is reached.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def has_change(args: tuple[Any, ...]) -> bool:
    return any(post.change is not None for post in args[1].posts)


def is_content(args: tuple[Any, ...]) -> bool:
    return "include=" in args[1].url


def parses_posts(args: tuple[Any, ...]) -> bool:
    return type(args[1]).__name__ == "ParsePosts"


def always(_args: tuple[Any, ...]) -> bool:
    return True


#: step: (module, what, whether the kill comes before or after it, and which call is meant)
STEPS: dict[str, tuple[str, str, str, Callable[[tuple[Any, ...]], bool]]] = {
    "fetched": ("crawler.endpoints.asking", "read", "after", is_content),
    "parsed": ("crawler.workers", "Workers.run", "after", parses_posts),
    "before the commit": ("crawler.store.sqlite", "SqliteStore.commit", "before", has_change),
    "inside the transaction": ("crawler.store.posting", "_changes", "after", always),
    "after the commit": ("crawler.store.sqlite", "SqliteStore.commit", "after", has_change),
    "before the sink": ("crawler.alert.jsonl", "JsonlSink.send", "before", always),
    "half a line written": ("crawler.alert.jsonl", "_written", "torn", always),
    "after the sink": ("crawler.alert.jsonl", "JsonlSink.send", "after", always),
    "before the sink is marked": ("crawler.store.sqlite", "SqliteStore.delivered", "before", always),
}


def die() -> None:
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def wrap(step: str) -> None:
    module_name, path, when, meant = STEPS[step]
    module: Any = importlib.import_module(module_name)
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, module)
    original = getattr(owner, name)

    if when == "torn":

        def torn(descriptor: int, line: bytes) -> None:
            os.write(descriptor, line[: len(line) // 2])
            die()

        setattr(owner, name, torn)
        return

    if name == "_changes":

        @functools.wraps(original)
        def plain(*args: Any) -> Any:
            result = original(*args)
            if any(post.change is not None for post in args[1].posts):
                die()
            return result

        setattr(owner, name, plain)
        return

    @functools.wraps(original)
    async def stepped(*args: Any, **kwargs: Any) -> Any:
        if when == "before" and meant(args):
            die()
        result = await original(*args, **kwargs)
        if when == "after" and meant(args):
            die()
        return result

    setattr(owner, name, stepped)


if __name__ == "__main__":
    wrap(sys.argv[1])
    sys.argv = ["crawler", *sys.argv[2:]]
    from crawler.__main__ import main

    main()
