"""Stories of sites in trouble: answers are spoilt, REST is closed at times, many posts go at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from tests.oracle.operations import BESIDE_REST, TABLE, own
from tests.oracle.proxy import unspoilt
from tests.oracle.story import Story

#: Those that come before every look, one look each; of the others one.
SIX = ("cut", "500", "429", "truncated", "html", "half")
OTHERS = ("503", "403", "404", "empty", "notice", "closed", "no route")
#: Lies that a crawler might believe, in turn: what is asked for when they come, and what they are.
LIES = (
    ("each post", ("forbidden", "no such post")),
    ("what is gone", ("403", "404", "closed", "no route")),
    ("archive", ("thin",)),
    ("each post", ("no such post", "forbidden")),
    ("archive", ("none",)),
)
#: A post by itself, and the archive page by page.
_SINGLE, _PAGE = re.compile(r"/wp/v2/posts/(\d+)\?"), re.compile(r"/wp/v2/posts\?orderby=date.*_embed=")
#: So many looks at a site that is well again, an hour apart, and all is told.
PATIENCE = 6
#: How often REST is closed for a while; how often many posts go at once.
CLOSED, GONE = 0.15, 0.08


class Faulty(Story):
    """Before every look come some in which answers are spoilt, each time by another fault."""

    # It takes many looks until all is told.
    pace = (30, 50)
    sweep_every = "24h"
    is_plain = True
    _rounds = 0

    def first_look(self) -> None:
        """Read the archive amid faults: what a page that failed would leave out would be told as news later on."""
        # An empty page looks like the end. More failures would have REST given up for the feed.
        for fault in ("empty", self.rng.choice(("cut", "500", "truncated", "half"))):
            assert self._faulty_look(fault, "archive", self.watcher.poll), f"{fault} hits nothing"
        super().first_look()
        self.compare.equal()

    def look(self, *, must_sweep: bool) -> None:
        """Look amid faults, then until all is told; at no time is anything told that did not happen."""
        for operation in (each for each in TABLE if each.name in ("trash", "delete")):
            # Of both there is something to lie about.
            self.do(operation, self.rng.choice([post for post in self.editor.public() if own(post)]))
        self._foresee()
        self._lied_to()
        faults = [*SIX, self.rng.choice(OTHERS)]
        self.rng.shuffle(faults)
        for number, fault in enumerate(faults):
            where = self.rng.choice(("all", "REST", "feed", "some", "one"))
            if not self._faulty_look(fault, where, self.rng.choice((self.watcher.poll, self.watcher.sweep))):
                # There was nothing to spoil, as where a feed has nothing new.
                assert self._faulty_look(fault, "all", self.watcher.sweep), f"{fault} hits nothing"
            if number % 2:
                # REST that fails three times in a row is given up for the feed: that is another story.
                self.watcher.poll()
                self._is_calm()
        for _ in range(PATIENCE):
            self.clock.advance(minutes=61)
            self.oracle.sweep(self.clock.now)
            self.watcher.sweep()
            self._is_calm()
            if self.compare.is_equal():
                break
        self.removals = 0

    def _is_calm(self) -> None:
        """Nothing was told that did not happen, and nobody believes that many posts are gone."""
        self.compare.so_far()
        assert not self.watcher.notices("suspect"), "the site was believed to have lost many posts"

    def _foresee(self) -> None:
        """Let the oracle look until all is told: nothing happens meanwhile, so faults must not change that."""
        now = self.clock.now
        self.oracle.sweep(now)
        while self.oracle.unsettled():
            now += timedelta(minutes=11)
            self.oracle.poll(now)

    def _lied_to(self) -> None:
        """Two sweeps, far enough apart to prove a removal, that are told one and the same lie."""
        where, lies = LIES[self._rounds % len(LIES)]
        self._rounds += 1
        fault = self.rng.choice(lies)
        for _ in range(2):
            self._faulty_look(fault, where, self.watcher.sweep)

    def _faulty_look(self, fault: str, where: str, look: Callable[[], object]) -> bool:
        """One look with a fault somewhere; returns whether it hit an answer."""
        nth = self.rng.randint(1, 3)
        self.log.append(f"{self.clock.text} -- {look.__name__} with {fault} at {where}")
        asked, before = 0, len(self.proxy.asked)
        gone = {post.id for post in self.editor.posts.values() if not post.is_public}

        def spoilt(url: str) -> str | None:
            nonlocal asked
            asked += 1
            is_hit = {
                "all": True,
                "REST": "/wp-json/" in url,
                "feed": "/feed/" in url,
                "some": asked == 1 or self.rng.random() < 0.5,
                "one": asked == nth,
                "each post": _SINGLE.search(url) is not None,
                "what is gone": any(int(post) in gone for post in _SINGLE.findall(url)),
                "archive": _PAGE.search(url) is not None,
            }
            return fault if is_hit[where] else None

        self.proxy.fault = spoilt
        look()
        self.proxy.fault = unspoilt
        self._is_calm()
        # Longer than the fault's own Retry-After.
        self.clock.advance(minutes=self.rng.choice((11, 25)))
        return any(hit == fault for _, hit in self.proxy.asked[before:])


class Closing(Story):
    """REST is switched off now and then, and the feed takes over: the switch is no Change, an edit meanwhile is one."""

    def between(self) -> None:
        if self.rng.random() < CLOSED:
            self.settle()
            self.watcher.may_be_feed = True
            self._closed()

    def _closed(self) -> None:
        self.log.append(f"{self.clock.text} -- REST off")
        self.editor.ctl("plugin", "rest-disabled", "on")
        untouched = set(self.editor.posts)
        for _ in range(self.rng.randint(1, 5)):
            for _ in range(self.rng.randint(0, 3)):
                operation = self.rng.choice(BESIDE_REST)
                fitting = [self.editor.posts[post] for post in untouched if operation.may(self.editor.posts[post])]
                # The feed shows the newest.
                fitting = sorted(fitting, key=lambda post: post.published_at, reverse=True)[:20]
                post = self.rng.choice(fitting)
                # Of two edits REST will tell one, where the feed has told both.
                untouched.discard(post.id)
                self.do(operation, post)
                self.clock.advance(seconds=self.rng.choice((0, 3, 30)))
            self.clock.advance(minutes=self.rng.choice((15, 61)))
            self.log.append(f"{self.clock.text} -- poll")
            self.watcher.poll()
        self.editor.ctl("plugin", "rest-disabled", "off")
        self.log.append(f"{self.clock.text} -- REST on")
        self.clock.advance(minutes=61)
        self.settle()
        self.compare.equal()


class Emptied(Story):
    """More posts than can be believed go at once: until three sweeps agree, or the operator does, or they are back."""

    is_plain = True

    def between(self) -> None:
        if self.rng.random() < GONE and len(self.editor.public()) > 50:
            self.settle()
            self._emptied(self.rng.choice(("agree", "accept", "back")))

    def _emptied(self, end: str) -> None:
        public = self.editor.public()
        gone = self.rng.sample(public, len(public) // 4)
        for post in gone:
            self.log.append(f"{self.clock.text} trashed with many {post.id}")
            self.editor.saved(post, "trash")
        self.clock.advance(minutes=20)
        self._held()
        if end == "accept":
            self.sweep(accept=True)
        elif end == "back":
            for post in gone:
                self.log.append(f"{self.clock.text} back with many {post.id}")
                self.editor.saved(post, "untrash")
        self.clock.advance(minutes=20)
        self.settle(self.sweep)
        self.compare.equal()
        assert self.watcher.one("SELECT state FROM sources") == "active"

    def _held(self) -> None:
        """Two sweeps and polls amid other operations: the site is suspect, and of what is missing nothing is told."""
        for _ in range(2):
            self.removals = self.most_removals
            self.happens(self.rng.randint(1, 3))
            self.clock.advance(minutes=20)
            self.sweep()
            assert self.watcher.one("SELECT state FROM sources") == "suspect"
            self.compare.equal()
            self.clock.advance(minutes=20)
            self.poll()
            self.compare.equal()
