"""One seed: a site, a history drawn at random, looks between its operations, and the comparison with the oracle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from tests.oracle.comparison import Comparison
from tests.oracle.editor import Clock, Editor, Post
from tests.oracle.operations import BACK, TABLE, Operation
from tests.oracle.oracle import Oracle
from tests.oracle.proxy import Proxy
from tests.oracle.watcher import Watcher
from tests.wordpress import WordPress

START = datetime(2024, 3, 1, 8, 0, tzinfo=UTC)
CONFIRM = timedelta(minutes=10)
#: One poll looks at no more suspects than twenty, and a fifth of all posts gone at once has a story of its own.
MOST_REMOVALS, PART = 10, 0.15
#: Most of what happens to a post happens to one of the last few: several things between two looks, and one on another.
OFTEN, CAST = 0.75, 15
#: How often a post goes to and fro between two texts.
FLIPS = 0.04


class Story:
    """`Story(site, folder, seed).run(300)` raises AssertionError with the history of the post that is told wrongly.

    The stories of `troubles` override what comes before and after a look.
    """

    #: How many operations lie between two looks.
    pace = (2, 10)
    # With a sweep of its own an ordinary look finds more than it has to: nobody could say what exactly.
    sweep_every = "never"
    #: Whether the old posts are without pictures and other rich markup, and so shown in a third of the time.
    is_plain = False

    def __init__(self, site: WordPress, folder: Path, seed: int) -> None:
        self.rng, self.clock = Random(seed), Clock(START)
        self.done, self.log = 0, list[str]()
        self.removals = 0
        self._cast: list[int] = []
        self.editor = Editor(site, self.clock, self.rng)
        self.proxy = Proxy(self.clock)
        self._found(site)
        self.watcher = Watcher(folder, self.clock, site.url, self.proxy.url, sweep=self.sweep_every)
        self.oracle = Oracle(self.editor.posts, confirm=CONFIRM)
        self.compare = Comparison(site.url, self.oracle, self.watcher, self.log)

    def _found(self, site: WordPress) -> None:
        """What is there before anybody looks."""
        editor = self.editor
        # In a process of its own: it leaves its connection to the database in the midst of a transaction.
        many, seed = self.rng.choice((30, 60, 130)), self.rng.randint(1, 99)
        bulk = site.ctl("bulk", many, until="2024-02-01 00:00:00", seed=seed, plain=self.is_plain)
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

    def first_look(self) -> None:
        """The first reading of the archive, which tells nothing."""
        self.watcher.poll()
        self.oracle.begin(self.clock.now)

    def close(self) -> None:
        self.editor.close()
        self.proxy.close()

    def run(self, operations: int) -> None:
        """So many operations, with looks in between; then two looks at a quiet site."""
        self.first_look()
        while self.done < operations:
            quiet = self.happens(self.rng.randint(*self.pace))
            self.clock.advance(seconds=self.rng.choice((0, 2, 20, 300, 3000, 9000)))
            self.look(must_sweep=quiet)
            self.compare.equal()
            self.between()
        self.settle()
        before = self.watcher.told()
        self._idle()
        assert self.watcher.told() == before, "a look at a quiet site told a Change"
        self.compare.equal()
        self.compare.posts()

    def look(self, *, must_sweep: bool) -> None:
        """What the crawler does after some operations."""
        if self.removals >= self.most_removals:
            self.settle()
        elif must_sweep or self.rng.random() < 0.35:
            self.sweep()
        else:
            self.poll()

    def between(self) -> None:
        """What else happens now and then."""
        if self.rng.random() < FLIPS:
            self._flips()

    def _flips(self) -> None:
        """Two caches answer in turn, one with a text as it was: at last it is told, once, that this does not settle."""
        fitting = [post for post in self.editor.posts.values() if BACK.may and BACK.may(post) and not post.password]
        if not fitting:
            return
        post = self.rng.choice(fitting)
        for _ in range(self.rng.randint(2, 9)):
            self.do(BACK, post)
            self.clock.advance(minutes=self.rng.choice((0, 1, 20)))
            self.sweep()
            self.compare.equal()

    @property
    def most_removals(self) -> int:
        return min(MOST_REMOVALS, int(len(self.editor.public()) * PART))

    def happens(self, operations: int) -> bool:
        """Do some operations. Returns whether a poll might or might not see what came of them."""
        quiet = False
        for _ in range(operations):
            operation, post = self._drawn()
            before = len(self.editor.public())
            self.do(operation, post)
            self.removals += max(0, before - len(self.editor.public()))
            quiet = quiet or operation.is_quiet
            self.clock.advance(seconds=self.rng.choice((0, 0, 1, 3, 30, 400)))
        return quiet

    def do(self, operation: Operation, post: Post | None) -> None:
        self.log.append(f"{self.clock.text} {operation.name}{f' {post.id}' if post is not None else ''}")
        operation.do(self.editor, *([post] if post is not None else []))
        self.done += 1

    def _drawn(self) -> tuple[Operation, Post | None]:
        while True:
            (operation,) = self.rng.choices(TABLE, weights=[each.weight for each in TABLE])
            if operation.may is None:
                return operation, None
            if self.removals >= self.most_removals and operation.removes:
                continue
            fitting = [post for post in self.editor.posts.values() if operation.may(post)]
            again = [post for post in fitting if post.id in self._cast]
            if fitting:
                post = self.rng.choice(again if again and self.rng.random() < OFTEN else fitting)
                self._cast = [*[each for each in self._cast if each != post.id], post.id][-CAST:]
                return operation, post

    def poll(self) -> None:
        self.log.append(f"{self.clock.text} -- poll")
        self.oracle.poll(self.clock.now)
        self.watcher.poll()

    def sweep(self, *, accept: bool = False) -> None:
        self.log.append(f"{self.clock.text} -- sweep{' --accept-removals' if accept else ''}")
        self.oracle.sweep(self.clock.now, accept=accept)
        self.watcher.sweep(accept=accept)

    def settle(self, again: Callable[[], None] | None = None) -> None:
        """Look until all is told that is to be told: a sweep, and then polls, or what `again` does."""
        self.sweep()
        while self.oracle.unsettled():
            self.clock.advance(minutes=11)
            (again or self.poll)()
        self.removals = 0

    def _idle(self) -> None:
        for _ in range(2):
            self.clock.advance(minutes=20)
            self.poll()
        self.clock.advance(minutes=20)
        self.sweep()
