"""What was told beside what was to be told, and the history of each post that differs."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.oracle.oracle import Change, Oracle
from tests.oracle.watcher import Watcher

Told = dict[int, list[Change]]


class Comparison:
    """Each method raises AssertionError with all that differs."""

    def __init__(self, site: str, oracle: Oracle, watcher: Watcher, log: list[str]) -> None:
        self._site, self._oracle, self._watcher, self._log = site, oracle, watcher, log

    def expected(self) -> Told:
        return {post: each for post, each in self._oracle.expected.items() if each}

    def is_equal(self) -> bool:
        return self._watcher.told() == self.expected()

    def equal(self) -> None:
        """What was told of each post is what was to be told."""
        told, expected = self._watcher.told(), self.expected()
        self._complain(sorted(post for post in told | expected if told.get(post) != expected.get(post)), told, expected)
        assert self._watcher.notices("flapping") == self._oracle.flapping, "posts that do not settle"

    def so_far(self) -> None:
        """What was told of each post is the beginning of what is to be told."""
        told, expected = self._watcher.told(), self.expected()
        wrong = [post for post, each in told.items() if each != expected.get(post, [])[: len(each)]]
        self._complain(wrong, told, expected)

    def posts(self) -> None:
        """The store's posts are those that the site itself shows to the public."""
        shown, stored = self._shown(), self._watcher.posts()
        wrong = [post for post in sorted(stored.keys() | shown.keys()) if stored.get(post) != shown.get(post)]
        lines = [f"post {post}: stored {stored.get(post)}, shown {shown.get(post)}" for post in wrong]
        assert not wrong, "\n".join([*lines, *self._history(wrong)])

    def _shown(self) -> dict[int, tuple[object, ...]]:
        shown: dict[int, tuple[object, ...]] = {}
        for page in range(1, 100):
            fields = "id,link,modified_gmt,date_gmt,content"
            url = f"{self._site}/wp-json/wp/v2/posts?per_page=50&page={page}&orderby=id&_fields={fields}"
            with urllib.request.urlopen(url) as answer:
                posts = json.load(answer)
                last = page >= int(answer.headers["X-WP-TotalPages"])
            for post in posts:
                state = "protected" if post["content"]["protected"] else "public"
                shown[post["id"]] = (state, post["link"], f"{post['date_gmt']}Z", f"{post['modified_gmt']}Z")
            if last:
                break
        return shown

    def _complain(self, wrong: list[int], told: Told, expected: Told) -> None:
        lines = [f"post {post}: told {_short(told.get(post))}, expected {_short(expected.get(post))}" for post in wrong]
        assert not wrong, "\n".join([*lines, *self._history(wrong)])

    def _history(self, posts: list[int]) -> list[str]:
        """What happened to these posts, and the looks after it."""
        lines = []
        for post in posts:
            looks: list[str] = []
            for line in self._log:
                if line.endswith(f" {post}"):
                    lines += [*looks[-2:], line]
                    looks = []
                elif "--" in line:
                    looks.append(line)
            lines += looks[:3]
        return lines


def _short(changes: list[Change] | None) -> Any:
    return [tuple(change) for change in changes or []]
