"""From a Source's URL to what can be watched there: the REST root, its collections, the feed.

What comes back is believed for its content, not for its status: a WordPress without pretty permalinks answers
`/wp-json/` and `/feed/` with 200 and its home page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from crawler.endpoints.asking import Run, read, with_query
from crawler.endpoints.feed import ACCEPT
from crawler.endpoints.index import INDEX_FIELDS
from crawler.errors import DiscoveryError, FetchError, ParseError, PollError
from crawler.model import Discovered, EndpointSeed, Fetch, Fetched, Page, Request
from crawler.parse.answers import PageLinks, SiteIndex
from crawler.parse.page import header_links
from crawler.tasks import ParseFeed, ParseIndex, ParseLinks, ParseTypes

PAGE = "text/html, application/xhtml+xml, " + ACCEPT

#: Trouble that may pass: a site that is down today must not be taken for one without REST for ever.
_PASSING = frozenset({"dns", "connect", "tls", "timeout", "http_5xx", "rate_limited"})


@dataclass(slots=True)
class _Search:
    """One discovery under way: the seams, and a line for each thing tried."""

    fetch: Fetch
    run: Run
    url: str
    tried: list[str] = field(default_factory=list)

    def note(self, what: str, came: str) -> None:
        self.tried.append(f"{what}: {came}")

    def failed(self, what: str, error: PollError) -> None:
        """Note an attempt that came to nothing; trouble that may pass ends the discovery instead."""
        if error.reason in _PASSING:
            raise error
        self.note(what, str(error))


@dataclass(frozen=True, slots=True)
class _Rest:
    root: str
    index: SiteIndex


async def discover(fetch: Fetch, run: Run, url: str, *, kind: str, types: Sequence[str]) -> Discovered:
    """Find what there is to watch at `url`.

    `kind` is `auto`, `wordpress` or `feed`. A `wordpress` whose API is closed is found by its feed, as with `auto`, and
    its collections are supposed. Raises DiscoveryError when there is nothing of that kind, with what was tried; raises
    PollError when the site cannot be reached at present.
    """
    search = _Search(fetch, run, url)
    answer = await read(fetch, Request(url=url, accept=PAGE))
    if kind != "wordpress" and (page := await _as_feed(search, answer)) is not None:
        return _feed_only(url, page)
    links = await _links(search, answer)
    rest = None if kind == "feed" else await _rest(search, answer, links)
    feed = await _feed(search, answer, links, rest)
    if rest is not None:
        return await _wordpress(search, rest, feed, types)
    if feed is None:
        raise DiscoveryError(url, search.tried)
    return _feed_only(*feed) if kind != "wordpress" else _closed(search, answer, links, feed, types)


async def _as_feed(search: _Search, answer: Fetched) -> Page | None:
    try:
        return await _parsed_feed(search, answer)
    except ParseError as error:
        search.note(f"{search.url} as a feed", str(error))
        return None


async def _parsed_feed(search: _Search, answer: Fetched) -> Page:
    task = ParseFeed(body=answer.body, url=answer.url, content_type=answer.headers.get("content-type"))
    return await search.run(task)


async def _links(search: _Search, answer: Fetched) -> PageLinks:
    try:
        content_type = answer.headers.get("content-type")
        links = await search.run(ParseLinks(body=answer.body, url=answer.url, content_type=content_type))
    except ParseError as error:
        search.note(f"{search.url} as a page", str(error))
        return PageLinks()
    return links


async def _rest(search: _Search, answer: Fetched, links: PageLinks) -> _Rest | None:
    """The REST root, by the Link header, the page's link, the usual path, the path without permalinks."""
    base = _folder(answer.url)
    header = answer.headers.get("link")
    candidates = {
        "the page's Link header": header_links(header, answer.url) if header else None,
        "the page's <link>": links.rest_root,
        "/wp-json/": urljoin(base, "wp-json/"),
        "?rest_route=": f"{base}?rest_route=/",
    }
    asked: set[str] = set()
    for how, root in candidates.items():
        if root is None:
            search.note(f"REST root by {how}", "there is none")
        elif root not in asked:
            asked.add(root)
            index = await _index(search, how, root)
            if index is not None:
                return _Rest(root, index)
    return None


async def _index(search: _Search, how: str, root: str) -> SiteIndex | None:
    what = f"REST root by {how} ({root})"
    try:
        answer = await read(
            search.fetch, Request(url=with_query(root, _fields=INDEX_FIELDS), accept="application/json")
        )
        content_type = answer.headers.get("content-type", "")
        if "json" not in content_type.lower():
            search.note(what, f"answers with {content_type or 'no content type'}, so it is no API")
            return None
        index = await search.run(ParseIndex(body=answer.body))
    except (FetchError, ParseError) as error:
        search.failed(what, error)
        return None
    if "wp/v2" not in index.namespaces:
        search.note(what, "an API, but not WordPress' (no wp/v2)")
        return None
    return index


async def _feed(search: _Search, answer: Fetched, links: PageLinks, rest: _Rest | None) -> tuple[str, Page] | None:
    """The site's feed: what the page links to, then the usual places below the site's home.

    A guessed feed without posts proves nothing: WordPress answers `/any/page/feed/` with that page's comments.
    """
    base = _folder(rest.index.home or answer.url) if rest is not None else _folder(answer.url)
    guessed = [urljoin(base, "feed/"), f"{base}?feed=rss2"]
    for url in _once([*links.feeds, *guessed]):
        what = f"feed at {url}"
        try:
            found = await read(search.fetch, Request(url=url, accept=ACCEPT))
            page = await _parsed_feed(search, found)
        except (FetchError, ParseError) as error:
            # Where REST is open the feed is a help and no need: its trouble may pass, and REST is polled meanwhile.
            if rest is None:
                search.failed(what, error)
            else:
                search.note(what, str(error))
            continue
        if page.sightings or url in links.feeds or rest is not None:
            return url, page
        search.note(what, "a feed without any post, which the page does not link to")
    return None


async def _wordpress(search: _Search, rest: _Rest, feed: tuple[str, Page] | None, types: Sequence[str]) -> Discovered:
    """The collections that were asked for, each checked against what the site has."""
    answer = await read(search.fetch, Request(url=_route(rest.root, "wp/v2/types"), accept="application/json"))
    offered = await search.run(ParseTypes(body=answer.body))
    missing = [name for name in types if name not in offered]
    if missing:
        have = ", ".join(sorted(offered))
        raise DiscoveryError(
            search.url,
            [f"{name!r} is not there; it has {have}" for name in missing],
            verdict="is a WordPress site without all the collections of `types`:",
        )
    seeds = [EndpointSeed(kind="rest", url=_route(rest.root, f"wp/v2/{name}"), type=name, rank=1) for name in types]
    if feed is not None:
        seeds.append(EndpointSeed(kind="feed", url=feed[0], rank=feed[1].rank))
    return Discovered(
        kind="wordpress",
        home=rest.index.home or rest.index.url,
        title=rest.index.name or None,
        timezone=rest.index.timezone,
        endpoints=tuple(seeds),
    )


def _feed_only(url: str, page: Page) -> Discovered:
    info = page.feed
    return Discovered(
        kind="feed",
        home=info.home if info else None,
        title=(info.title if info else None) or None,
        timezone=None,
        endpoints=(EndpointSeed(kind="feed", url=url, rank=page.rank),),
    )


def _closed(
    search: _Search, answer: Fetched, links: PageLinks, feed: tuple[str, Page], types: Sequence[str]
) -> Discovered:
    """A WordPress, as the config says, that does not let its API be read: the feed stands in until it does."""
    found = _feed_only(*feed)
    header = answer.headers.get("link")
    told = (header_links(header, answer.url) if header else None) or links.rest_root
    root = told or urljoin(_folder(answer.url), "wp-json/")
    seeds = [EndpointSeed(kind="rest", url=_route(root, f"wp/v2/{name}"), type=name, rank=1) for name in types]
    return replace(found, kind="wordpress", endpoints=(*seeds, *found.endpoints), is_closed=True)


def _route(root: str, path: str) -> str:
    """`root` is `…/wp-json/` or `…?rest_route=/`: either way the path is put behind it."""
    return root + path if root.endswith("/") else f"{root}/{path}"


def _folder(url: str) -> str:
    """The URL's own folder, without query: what `wp-json/` and `feed/` are looked for in."""
    parts = urlsplit(url)
    path = parts.path if parts.path.endswith("/") else parts.path + "/"
    return f"{parts.scheme}://{parts.netloc}{path}"


def _once(urls: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(urls))
