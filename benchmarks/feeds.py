"""CPU seconds of `crawler poll` for 1,000 feeds: first reading, all 304, 5 % changed, unchanged without validators.

    python -m benchmarks.feeds [--feeds 300] [--rounds 3] [--tree DIR]…

Several trees (checkouts of the program) are measured in turn, workload by workload.
"""

# ruff: noqa: T201 (it is for people)

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.command import Command, Cost, expect
from benchmarks.simulator import POSTS, Simulator, address, simulator
from crawler.store.opening import open_writer
from crawler.store.searching import index_some

TABLES = ("posts", "revisions", "originals", "changes", "alerts")


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """What the sites do before a poll, and the share of them that then answers 200."""

    name: str
    edition: int
    validators: bool
    #: every n-th site answers 200, the others 304; 0: none does
    nth: int


#: In the order in which they are run on one store.
WORKLOADS = (
    Workload(name="first reading", edition=0, validators=True, nth=1),
    Workload(name="all 304", edition=0, validators=True, nth=0),
    Workload(name="5 % changed", edition=1, validators=True, nth=20),
    Workload(name="unchanged body", edition=1, validators=False, nth=1),
)
FIRST = WORKLOADS[0].name
INDEX = "full-text index of the first reading"

#: CPU seconds by tree and workload
Figures = dict[tuple[Path, str], float]
Runs = list[Figures]


def run(sites: Simulator, command: Command, feeds: int, workload: Workload) -> Cost:
    """Poll all feeds once. Raises RuntimeError unless both sides agree on what was done."""
    sites.tell(edition=workload.edition, validators=workload.validators)
    cost = command.run("poll")
    full = -(-feeds // workload.nth) if workload.nth else 0
    served = sites.tell()
    if workload.name == FIRST:  # finding the feed may take more than one request
        served["200"] = min(served.get("200", 0), full)
    expect(f"{workload.name}: answers 200 and 304", (served.get("200", 0), served.get("304", 0)), (full, feeds - full))
    changing = -(-feeds // 20) if workload.edition else 0
    check_store(command, feeds, changing)
    return cost


def check_store(command: Command, feeds: int, changing: int) -> None:
    """Each site that changes has edited one post and published another; by default only the edit is alerted."""
    wanted = {
        "posts": POSTS * feeds + changing,
        "revisions": POSTS * feeds + 2 * changing,
        "originals": POSTS * feeds + 2 * changing,
        "changes": 2 * changing,
        "alerts": changing,
    }
    found = {table: command.count(f"SELECT count(*) FROM {table}") for table in TABLES}  # noqa: S608 (our names)
    expect("rows in the store", found, wanted)
    delivered = command.count("SELECT count(*) FROM alerts WHERE state = 'delivered'")
    log = command.folder / "alerts.jsonl"
    expect(
        "alerts delivered and written", (delivered, log.read_text().count("\n") if log.exists() else 0), (changing,) * 2
    )


def index_cost(folder: Path) -> float:
    """CPU seconds of the full-text index alone, made anew on a copy of the store."""
    copy = folder / "copy.db"
    shutil.copy(folder / "crawler.db", copy)
    with closing(open_writer(copy)) as connection:
        connection.execute("INSERT INTO revisions_fts (revisions_fts) VALUES ('delete-all')")
        connection.execute("DELETE FROM meta WHERE key = 'indexed_revision'")
        before, more = resource.getrusage(resource.RUSAGE_SELF), True
        while more:
            connection.execute("BEGIN IMMEDIATE")
            more = index_some(connection)
            connection.execute("COMMIT")
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one_round(sites: Simulator, trees: list[Path], feeds: int) -> Figures:
    """CPU seconds by tree and workload, each tree on a fresh store; prints what else one wants to know."""
    found: Figures = {}
    with tempfile.TemporaryDirectory() as name:
        commands = {tree: Command(tree, Path(name, str(place))) for place, tree in enumerate(trees)}
        for command in commands.values():
            command.configure([f"http://{address(site)}:{sites.port}/feed/" for site in range(feeds)])
        for workload in WORKLOADS:
            for tree, command in commands.items():
                cost = run(sites, command, feeds, workload)
                found[tree, workload.name] = cost.cpu
                print(f"{feeds:6,} feeds  {workload.name:15}  {cost}  {tree}", flush=True)
                if workload.name == FIRST:
                    found[tree, INDEX] = index_cost(command.folder)
    return found


def table(feeds: int, tree: Path, whole: Runs, idle: Runs) -> str:
    """Medians for 1,000 feeds: in all, and without what a run without any feed costs."""
    lines = [f"{tree}: CPU seconds per 1,000 feeds", f"{'':38}{'in all':>9}{'marginal':>10}"]
    for name in (*(each.name for each in WORKLOADS), INDEX):
        most, least = (median(each[tree, name] for each in runs) for runs in (whole, idle))
        lines.append(f"{name:38}{1000 * most / feeds:9.2f}{1000 * (most - least) / feeds:10.2f}")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tree", type=Path, action="append", help="a checkout of the program; default: this one")
    asked = parser.parse_args()
    trees = [tree.resolve() for tree in asked.tree or [Path(__file__).parent.parent]]
    whole: Runs = []
    idle: Runs = []
    with simulator(asked.feeds) as sites:
        for _ in range(asked.rounds):
            whole.append(one_round(sites, trees, asked.feeds))
            idle.append(one_round(sites, trees, 0))
    for tree in trees:
        print(f"\n{table(asked.feeds, tree, whole, idle)}")


if __name__ == "__main__":
    main()
