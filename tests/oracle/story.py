"""One seed: a site, a history drawn at random, looks between its operations, and the comparison with the oracle."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.oracle.editor import Clock, Editor, Post
from tests.oracle.operations import TABLE, Operation
from tests.oracle.oracle import Change, Oracle
from tests.oracle.proxy import Proxy
from tests.oracle.watcher import Watcher
from tests.wordpress import WordPress

START = datetime(2024, 3, 1, 8, 0, tzinfo=UTC)
CONFIRM = timedelta(minutes=10)
#: One poll looks at no more suspects than twenty, and a fifth of all posts gone at once is another story.
MOST_REMOVALS = 10
#: Most of what happens to a post happens to one of the last few: several things between two looks, and one on another.
OFTEN, CAST = 0.75, 15


class Story:
    """`Story(site, folder, seed).run(300)` raises AssertionError with the history of the post that is told wrongly.

    `faults`: before every look comes one in which answers are spoilt.
    """

    def __init__(self, site: WordPress, folder: Path, seed: int, *, faults: bool = False) -> None:
        self.rng, self.clock, self.faults = Random(seed), Clock(START), faults
        self.site, self.done = site, 0
        self.told: list[str] = []
        self._removals = 0
        self._cast: list[int] = []
        self.editor = Editor(site, self.clock, self.rng)
        self.proxy = Proxy(self.clock)
        self._found(site)
        self.watcher = Watcher(folder, self.clock, site.url, self.proxy.url, sweep="never")
        self.watcher.poll()
        self.oracle = Oracle(self.editor.posts, confirm=CONFIRM, baseline=self.clock.now)

    def _found(self, site: WordPress) -> None:
        """What is there before anybody looks."""
        editor = self.editor
        # In a process of its own: it leaves its connection to the database in the midst of a transaction.
        many, seed = self.rng.choice((30, 60, 130)), self.rng.randint(1, 99)
        bulk = site.ctl("bulk", many, until="2024-02-01 00:00:00", seed=seed)
        for number in (1, *range(bulk["first_id"], bulk["last_id"] + 1)):
            editor.adopt(number)
        for number in (1, 2):
            editor.ctl("edit", number, date_gmt="2023-05-05 05:05:05", modified_gmt="2023-05-05 05:05:05")
        editor.refresh(editor.posts[1])
        editor.images = [editor.ctl("feature", 1)["featured"] for _ in range(4)]
        editor.ctl("assign", 1, featured=0)
        for _ in range(25):
            self.clock.advance(minutes=self.rng.randint(1, 600))
            editor.create(excerpt=self.rng.choice(("", editor.text())))
        self.clock.advance(days=1)

    def close(self) -> None:
        self.editor.close()
        self.proxy.close()

    def run(self, operations: int) -> None:
        """So many operations, with looks in between; then two looks at a quiet site."""
        while self.done < operations:
            quiet = self._happens(self.rng.randint(2, 10))
            self._look("sweep" if quiet or self.rng.random() < 0.35 else "poll")
        self.settle()
        before = self.watcher.told()
        self._idle()
        assert self.watcher.told() == before, "a look at a quiet site told a Change"
        self.compare_posts()

    def _happens(self, operations: int) -> bool:
        """Do some operations. Returns whether a poll might or might not see what came of them."""
        quiet = False
        for _ in range(operations):
            operation, post = self._drawn()
            self.told.append(f"{self.clock.text} {operation.name}{f' {post.id}' if post is not None else ''}")
            before = len(self.editor.public())
            operation.do(self.editor, *([post] if post is not None else []))
            self._removals += max(0, before - len(self.editor.public()))
            quiet = quiet or operation.is_quiet
            self.done += 1
            self.clock.advance(seconds=self.rng.choice((0, 0, 1, 3, 30, 400)))
        return quiet

    def _drawn(self) -> tuple[Operation, Post | None]:
        while True:
            (operation,) = self.rng.choices(TABLE, weights=[each.weight for each in TABLE])
            if operation.may is None:
                return operation, None
            if self._removals >= MOST_REMOVALS and operation.removes:
                continue
            fitting = [post for post in self.editor.posts.values() if operation.may(post)]
            again = [post for post in fitting if post.id in self._cast]
            if fitting:
                post = self.rng.choice(again if again and self.rng.random() < OFTEN else fitting)
                self._cast = [*[each for each in self._cast if each != post.id], post.id][-CAST:]
                return operation, post

    def _look(self, kind: str) -> None:
        self.clock.advance(seconds=self.rng.choice((0, 2, 20, 300, 3000, 9000)))
        if self.faults or self._removals >= MOST_REMOVALS:
            self.settle()
        elif kind == "sweep":
            self._sweep()
        else:
            self._poll()
        self.compare()

    def _poll(self) -> None:
        self.told.append(f"{self.clock.text} -- poll")
        self.oracle.poll(self.clock.now)
        self.watcher.poll()

    def _sweep(self) -> None:
        self.told.append(f"{self.clock.text} -- sweep")
        self.oracle.sweep(self.clock.now)
        self.watcher.sweep()

    def settle(self) -> None:
        """Look until all is told that is to be told."""
        self._sweep()
        while self.oracle.unsettled():
            self.clock.advance(minutes=11)
            self._poll()
        self._removals = 0

    def _idle(self) -> None:
        for _ in range(2):
            self.clock.advance(minutes=20)
            self._poll()
        self.clock.advance(minutes=20)
        self._sweep()

    def compare(self) -> None:
        """Compare what was told of each post with what was to be told."""
        told, expected = self.watcher.told(), {post: each for post, each in self.oracle.expected.items() if each}
        if told == expected:
            return
        lines = []
        for post in sorted(told.keys() | expected.keys()):
            if told.get(post) != expected.get(post):
                lines.append(f"post {post}: told {_short(told.get(post))}, expected {_short(expected.get(post))}")
                lines += [f"    {line}" for line in self.told if f" {post}" in line[19:] or "--" in line][-12:]
        raise AssertionError("\n".join(lines))

    def compare_posts(self) -> None:
        """Compare the store's posts with the list that the site itself shows to the public."""
        shown: dict[int, tuple[object, ...]] = {}
        for page in range(1, 100):
            fields = "id,link,modified_gmt,date_gmt,title,content"
            url = f"{self.site.url}/wp-json/wp/v2/posts?per_page=50&page={page}&orderby=id&_fields={fields}"
            with urllib.request.urlopen(url) as answer:
                posts = json.load(answer)
                last = page >= int(answer.headers["X-WP-TotalPages"])
            for post in posts:
                state = "protected" if post["content"]["protected"] else "public"
                shown[post["id"]] = (state, post["link"], f"{post['date_gmt']}Z", f"{post['modified_gmt']}Z")
            if last:
                break
        assert self.watcher.posts() == shown


def _short(changes: list[Change] | None) -> Any:
    return [tuple(change) for change in changes or []]
