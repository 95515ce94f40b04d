"""Fetch, already safe: one GET with a deadline, byte limits, an address guard, own decoding and redirects.

And for Sinks one POST over the same connections and guards, without redirects.

Nothing of httpx, aiohttp or ssl gets out of this folder: all that goes wrong is a FetchError.
"""

from crawler.fetch.access import SourceAccess, line_of, parse_url
from crawler.fetch.client import Fetcher
from crawler.fetch.lines import HostLines
from crawler.fetch.sender import Sender
from crawler.fetch.validators import validators_of

__all__ = ["Fetcher", "HostLines", "Sender", "SourceAccess", "line_of", "parse_url", "validators_of"]
