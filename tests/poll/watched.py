"""A Bench whose jsonl sink takes Notices, and what it was told."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.bench import Bench
from tests.site import Clock, Site


class Watched(Bench):
    """As Bench; `notices()` is what is stored, `told()` what the sink got, as (kind, source)."""

    def write_config(self, sources, **more):
        super().write_config(sources, **more)
        path = self.folder / "config.yaml"
        text = path.read_text().replace("path: alerts.jsonl\n", "path: alerts.jsonl\n    notices: true\n")
        assert "notices" in text
        path.write_text(text)

    def fail(self, *hosts):
        """Let these hosts (default: all) answer nothing any more; `mend` takes it back."""
        self.there = dict(self.sites)
        self.sites = {host: site for host, site in self.sites.items() if hosts and host not in hosts}

    def mend(self):
        self.sites = self.there

    def notices(self):
        rows = self.rows(
            "SELECT n.kind, s.name FROM notices n LEFT JOIN sources s ON s.id = n.source_id ORDER BY n.at, n.rowid"
        )
        return [(row["kind"], row["name"]) for row in rows]

    def told(self):
        payloads = [each["data"] for each in self.alerts() if not each["type"].startswith("post.")]
        return [(data["kind"], data["source"] and data["source"]["name"]) for data in payloads]

    def text(self, kind):
        """Of the last Notice of the kind."""
        return self.rows("SELECT text FROM notices WHERE kind = ? ORDER BY at DESC, rowid DESC", kind)[0]["text"]

    def source(self, name="example.org"):
        (row,) = self.rows("SELECT * FROM sources WHERE name = ?", name)
        return row

    def spans(self, name="example.org"):
        """(what, from, to, why it ended), times as `HH:MM` since the first poll."""
        rows = self.rows(
            "SELECT c.*, (SELECT min(from_at) FROM coverage_spans) AS first FROM coverage_spans c"
            " JOIN sources s ON s.id = c.source_id WHERE s.name = ? ORDER BY sees, from_at, c.id",
            name,
        )
        return [
            (row["sees"], _since(row["first"], row["from_at"]), _since(row["first"], row["to_at"]), row["end_reason"])
            for row in rows
        ]


def _since(first: str, at: str) -> str:
    minutes = round((_moment(at) - _moment(first)) / timedelta(minutes=1))
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _moment(text):
    return datetime.fromisoformat(text)


def site(clock: Clock, host: str = "example.org", **more) -> Site:
    """A site with three posts, an hour apart."""
    made = Site(url=f"https://{host}", clock=clock, **more)
    for number in range(3):
        clock.advance(hours=1)
        made.publish(f"Post {number}", f"<p>Text of post {number}, first words.</p>")
    clock.advance(hours=1)
    return made


def watched(folder, clock, *hosts: str, **more) -> Watched:
    """WordPress sites on these hosts."""
    sites = {host: site(clock, host, **more) for host in hosts or ("example.org",)}
    return Watched(folder, clock, sites, "\n".join(f"  - url: https://{host}/" for host in sites))
