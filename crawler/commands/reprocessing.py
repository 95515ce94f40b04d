"""`reprocess`: texts and hashes of stored Revisions derived again from their originals, as they would be read today.

A hundred Revisions are one transaction: killed at any point, the next one goes on with those that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crawler.commands.polling import Tell, counted, named
from crawler.endpoints.asking import Run
from crawler.model import IgnoreRule, Rederived, Source
from crawler.poll.rederiving import AT_ONCE, derived
from crawler.store import Store
from crawler.text import derivation
from crawler.watch import Watch

#: Tells how far it is: of what, how many are done, of how many.
Progress = Callable[[str, int, int | None], None]


@dataclass(kw_only=True, slots=True)
class _Count:
    """What came of one Source."""

    read: int = 0
    #: those that read otherwise than before
    moved: int = 0
    #: those that could not be read within the limits
    failed: int = 0


async def reprocess(watch: Watch, run: Run, names: Sequence[str], tell: Tell, progress: Progress) -> int:
    """Derive the Revisions of these Sources (none named: all) again. Returns the exit code: 3 if some could not be.

    Raises NotFound for a name that is no Source's, before anything is done.
    """
    sources = [source for source in named(watch, names) if source.name in watch.configs]
    failed = 0
    for source in sources:
        rules = watch.configs[source.name].ignore
        count = await _source(watch.store, run, source, rules, progress)
        failed += count.failed
        tell(_line(source, count))
    return 3 if failed else 0


async def _source(store: Store, run: Run, source: Source, rules: tuple[IgnoreRule, ...], progress: Progress) -> _Count:
    today, count, after = derivation(rules), _Count(), 0
    total = store.stale_revisions(source.id, today)
    while originals := store.stale_originals(source.id, today, after=after, limit=AT_ONCE):
        after = max(originals)
        found = await _derived(run, originals, rules)
        count.moved += await store.rederive(found, today)
        count.read += len(found)
        count.failed += len(originals) - len(found)
        progress(source.name, count.read + count.failed, total)
    return count


async def _derived(run: Run, originals: Mapping[int, bytes], rules: tuple[IgnoreRule, ...]) -> list[Rederived]:
    answers = await derived(run, originals, rules)
    return [
        Rederived(revision_id=number, fields=answer.fields, content_hash=answer.text_hash)
        for number, answer in answers.items()
    ]


def _line(source: Source, count: _Count) -> str:
    """`koreapro.org: 1,203 revisions read again, 14 of them otherwise`."""
    if not count.read and not count.failed:
        return f"{source.name}: nothing to do, all revisions are as they would be read today"
    failed = f"; {counted(count.failed, 'revision')} could not be read and stay as they were" if count.failed else ""
    return f"{source.name}: {counted(count.read, 'revision')} read again, {count.moved:,} of them otherwise{failed}"
