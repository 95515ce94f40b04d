"""A Change or Notice for machines (the alert object) and for people (a few lines); hostile text made inert."""

from crawler.render.alert import alert
from crawler.render.bidi import isolated, isolates
from crawler.render.defused import defused
from crawler.render.digest import digest
from crawler.render.headline import headline
from crawler.render.inert import inert, one_line
from crawler.render.mail import as_html
from crawler.render.notice import notice
from crawler.render.parts import parts
from crawler.render.people import for_people
from crawler.render.words import Words, worded

__all__ = [
    "Words",
    "alert",
    "as_html",
    "defused",
    "digest",
    "for_people",
    "headline",
    "inert",
    "isolated",
    "isolates",
    "notice",
    "one_line",
    "parts",
    "worded",
]
