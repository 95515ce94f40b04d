"""Changes a WordPress as its people do, and remembers of each post what the public is shown."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.wordpress import HarnessError, WordPress
from tests.wordpress.instance import HERE

CATEGORIES = ("news", "tech", "culture", "opinion", "sports")
AUTHORS = ("admin", "alice", "bob", "carol")
#: None of them makes an address by which a page would be found at a post's old one.
PERMALINKS = ("/%year%/%monthnum%/%postname%/", "/news/%year%/%postname%/", "/%author%/%year%/%monthnum%/%postname%/")
_FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(kw_only=True)
class Post:
    """A post as its editors know it."""

    id: int
    #: publish, future, draft, pending, private, trash or gone
    status: str
    #: post, or page: one that was moved there is shown among the posts no more
    type: str
    link: str
    slug: str
    published_at: datetime
    modified_at: datetime
    title: str
    content: str
    #: "": WordPress makes one of the content
    excerpt: str = ""
    author: str = "admin"
    categories: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    #: id of an attachment
    image: int = 0
    password: str = ""
    #: made by `bulk`: nobody knows what exactly is in it
    is_bulk: bool = False
    #: what a raw edit has replaced: with it the text can be put back
    undo: dict[str, str] = field(default_factory=dict)
    #: sets of categories and pictures that it has had: a return to one of them would be no plain edit
    had: set[object] = field(default_factory=lambda: {0})

    @property
    def is_public(self) -> bool:
        return self.status == "publish" and self.type == "post"

    def told(self) -> dict[str, Any]:
        """What the public is told of it; a password hides the text."""
        hidden = bool(self.password)
        return {
            "title": self.title,
            "content": None if hidden else self.content,
            "excerpt": None if hidden else self.excerpt,
            "link": self.link,
            "author": self.author,
            "published_at": self.published_at,
            "categories": self.categories,
            "tags": self.tags,
            "featured_image": self.image,
        }


class Clock:
    """The one clock of the site, of its people and of the crawler; it stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    @property
    def text(self) -> str:
        return self.now.strftime(_FORMAT)


class Editor:
    """All who change the site. Every save is dated by the clock."""

    def __init__(self, site: WordPress, clock: Clock, rng: Random) -> None:
        self.clock, self.rng, self.posts = clock, rng, dict[int, Post]()
        self.log: list[str] = []
        self.images: list[int] = []
        #: forms of its addresses that the site has not had
        self.permalinks = list(PERMALINKS)
        self._has_moved = False
        self._words = 0
        self._site = site
        self._ctl = subprocess.Popen(
            [str(HERE / "ctl"), str(site._state), "batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        self._ctl.communicate(timeout=30)

    def ctl(self, *words: object, **fields: object) -> Any:
        """One command, in a process that stays: some milliseconds each."""
        assert self._ctl.stdin and self._ctl.stdout
        line = [str(word) for word in words] + [f"--{name}={value}" for name, value in fields.items()]
        self._ctl.stdin.write(json.dumps(line) + "\n")
        self._ctl.stdin.flush()
        answer = json.loads(self._ctl.stdout.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise HarnessError(f"{line}: {answer['error']}")
        return answer

    def text(self, words: int = 6) -> str:
        """Words that never stood anywhere before."""
        self._words += 1
        return " ".join(
            [f"w{self._words}", *(self.rng.choice(("river", "council", "market", "winter")) for _ in range(words))]
        )

    def create(self, **more: Any) -> Post:
        """Make a post. What is not given is made up; `date` is its date of publication, now unless told."""
        known = {"title": self.text(3), "content": f"{self.text()} {self.text()}", "author": self.rng.choice(AUTHORS)}
        known |= {"categories": frozenset({self.rng.choice(CATEGORIES)})}
        known |= {name: more.pop(name) for name in ("title", "tags", "excerpt", "password") if name in more}
        date = more.pop("date", self.clock.now)
        modified = more.pop("modified", self.clock.now)
        wanted = _fields(known) | {"date_gmt": f"{date:{_FORMAT}}", "modified_gmt": f"{modified:{_FORMAT}}"} | more
        answer = self.ctl("create", **wanted)
        post = Post(**known, **self._place(answer), had={0, known["categories"]})
        self.posts[post.id] = post
        return post

    def adopt(self, post: int) -> None:
        """Remember a post that `bulk` or the installation has made."""
        answer = self.ctl("get", post)
        self.posts[post] = Post(
            **self._place(answer), title=answer["title"], content=f"unknown {post}", is_bulk=True, excerpt="unknown"
        )

    def edit(self, post: Post, **fields: Any) -> None:
        """Save a post with these fields, as the editor's Update button does."""
        more = {name: fields.pop(name) for name in ("status", "type", "date_gmt") if name in fields}
        self._took(post, self.ctl("edit", post.id, **_fields(fields), **more, modified_gmt=self.clock.text), **fields)

    def assign(self, post: Post, **fields: Any) -> None:
        """As plugins do: `modified` stays."""
        self._took(post, self.ctl("assign", post.id, **_fields(fields)), **fields)

    def raw(self, post: Post, **fields: Any) -> None:
        """Straight in the database: `modified` stays."""
        undo = {name: getattr(post, name) for name in ("title", "content") if name in fields and not post.is_bulk}
        self._took(post, self.ctl("raw-edit", post.id, **_fields(fields)), **fields)
        post.undo = undo or post.undo

    def saved(self, post: Post, command: str, *words: object, **options: object) -> None:
        """A command that saves the post and dates it by the real clock: it is dated by ours."""
        answer = self.ctl(command, post.id, *words, **options)
        if not answer.get("exists", True):
            post.status = "gone"
            return
        self.date(post, self.clock.now)

    def date(self, post: Post, modified: datetime) -> None:
        """Say when it was modified, behind WordPress' back."""
        self._took(post, self.ctl("set-modified", post.id, f"{modified:{_FORMAT}}"))

    def refresh(self, post: Post) -> None:
        self._took(post, self.ctl("get", post.id))

    def move(self) -> None:
        """Give the site another address: every link has it from now on, and no `modified` moves."""
        if not self._has_moved:
            self.ctl("plugin", "new-home", "on")
            self._has_moved = True
            for post in self.public():
                self.refresh(post)

    def _took(self, post: Post, answer: dict[str, Any], **fields: Any) -> None:
        fresh = replace(post, **(self._place(answer) | fields))
        fresh.had |= {fields[name] for name in ("categories", "image") if name in fields}
        if fresh.status == "private":
            # WordPress takes the password off what only its editors may read.
            fresh.password = ""
        vars(post).update(vars(fresh))

    def _place(self, answer: dict[str, Any]) -> dict[str, Any]:
        place = _place(answer)
        if self._has_moved:
            # As the plugin says to the public; the process that was asked has not heard of it.
            place["link"] = place["link"].replace("//127.0.0.1", "//localhost")
        return place

    def public(self) -> list[Post]:
        return [post for post in self.posts.values() if post.is_public]


def _fields(fields: dict[str, Any]) -> dict[str, object]:
    """As `ctl` takes them."""
    names = {"image": "featured"}
    wanted: dict[str, object] = {}
    for name, value in fields.items():
        if name == "content":
            value = f"<!-- wp:paragraph -->\n<p>{value}</p>\n<!-- /wp:paragraph -->"
        wanted[names.get(name, name)] = ",".join(sorted(value)) if isinstance(value, frozenset) else value
    return wanted


def _place(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": answer["id"],
        "status": answer["status"],
        "type": answer["type"],
        "link": answer["link"],
        "slug": answer["slug"],
        "published_at": _moment(answer["date_gmt"]),
        "modified_at": _moment(answer["modified_gmt"]),
    }


def _moment(text: str) -> datetime:
    if text.startswith("0000"):
        return datetime.min.replace(tzinfo=UTC)
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
