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
from tests.oracle.proxy import FAULTS, Proxy, unspoilt
from tests.oracle.watcher import Watcher
from tests.wordpress import WordPress

Told = dict[int, list[Change]]

START = datetime(2024, 3, 1, 8, 0, tzinfo=UTC)
CONFIRM = timedelta(minutes=10)
#: One poll looks at no more suspects than twenty, and a fifth of all posts gone at once is another story.
MOST_REMOVALS = 10
#: Most of what happens to a post happens to one of the last few: several things between two looks, and one on another.
OFTEN, CAST = 0.75, 15
#: How often REST is closed for a while.
CLOSED = 0.06
#: So many looks at a site that is well again, an hour apart, and all is told.
PATIENCE = 6


class Story:
    """`Story(site, folder, seed).run(300)` raises AssertionError with the history of the post that is told wrongly.

    `faults`: before every look come some in which answers are spoilt. `closings`: REST is off at times.
    """

    def __init__(
        self, site: WordPress, folder: Path, seed: int, *, faults: bool = False, closings: bool = False
    ) -> None:
        self.rng, self.clock = Random(seed), Clock(START)
        self.faults, self.closings = faults, closings
        self.site, self.done = site, 0
        self.told: list[str] = []
        self._removals = 0
        self._cast: list[int] = []
        self.editor = Editor(site, self.clock, self.rng)
        self.proxy = Proxy(self.clock)
        self._found(site)
        # With a sweep of its own an ordinary look finds more than it has to: nobody could say what exactly.
        self.watcher = Watcher(folder, self.clock, site.url, self.proxy.url, sweep="24h" if faults else "never")
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
            # Amid faults it takes many looks until all is told.
            quiet = self._happens(self.rng.randint(*((10, 25) if self.faults else (2, 10))))
            self._look("sweep" if quiet or self.rng.random() < 0.35 else "poll")
            if self.closings and self.rng.random() < CLOSED:
                self._closed_for_a_while()
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
        if self.faults:
            self._settle_amid_faults()
        elif self._removals >= MOST_REMOVALS:
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

    def _settle_amid_faults(self) -> None:
        """Look amid faults, then until all is told; at no time is anything told that did not happen."""
        self._foresee()
        for _ in range(self.rng.randint(1, 3)):
            self._faulty_look()
            self.clock.advance(minutes=self.rng.choice((11, 25)))
            self.watcher.poll()
            self._compare_so_far()
        for _ in range(PATIENCE):
            self.clock.advance(minutes=61)
            self.oracle.sweep(self.clock.now)
            self.watcher.sweep()
            self._compare_so_far()
            if self.watcher.told() == self._expected():
                break
        self._removals = 0

    def _foresee(self) -> None:
        """Let the oracle look until all is told: nothing happens meanwhile, so faults must not change that."""
        now = self.clock.now
        self.oracle.sweep(now)
        while self.oracle.unsettled():
            now += timedelta(minutes=11)
            self.oracle.poll(now)

    def _closed_for_a_while(self) -> None:
        """REST is switched off and on again, and the feed takes over: the switch itself is never a Change."""
        self.settle()
        self.told.append(f"{self.clock.text} -- REST off")
        self.editor.ctl("plugin", "rest-disabled", "on")
        for _ in range(self.rng.randint(1, 5)):
            self.clock.advance(minutes=self.rng.choice((15, 61)))
            self.watcher.poll()
            self.compare()
        self.editor.ctl("plugin", "rest-disabled", "off")
        self.told.append(f"{self.clock.text} -- REST on")
        self.clock.advance(minutes=61)
        self.settle()
        self.compare()

    def _faulty_look(self) -> None:
        fault, where = self.rng.choice(list(FAULTS)), self.rng.choice(("all", "REST", "feed", "some", "one"))
        look, nth = self.rng.choice(("poll", "sweep")), self.rng.randint(1, 6)
        self.told.append(f"{self.clock.text} -- {look} with {fault} at {where}{f' {nth}' if where == 'one' else ''}")
        asked = 0

        def spoilt(url: str) -> str | None:
            nonlocal asked
            asked += 1
            is_hit = {
                "all": True,
                "REST": "/wp-json/" in url,
                "feed": "/feed/" in url,
                "some": self.rng.random() < 0.5,
                "one": asked == nth,
            }
            return fault if is_hit[where] else None

        self.proxy.fault = spoilt
        self.watcher.poll() if look == "poll" else self.watcher.sweep()
        self.proxy.fault = unspoilt
        self._compare_so_far()

    def _compare_so_far(self) -> None:
        """What was told of each post is the beginning of what is to be told."""
        told, expected = self.watcher.told(), self._expected()
        wrong = [post for post, each in told.items() if each != expected.get(post, [])[: len(each)]]
        self._complain(wrong, told, expected)

    def _idle(self) -> None:
        for _ in range(2):
            self.clock.advance(minutes=20)
            self._poll()
        self.clock.advance(minutes=20)
        self._sweep()

    def compare(self) -> None:
        """Compare what was told of each post with what was to be told."""
        told, expected = self.watcher.told(), self._expected()
        self._complain(sorted(post for post in told | expected if told.get(post) != expected.get(post)), told, expected)

    def _expected(self) -> Told:
        return {post: each for post, each in self.oracle.expected.items() if each}

    def _complain(self, wrong: list[int], told: Told, expected: Told) -> None:
        lines = [f"post {post}: told {_short(told.get(post))}, expected {_short(expected.get(post))}" for post in wrong]
        assert not wrong, "\n".join([*lines, *self._history(wrong)])

    def _history(self, posts: list[int]) -> list[str]:
        """What happened to these posts, and the looks after it."""
        lines = []
        for post in posts:
            looks: list[str] = []
            for line in self.told:
                if line.endswith(f" {post}"):
                    lines += [*looks[-2:], line]
                    looks = []
                elif "--" in line:
                    looks.append(line)
            lines += looks[:3]
        return lines

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
        stored = self.watcher.posts()
        wrong = [post for post in sorted(stored.keys() | shown.keys()) if stored.get(post) != shown.get(post)]
        lines = [f"post {post}: stored {stored.get(post)}, shown {shown.get(post)}" for post in wrong]
        assert not wrong, "\n".join([*lines, *self._history(wrong)])


def _short(changes: list[Change] | None) -> Any:
    return [tuple(change) for change in changes or []]
