"""What a look at an endpoint means: (known, sightings) -> what to write. Pure: no clock, no network, no store.

    sighting ── which Post? ──> unknown ──> published (or adopted without a Change)
                           └──> known ──> same raw hash ......... only seen
                                          same text ............. hashes move, nothing else
                                          a witness' word ....... hashes move, nothing else
                                          something differs ..... Revision and Change

`posts` decides, `fields` and `times` know what counts, `complete` adds what a child process found out, `removal` says
when a Post counts as gone.
"""

from crawler.decide.complete import complete, complete_removal
from crawler.decide.fields import TEXT, differing
from crawler.decide.look import Decision, Look
from crawler.decide.posts import decide, keys_to_ask
from crawler.decide.times import SETTLED

__all__ = ["SETTLED", "TEXT", "Decision", "Look", "complete", "complete_removal", "decide", "differing", "keys_to_ask"]
