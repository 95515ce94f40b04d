"""CPU seconds of the baseline of a WordPress archive, read whole over REST.

python -m benchmarks.wordpress [--posts 5000] [--rounds 3] [--tree DIR]…
"""

# ruff: noqa: T201 (it is for people)

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks import prose
from benchmarks.command import Command, expect
from tests.site import Site, serve

ROOT = Path(__file__).parent.parent


def archive(posts: int) -> Site:
    """A site with so many posts, one every six hours."""
    site = Site(zone="Asia/Seoul", title="The archive")
    newest = datetime.now(UTC) - timedelta(days=1)
    for number in range(posts):
        seed = f"archive/{number}"
        at = newest - timedelta(hours=6 * (posts - number))
        site.publish(
            prose.title(seed),
            prose.html(seed),
            slug=f"post-{number}",
            date=at,
            modified=at,
            author=f"Author {number % 7}",
            categories=["News", f"Topic {number % 20}"],
        )
    return site


@contextmanager
def served(posts: int) -> Iterator[str]:
    """The archive in a process of its own; yields its URL."""
    command = [sys.executable, "-m", "benchmarks.wordpress", "--serve", str(posts)]
    with subprocess.Popen(  # noqa: S603 (it is this module)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        if process.stdin and process.stdout:
            yield process.stdout.readline().strip()
            process.stdin.close()


def baseline(url: str, tree: Path, posts: int) -> float:
    """Read the whole archive into a fresh store; returns CPU seconds."""
    with tempfile.TemporaryDirectory() as name:
        command = Command(tree, Path(name, "crawler"))
        command.configure([url])
        cost = command.run("poll")
        for table in ("posts", "revisions", "originals"):
            expect(f"rows in {table}", command.count(f"SELECT count(*) FROM {table}"), posts)  # noqa: S608 (our names)
        expect("rows in changes", command.count("SELECT count(*) FROM changes"), 0)
    print(f"{posts:6,} posts  baseline  {cost}  {tree}", flush=True)
    return cost.cpu


def main() -> None:
    """Measure and print, or be the site."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tree", type=Path, action="append", help="a checkout of the program; default: this one")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        with serve(archive(asked.serve)) as url:
            print(url, flush=True)
            sys.stdin.read()
        return
    trees = [tree.resolve() for tree in asked.tree or [ROOT]]
    with served(asked.posts) as url:
        runs = [{tree: baseline(url, tree, asked.posts) for tree in trees} for _ in range(asked.rounds)]
    for tree in trees:
        print(f"{tree}: {median(run[tree] for run in runs):.2f} CPU s, median of {asked.rounds}")


if __name__ == "__main__":
    main()
