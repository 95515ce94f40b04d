"""The root of a REST API: what a site says of itself."""

from __future__ import annotations

from crawler.endpoints.asking import Run, read, with_query
from crawler.endpoints.collection import JSON
from crawler.errors import PollError
from crawler.model import Endpoint, Fetch, Request
from crawler.parse.answers import SiteIndex
from crawler.tasks import ParseIndex

#: Of the 160 KiB that it is otherwise.
INDEX_FIELDS = "name,url,home,namespaces,gmt_offset,timezone_string"


async def site_index(fetch: Fetch, run: Run, collection: Endpoint) -> SiteIndex:
    """The index of the API that a collection belongs to. Raises PollError, also where another API answers."""
    root = collection.url.removesuffix(f"wp/v2/{collection.type}")
    answer = await read(fetch, Request(url=with_query(root, _fields=INDEX_FIELDS), accept=JSON))
    index = await run(ParseIndex(body=answer.body))
    if root == collection.url or "wp/v2" not in index.namespaces:
        raise PollError("not_data", "the root of the API is not WordPress'", url=root)
    return index
