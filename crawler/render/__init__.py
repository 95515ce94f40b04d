"""A Change or Notice for machines (the alert object) and for people (a few lines); hostile text made inert."""

from crawler.render.alert import alert
from crawler.render.bidi import isolated, isolates
from crawler.render.digest import digest
from crawler.render.headline import headline
from crawler.render.inert import inert, one_line
from crawler.render.notice import notice
from crawler.render.people import for_people

__all__ = ["alert", "digest", "for_people", "headline", "inert", "isolated", "isolates", "notice", "one_line"]
