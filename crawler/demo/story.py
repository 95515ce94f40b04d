"""What happens on the demo's site: an archive, then one deed after the other, each with the look that finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from crawler.demo.posts import Post
from crawler.demo.site import Site
from crawler.model.change import ChangeKind

TITLE, ZONE = "The Harbour Gazette", "Europe/London"

_PROMISE = (
    "<p>The mayor said on Tuesday that the town library will keep all of its 14 posts.</p>"
    "<p>“Nobody will be dismissed as long as I am in office,” she told the council.</p>"
)
_BROKEN = (
    "<p>The mayor said on Tuesday that the town library will keep most of its 14 posts.</p>"
    "<p>“I hope that nobody will be dismissed,” she told the council.</p>"
)
_STORM = (
    "<p>The storm of Sunday night has damaged {boats} boats in the old harbour, the harbour master said.</p>"
    "<p>Nobody was hurt. Divers will look at the quay wall{day}.</p>"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """Something done to a post that people are to be told of."""

    kind: ChangeKind
    title: str
    silent: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """One deed, told, and how it is looked for; without a deed there is nothing to be found."""

    told: str
    looks: tuple[Literal["poll", "sweep"], ...]
    deed: Deed | None = None


def opened() -> Site:
    """A site with an archive, the newest post nine hours old."""
    site = Site(title=TITLE, zone=ZONE)
    archive = {
        "Council votes for a new ferry quay": "<p>The council has voted 9 to 4 for a new ferry quay.</p>",
        "Fish market opens on Sundays": "<p>From May on the fish market will open on Sundays, too.</p>",
        "School choir sings at the regatta": "<p>Sixty voices will be heard from the pier on Saturday.</p>",
        "Waterworks director bought shares": "<p>The director bought shares a week before the vote.</p>",
        "Mayor promises no cuts at the library": _PROMISE,
        "Lighthouse repairs cost 1.2 million": "<p>The lighthouse is to shine again by Christmas.</p>",
        "Storm damages 12 boats in old harbour": _STORM.format(boats=12, day=""),
    }
    for age, (title, content) in zip(range(len(archive), 0, -1), archive.items(), strict=True):
        moment = site.clock() - timedelta(days=age - 1, hours=9)
        site.publish(title, content, date=moment, modified=moment, author="Ada Quay", categories=["Town"])
    return site


def story(site: Site) -> Iterator[Chapter]:
    """Do one deed after the other; each is done when its chapter comes."""
    post = site.publish(
        "Ferry strike called off after a night of talks",
        "<p>The ferries run again from six o'clock. Crews get 4.5 per cent more pay.</p>",
        author="Ada Quay",
        categories=["Town"],
    )
    yield Chapter(told="A reporter publishes a post:", looks=("poll",), deed=Deed(kind="published", title=post.title))
    storm = _titled(site, "Storm")
    title = storm.title.replace("12", "21")
    site.edit(storm.id, title=title, content=_STORM.format(boats=21, day=" on Wednesday"))
    told = "An editor corrects a figure in headline and text, and presses Update:"
    yield Chapter(told=told, looks=("poll",), deed=Deed(kind="edited", title=title, silent=False))
    site.edit(_titled(site, "Lighthouse").id)
    yield Chapter(told="Somebody presses Update and has changed nothing. That is no news:", looks=("poll",))
    promise = site.silent_edit(_titled(site, "Mayor").id, content=_BROKEN)
    told = "Two sentences are reworded in the database; the modified date stays. No poll sees that, a sweep does:"
    yield Chapter(told=told, looks=("poll", "sweep"), deed=Deed(kind="edited", title=promise.title, silent=True))
    shares = _titled(site, "Waterworks")
    site.delete(shares.id)
    told = "A post is deleted. A sweep misses it, a second look makes sure:"
    yield Chapter(told=told, looks=("sweep", "poll"), deed=Deed(kind="deleted", title=shares.title))


def _titled(site: Site, beginning: str) -> Post:
    return next(post for post in site.posts.values() if post.title.startswith(beginning))
