"""All DDL, as append-only migrations. A migration is frozen: it imports nothing of this program and never changes.

Times are UTC text `2023-05-08T23:00:24Z`; JSON columns hold JSON text; null = not told, empty = told to be empty.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

#: "craw": tells `file` and us whose database this is
APPLICATION_ID = 0x63726177

migrations = Migrations("crawler")


def _run(db: Database, *statements: str) -> None:
    for statement in statements:
        db.execute(statement)


@migrations()
def m0001_sources(db: Database) -> None:
    """Sources, their groups, endpoints, and what the walks and host lines remember."""
    _run(
        db,
        """
        CREATE TABLE sources (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            url TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('auto', 'wordpress', 'feed')),
            home TEXT,              -- REST `home`, or the feed's link: what makes two entries one Source
            title TEXT,
            timezone TEXT,          -- the site's: IANA name or UTC+9
            state TEXT NOT NULL DEFAULT 'active' CHECK (state IN
                ('active', 'paused', 'failing', 'suspect', 'gone', 'removed', 'duplicate')),
            baseline_at TEXT,       -- null until the first full reading has ended
            last_sweep_at TEXT,
            duplicate_of INTEGER REFERENCES sources(id),
            last_error TEXT,        -- of discovery, while there is no endpoint to carry it
            failures INTEGER NOT NULL DEFAULT 0,    -- in a row, likewise
            next_try_at TEXT        -- not polled on schedule before
        ) STRICT
        """,
        "CREATE INDEX sources_url ON sources (url)",
        "CREATE INDEX sources_home ON sources (home COLLATE NOCASE)",
        "CREATE INDEX sources_duplicates ON sources (duplicate_of) WHERE duplicate_of IS NOT NULL",
        """
        CREATE TABLE source_groups (
            source_id INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            PRIMARY KEY (source_id, name)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE endpoints (
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN ('rest', 'feed')),
            url TEXT NOT NULL,
            host TEXT NOT NULL,
            type TEXT NOT NULL DEFAULT '',      -- rest_base of a collection, '' for feeds
            rank INTEGER NOT NULL,              -- 1 REST, 2 full-text feed, 3 feed of summaries
            shard INTEGER NOT NULL,             -- blake2b(host) % 4096
            etag TEXT,                          -- without W/
            last_modified TEXT,
            body_hash TEXT,
            watermark TEXT,                     -- the server's Date of the last complete poll
            total INTEGER,                      -- X-WP-Total
            redirect_to TEXT,                   -- where permanent redirects lead
            next_poll_at TEXT,
            last_try_at TEXT,
            last_ok_at TEXT,                    -- null until the first successful poll
            read_at TEXT,                       -- when a changed body was last read whole
            last_status INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            last_error TEXT,
            retired_at TEXT,                    -- no longer polled: the source moved or the config says so
            brought_by INTEGER REFERENCES sources(id),  -- the duplicate whose entry this is, such as a category feed
            UNIQUE (source_id, url)
        ) STRICT
        """,
        "CREATE INDEX endpoints_due ON endpoints (next_poll_at)",
        "CREATE INDEX endpoints_brought ON endpoints (brought_by) WHERE brought_by IS NOT NULL",
        """
        CREATE TABLE walks (                    -- internal: a baseline or sweep under way
            endpoint_id INTEGER PRIMARY KEY REFERENCES endpoints(id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN ('baseline', 'sweep')),
            started_at TEXT NOT NULL,
            cursor TEXT,                        -- site-local date of the oldest post read so far
            "offset" INTEGER NOT NULL DEFAULT 0,
            seen INTEGER NOT NULL DEFAULT 0,
            total INTEGER,
            done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
            reach TEXT                          -- of a limited baseline: 200 (posts), 7776000s; null: to the end
        ) STRICT
        """,
        """
        CREATE TABLE hosts (                    -- internal: the host lines
            host TEXT PRIMARY KEY,
            next_at TEXT                        -- not to be asked before (Retry-After)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) STRICT, WITHOUT ROWID",
    )


@migrations()
def m0002_posts(db: Database) -> None:
    """Posts, their keys, Revisions, originals and Sightings."""
    _run(
        db,
        """
        CREATE TABLE posts (
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES sources(id),
            wp_id INTEGER,
            guid TEXT,
            type TEXT NOT NULL,
            link TEXT,
            title TEXT,
            author TEXT,
            state TEXT NOT NULL CHECK (state IN ('public', 'protected', 'unpublished', 'deleted')),
            published_at TEXT,
            modified_at TEXT,                   -- as last seen
            first_seen_at TEXT NOT NULL,
            last_seen_at TEXT NOT NULL,
            revisions INTEGER NOT NULL DEFAULT 0,
            latest_revision_id INTEGER REFERENCES revisions(id) DEFERRABLE INITIALLY DEFERRED
        ) STRICT
        """,
        "CREATE INDEX posts_newest ON posts (published_at)",
        "CREATE INDEX posts_of_source ON posts (source_id, published_at)",
        "CREATE INDEX posts_link ON posts (link)",
        "CREATE INDEX posts_guid ON posts (guid)",
        """
        CREATE TABLE post_keys (
            source_id INTEGER NOT NULL REFERENCES sources(id),
            kind TEXT NOT NULL CHECK (kind IN ('wp-id', 'guid', 'link')),
            value TEXT NOT NULL,
            post_id INTEGER NOT NULL REFERENCES posts(id) ON DELETE CASCADE,
            PRIMARY KEY (source_id, kind, value)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX post_keys_post ON post_keys (post_id)",
        """
        CREATE TABLE originals (
            id INTEGER PRIMARY KEY,
            hash TEXT NOT NULL UNIQUE,
            encoding TEXT NOT NULL,             -- how body is compressed: zstd
            body BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE revisions (
            id INTEGER PRIMARY KEY,
            post_id INTEGER NOT NULL REFERENCES posts(id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            cause TEXT NOT NULL CHECK (cause IN ('baseline', 'new', 'edit', 'upgrade')),
            endpoint_id INTEGER NOT NULL REFERENCES endpoints(id),
            observed_at TEXT NOT NULL,
            title TEXT,
            content TEXT,                       -- canonical text
            excerpt TEXT,
            author TEXT,
            author_id INTEGER,
            link TEXT,
            published_at TEXT,
            modified_at TEXT,
            categories TEXT CHECK (categories IS NULL OR json_valid(categories)),
            tags TEXT CHECK (tags IS NULL OR json_valid(tags)),
            featured_image TEXT,
            featured_image_id INTEGER,
            content_hash TEXT NOT NULL,
            normalizer_version INTEGER NOT NULL,
            original_id INTEGER REFERENCES originals(id),
            UNIQUE (post_id, number)
        ) STRICT
        """,
        "CREATE INDEX revisions_observed ON revisions (observed_at)",
        """
        CREATE TABLE sightings (                -- internal: what one endpoint last said of one post
            post_id INTEGER NOT NULL REFERENCES posts(id) ON DELETE CASCADE,
            endpoint_id INTEGER NOT NULL REFERENCES endpoints(id) ON DELETE CASCADE,
            raw_hash TEXT NOT NULL,
            text_hash TEXT NOT NULL,
            modified_at TEXT,
            first_seen_at TEXT NOT NULL,
            last_seen_at TEXT NOT NULL,         -- when this text was last read
            missing_since TEXT,
            PRIMARY KEY (post_id, endpoint_id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX sightings_of_endpoint ON sightings (endpoint_id, last_seen_at)",
        """
        CREATE TABLE suspects (                 -- internal: posts that may be gone
            post_id INTEGER PRIMARY KEY REFERENCES posts(id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            evidence TEXT NOT NULL,
            checks INTEGER NOT NULL DEFAULT 0,
            first_at TEXT NOT NULL,
            next_check_at TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE VIRTUAL TABLE revisions_fts USING fts5 (
            title, content, excerpt, content='revisions', content_rowid='id',
            tokenize='unicode61 remove_diacritics 2'
        )
        """,
    )


@migrations()
def m0003_changes(db: Database) -> None:
    """Polls, Changes, Notices, the outbox and coverage."""
    _run(
        db,
        """
        CREATE TABLE polls (
            id INTEGER PRIMARY KEY,
            endpoint_id INTEGER NOT NULL REFERENCES endpoints(id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN ('baseline', 'poll', 'sweep')),
            started_at TEXT NOT NULL,
            last_at TEXT NOT NULL,              -- of the last of `repeats` equal quiet polls
            repeats INTEGER NOT NULL DEFAULT 1,
            duration_ms INTEGER NOT NULL,
            outcome TEXT NOT NULL CHECK (outcome IN ('not_modified', 'unchanged', 'changed', 'failed')),
            reason TEXT,
            status_code INTEGER,
            requests INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER NOT NULL DEFAULT 0,
            seen INTEGER NOT NULL DEFAULT 0,
            new INTEGER NOT NULL DEFAULT 0,
            changed INTEGER NOT NULL DEFAULT 0,
            error TEXT
        ) STRICT
        """,
        "CREATE INDEX polls_of_endpoint ON polls (endpoint_id, id)",
        """
        CREATE TABLE changes (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            post_id INTEGER NOT NULL REFERENCES posts(id),
            poll_id INTEGER REFERENCES polls(id) ON DELETE SET NULL,
            kind TEXT NOT NULL CHECK (kind IN
                ('published', 'edited', 'protected', 'unpublished', 'deleted', 'restored')),
            silent INTEGER CHECK (silent IN (0, 1)),
            noted INTEGER CHECK (noted IN (0, 1)),
            detected_at TEXT NOT NULL,
            old_seen_at TEXT,
            old_revision_id INTEGER REFERENCES revisions(id),
            new_revision_id INTEGER REFERENCES revisions(id),
            fields TEXT NOT NULL CHECK (json_valid(fields)),
            words_added INTEGER NOT NULL DEFAULT 0,
            words_removed INTEGER NOT NULL DEFAULT 0,
            summary TEXT NOT NULL,
            diff TEXT NOT NULL,
            details TEXT NOT NULL CHECK (json_valid(details))   -- internal: the alert's `fields`
        ) STRICT
        """,
        "CREATE INDEX changes_of_post ON changes (post_id, seq)",
        "CREATE INDEX changes_detected ON changes (detected_at)",
        "CREATE INDEX changes_poll ON changes (poll_id)",
        "CREATE INDEX changes_old ON changes (old_revision_id)",
        "CREATE INDEX changes_new ON changes (new_revision_id)",
        """
        CREATE TABLE notices (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('failing', 'recovered', 'gone', 'suspect', 'flapping', 'restless',
                'sink_dead', 'network', 'disk_full', 'backup_failed')),
            source_id INTEGER REFERENCES sources(id),
            at TEXT NOT NULL,
            text TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE alerts (
            id INTEGER PRIMARY KEY,
            change_id TEXT REFERENCES changes(id),
            notice_id TEXT REFERENCES notices(id),
            sink TEXT NOT NULL,
            digest_id TEXT,
            state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead', 'cancelled')),
            attempts INTEGER NOT NULL DEFAULT 0,
            next_attempt_at TEXT,
            last_error TEXT,
            delivered_at TEXT,
            reply TEXT,
            CHECK ((change_id IS NULL) <> (notice_id IS NULL)),
            UNIQUE (change_id, sink),
            UNIQUE (notice_id, sink)
        ) STRICT
        """,
        "CREATE INDEX alerts_pending ON alerts (sink, id) WHERE state = 'pending'",
        """
        CREATE TABLE sink_states (              -- internal: where a sink stands
            sink TEXT PRIMARY KEY,
            first_seq INTEGER NOT NULL,         -- Changes from here on are for it
            failures INTEGER NOT NULL DEFAULT 0,
            next_attempt_at TEXT,
            last_error TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE coverage_spans (
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
            sees TEXT NOT NULL CHECK (sees IN ('new', 'edits', 'silent')),
            from_at TEXT NOT NULL,
            to_at TEXT NOT NULL,
            end_reason TEXT                     -- null while it goes on
        ) STRICT
        """,
        "CREATE INDEX coverage_spans_of_source ON coverage_spans (source_id, sees, from_at)",
    )


@migrations()
def m0004_views(db: Database) -> None:
    """The public face for people with SQL."""
    recent = """
        SELECT c.id, c.detected_at, c.old_seen_at, s.name AS source, c.kind, c.silent, c.noted, c.post_id,
               coalesce(new.title, old.title, p.title) AS title,
               coalesce(new.link, old.link, p.link) AS link,
               coalesce(new.author, old.author, p.author) AS author,
               coalesce(new.published_at, old.published_at, p.published_at) AS published_at,
               round((julianday(c.detected_at)
                   - julianday(coalesce(new.published_at, old.published_at, p.published_at))) * 24, 1)
                   AS hours_after_publication,
               c.fields, c.words_added, c.words_removed, c.summary, c.diff,
               old.number AS old_revision, new.number AS new_revision
          FROM changes c
          JOIN posts p ON p.id = c.post_id
          JOIN sources s ON s.id = p.source_id
          LEFT JOIN revisions old ON old.id = c.old_revision_id
          LEFT JOIN revisions new ON new.id = c.new_revision_id
    """
    _run(
        db,
        """
        CREATE VIEW current_posts AS
        SELECT p.id, s.name AS source,
               (SELECT json_group_array(g.name) FROM source_groups g WHERE g.source_id = s.id) AS groups,
               p.wp_id, p.type, p.state, p.title, r.content, p.author, p.link, p.published_at, p.modified_at,
               p.revisions, p.first_seen_at, p.last_seen_at
          FROM posts p
          JOIN sources s ON s.id = p.source_id
          LEFT JOIN revisions r ON r.id = p.latest_revision_id
        """,
        f"CREATE VIEW recent_changes AS {recent} ORDER BY c.seq DESC",
        f"CREATE VIEW silent_edits AS {recent} WHERE c.silent = 1 ORDER BY c.seq DESC",
        """
        CREATE VIEW field_changes AS
        SELECT c.id AS change_id, c.detected_at, s.name AS source, c.post_id, f.value AS field,
               CASE f.value WHEN 'title' THEN old.title WHEN 'content' THEN old.content
                   WHEN 'excerpt' THEN old.excerpt WHEN 'link' THEN old.link WHEN 'author' THEN old.author
                   WHEN 'published_at' THEN old.published_at WHEN 'categories' THEN old.categories
                   WHEN 'tags' THEN old.tags WHEN 'featured_image' THEN old.featured_image END AS old,
               CASE f.value WHEN 'title' THEN new.title WHEN 'content' THEN new.content
                   WHEN 'excerpt' THEN new.excerpt WHEN 'link' THEN new.link WHEN 'author' THEN new.author
                   WHEN 'published_at' THEN new.published_at WHEN 'categories' THEN new.categories
                   WHEN 'tags' THEN new.tags WHEN 'featured_image' THEN new.featured_image END AS new
          FROM changes c
          JOIN json_each(c.fields) f
          JOIN posts p ON p.id = c.post_id
          JOIN sources s ON s.id = p.source_id
          LEFT JOIN revisions old ON old.id = c.old_revision_id
          LEFT JOIN revisions new ON new.id = c.new_revision_id
        """,
        """
        CREATE VIEW revision_spans AS
        SELECT r.post_id, r.number, r.observed_at,
               CASE WHEN r.id = p.latest_revision_id AND p.state = 'public' THEN p.last_seen_at
                    ELSE coalesce((SELECT max(c.old_seen_at) FROM changes c WHERE c.old_revision_id = r.id),
                                  r.observed_at) END AS last_seen_at,
               coalesce((SELECT n.observed_at FROM revisions n
                          WHERE n.post_id = r.post_id AND n.number = r.number + 1),
                        CASE WHEN p.state <> 'public' THEN (SELECT max(c.detected_at) FROM changes c
                          WHERE c.old_revision_id = r.id AND c.new_revision_id IS NULL) END) AS superseded_at,
               r.title, r.content
          FROM revisions r
          JOIN posts p ON p.id = r.post_id
        """,
        """
        CREATE VIEW removed_posts AS
        SELECT v.*, c.kind, c.detected_at, c.old_seen_at
          FROM current_posts v
          JOIN changes c ON c.seq = (SELECT max(x.seq) FROM changes x
               WHERE x.post_id = v.id AND x.kind IN ('protected', 'unpublished', 'deleted'))
         WHERE v.state <> 'public'
        """,
        """
        CREATE VIEW coverage AS
        SELECT s.name AS source, c.sees, c.from_at, c.to_at, 1 AS watched, NULL AS reason
          FROM coverage_spans c JOIN sources s ON s.id = c.source_id
        UNION ALL
        SELECT s.name, g.sees, g.to_at, g.next_from, 0, g.end_reason
          FROM (SELECT *, lead(from_at) OVER (PARTITION BY source_id, sees ORDER BY from_at) AS next_from
                  FROM coverage_spans) g
          JOIN sources s ON s.id = g.source_id
         WHERE g.next_from > g.to_at
        """,
    )


@migrations()
def m0005_months(db: Database) -> None:
    """What a daemon needs that runs for months: since when something fails, redirects, clocks that were put."""
    _run(
        db,
        "ALTER TABLE endpoints ADD COLUMN failing_since TEXT",  # of the first of `failures`
        # looks in a row that permanent redirects led to `redirect_to`
        "ALTER TABLE endpoints ADD COLUMN redirects INTEGER NOT NULL DEFAULT 0",
        # what a feed last asked for: ttl and what was left of max-age, in seconds, and skipHours as JSON, in UTC
        "ALTER TABLE endpoints ADD COLUMN min_interval INTEGER",
        "ALTER TABLE endpoints ADD COLUMN fresh_for INTEGER",
        "ALTER TABLE endpoints ADD COLUMN skip_hours TEXT",
        # the last Notice of a Source tells whether it was told of as failing
        "CREATE INDEX notices_of_source ON notices (source_id, at)",
        """
        CREATE TABLE clock_jumps (              -- internal: by them any stored time can be judged
            id INTEGER PRIMARY KEY,
            from_at TEXT NOT NULL,              -- what the clock of this machine said before
            to_at TEXT NOT NULL                 -- and after
        ) STRICT
        """,
        "CREATE INDEX polls_last ON polls (last_at)",
        "CREATE INDEX alerts_by_state ON alerts (sink, state)",
        # without them each Revision and original that is pruned has its foreign keys looked for in whole tables
        "CREATE INDEX posts_latest ON posts (latest_revision_id)",
        "CREATE INDEX revisions_original ON revisions (original_id)",
        "CREATE INDEX coverage_spans_open ON coverage_spans (source_id, sees) WHERE end_reason IS NULL",
    )


@migrations()
def m0006_notices(db: Database) -> None:
    """Since when a Source fails and whether it was told; which looks came late; the gap that still lasts."""
    _run(
        db,
        "ALTER TABLE sources ADD COLUMN failing_since TEXT",  # the first failed poll of those in a row
        "ALTER TABLE sources ADD COLUMN failed_at TEXT",  # the last failed poll
        "ALTER TABLE sources ADD COLUMN told_at TEXT",  # when a Notice said that it fails; null: not told, or over
        "ALTER TABLE endpoints ADD COLUMN told_at TEXT",  # likewise, of one that fails beside another that works
        # when the last look wanted the next one: next_poll_at may be moved since, as after a long stop
        "ALTER TABLE endpoints ADD COLUMN expected_at TEXT",
        "DROP VIEW coverage",
        """
        CREATE VIEW coverage AS
        SELECT s.name AS source, c.sees, c.from_at, c.to_at, 1 AS watched, NULL AS reason
          FROM coverage_spans c JOIN sources s ON s.id = c.source_id
        UNION ALL
        -- a gap that still lasts has no end
        SELECT s.name, g.sees, g.to_at, g.next_from, 0, g.end_reason
          FROM (SELECT *, lead(from_at) OVER (PARTITION BY source_id, sees ORDER BY from_at, id) AS next_from
                  FROM coverage_spans) g
          JOIN sources s ON s.id = g.source_id
         WHERE g.next_from > g.to_at OR (g.next_from IS NULL AND g.end_reason IS NOT NULL)
        """,
        # the public name of a state that an older version gave at once: nobody was told of it
        "UPDATE sources SET state = 'active' WHERE state = 'failing'",
    )


@migrations()
def m0007_sweeps(db: Database) -> None:
    """A sweep's walk beside the baseline's, and what is known of posts that may be gone."""
    _run(
        db,
        """
        CREATE TABLE new_walks (                -- internal: a baseline or sweep under way
            endpoint_id INTEGER NOT NULL REFERENCES endpoints(id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN ('baseline', 'sweep', 'light')),
            started_at TEXT NOT NULL,
            cursor TEXT,                        -- site-local date of the oldest post read so far
            "offset" INTEGER NOT NULL DEFAULT 0,
            seen INTEGER NOT NULL DEFAULT 0,
            total INTEGER,
            done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
            reach TEXT,                         -- of a limited baseline: 200 (posts), 7776000s; null: to the end
            unread INTEGER NOT NULL DEFAULT 0,  -- posts that were shown and could not be read
            failures INTEGER NOT NULL DEFAULT 0,    -- in a row, of a sweep: polls go on beside it
            last_error TEXT,
            next_at TEXT,                       -- a sweep does not go on before
            PRIMARY KEY (endpoint_id, kind)
        ) STRICT, WITHOUT ROWID
        """,
        """
        INSERT INTO new_walks (endpoint_id, kind, started_at, cursor, "offset", seen, total, done, reach)
        SELECT endpoint_id, kind, started_at, cursor, "offset", seen, total, done, reach FROM walks
        """,
        "DROP TABLE walks",
        "ALTER TABLE new_walks RENAME TO walks",
        "CREATE INDEX walks_under_way ON walks (next_at) WHERE kind <> 'baseline' AND done = 0",
        """
        CREATE TABLE new_suspects (             -- internal: posts that may be gone, or may come back
            post_id INTEGER PRIMARY KEY REFERENCES posts(id) ON DELETE CASCADE,
            source_id INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
            kind TEXT CHECK (kind IN ('unpublished', 'deleted')),   -- what the last look showed; null: none has yet
            evidence TEXT NOT NULL,             -- what the site said, for people
            checks INTEGER NOT NULL DEFAULT 0,  -- looks in a row that showed this kind
            trouble INTEGER NOT NULL DEFAULT 0, -- looks in a row that showed nothing
            sweeps INTEGER NOT NULL DEFAULT 0,  -- complete sweeps in a row that did not show the post
            held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),     -- one of too many at once: not looked at yet
            first_at TEXT NOT NULL,             -- of the first look that showed this kind, or of the suspicion
            next_check_at TEXT NOT NULL
        ) STRICT
        """,
        """
        INSERT INTO new_suspects (post_id, source_id, kind, evidence, checks, first_at, next_check_at)
        SELECT s.post_id, p.source_id, CASE WHEN s.kind IN ('unpublished', 'deleted') THEN s.kind END, s.evidence,
               s.checks, s.first_at, s.next_check_at
          FROM suspects s JOIN posts p ON p.id = s.post_id
        """,
        "DROP TABLE suspects",
        "ALTER TABLE new_suspects RENAME TO suspects",
        "CREATE INDEX suspects_due ON suspects (next_check_at) WHERE held = 0",
        "CREATE INDEX suspects_of_source ON suspects (source_id)",
    )


@migrations()
def m0008_identity(db: Database) -> None:
    """Posts that turned out to be one; when a site's own word was last asked for; feeds that hide what moves."""
    _run(
        db,
        # the post that it is: its history stays, its keys have gone over
        "ALTER TABLE posts ADD COLUMN merged_into INTEGER REFERENCES posts(id)",
        "CREATE INDEX posts_merged ON posts (merged_into) WHERE merged_into IS NOT NULL",
        # shown by a sweep under the id of another post
        "ALTER TABLE walks ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0",
        # when the REST index was last asked for the site's zone and home
        "ALTER TABLE sources ADD COLUMN asked_at TEXT",
        """
        CREATE TABLE beacons (                  -- internal: feeds that are asked whether anything moved
            endpoint_id INTEGER PRIMARY KEY REFERENCES endpoints(id) ON DELETE CASCADE,
            missed INTEGER NOT NULL DEFAULT 0,  -- looks in a row that showed what it had been silent about
            distrusted_at TEXT                  -- of the last of them, where it is not believed any more
        ) STRICT
        """,
    )


@migrations()
def m0009_digests(db: Database) -> None:
    """What a poll is part of, the digests, and the polls that were cut short."""
    _run(
        db,
        # internal: the sweep, or the poll cut short before this one; null: it is one by itself
        "ALTER TABLE polls ADD COLUMN occasion TEXT",
        "CREATE INDEX polls_occasion ON polls (occasion) WHERE occasion IS NOT NULL",
        """
        CREATE TABLE digests (                  -- internal: what alerts.digest_id names
            id TEXT NOT NULL,
            sink TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason IN ('schedule', 'quiet', 'storm', 'group')),
            made_at TEXT NOT NULL,
            PRIMARY KEY (id, sink)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX alerts_digest ON alerts (digest_id, sink, id) WHERE digest_id IS NOT NULL",
        # a look that has committed a part of what it wanted to read: its alerts wait
        "CREATE INDEX endpoints_cut_short ON endpoints (id) WHERE failures = 0 AND last_ok_at IS NOT last_try_at",
    )


@migrations()
def m0010_takeover(db: Database) -> None:
    """A feed that takes over from a closed REST API, and logins that are not accepted."""
    _run(
        db,
        # of a feed: a hash of each field that it told, as JSON; null: not known
        "ALTER TABLE sightings ADD COLUMN prints TEXT",
        "ALTER TABLE sources ADD COLUMN login_at TEXT",  # when its application password was last tried
        "ALTER TABLE sources ADD COLUMN login_error TEXT",  # what came of that; null: it is accepted
        # a feed that makes Revisions by itself has been read first, as a collection has
        """
        INSERT INTO walks (endpoint_id, kind, started_at, done)
        SELECT e.id, 'baseline', e.read_at, 1 FROM endpoints e JOIN sources s ON s.id = e.source_id
         WHERE e.kind = 'feed' AND e.read_at IS NOT NULL AND s.kind = 'feed'
        """,
    )


@migrations()
def m0011_derivations(db: Database) -> None:
    """By which normaliser and which ignore rules texts were derived: texts of two are not compared."""
    _run(
        db,
        # internal: null, by the normaliser of that version and without rules
        "ALTER TABLE revisions ADD COLUMN derivation TEXT",
        # internal: null, not known
        "ALTER TABLE sightings ADD COLUMN derivation TEXT",
    )


@migrations()
def m0012_flips(db: Database) -> None:
    """Posts that flip between two states."""
    _run(
        db,
        """
        CREATE TABLE flips (                    -- internal: returns to a state just left, as an endpoint shows them
            post_id INTEGER NOT NULL REFERENCES posts(id) ON DELETE CASCADE,
            endpoint_id INTEGER NOT NULL REFERENCES endpoints(id) ON DELETE CASCADE,
            text_hash TEXT,                     -- of the one that waits for further looks; null: none does
            state TEXT CHECK (state IN ('public', 'protected')),
            left_at TEXT,                       -- when the state that it returned from was last seen
            looks INTEGER NOT NULL DEFAULT 0,   -- further looks that agreed
            last_at TEXT,                       -- of the last look that showed it
            dropped INTEGER NOT NULL DEFAULT 0, -- how many in a row the next look took back
            dropped_at TEXT,
            told_at TEXT,                       -- of the Notice; null: it has settled since
            PRIMARY KEY (post_id, endpoint_id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX flips_held ON flips (endpoint_id, last_at) WHERE text_hash IS NOT NULL",
    )


@migrations()
def m0013_restless(db: Database) -> None:
    """Posts whose text changes at every look."""
    _run(
        db,
        """
        CREATE TABLE restless (                 -- internal: text that changes while `modified` rests
            post_id INTEGER NOT NULL REFERENCES posts(id) ON DELETE CASCADE,
            endpoint_id INTEGER NOT NULL REFERENCES endpoints(id) ON DELETE CASCADE,
            modified_at TEXT NOT NULL,          -- as long as it is this
            looks INTEGER NOT NULL,             -- in a row that changed it at the same place
            places TEXT NOT NULL CHECK (json_valid(places)),    -- the words around
            told_at TEXT,                       -- of the Notice: since then it alerts once a day
            alerted_at TEXT,                    -- of the last Change that was an Alert
            untold INTEGER NOT NULL DEFAULT 0,  -- Changes since then, which were none
            PRIMARY KEY (post_id, endpoint_id)
        ) STRICT, WITHOUT ROWID
        """,
    )


@migrations()
def m0014_sinks(db: Database) -> None:
    """Since when Sinks fail and what was told of that; since when an Alert is tried in vain."""
    _run(
        db,
        "ALTER TABLE sink_states ADD COLUMN failing_since TEXT",  # the first of `failures` in a row
        "ALTER TABLE sink_states ADD COLUMN told_at TEXT",  # when a Notice said that it takes nothing; null: over
        "ALTER TABLE sink_states ADD COLUMN refusal_told_at TEXT",  # likewise, that it refused single alerts
        "ALTER TABLE alerts ADD COLUMN tried_since TEXT",  # internal: the first attempt that failed
    )


@migrations()
def m0015_asked(db: Database) -> None:
    """Alerts that somebody wants at once."""
    # internal: when `alerts retry` asked for it: since then neither digest nor quiet hours nor a storm hold it back
    _run(db, "ALTER TABLE alerts ADD COLUMN asked_at TEXT")


@migrations()
def m0016_bodies(db: Database) -> None:
    """What Sinks were sent and have not taken: it comes again as it was, whatever has moved since."""
    _run(
        db,
        # internal: the object as it was sent, JSON (zstd); null once it is taken, or as long as it was not sent
        "ALTER TABLE alerts ADD COLUMN body BLOB",
        "ALTER TABLE digests ADD COLUMN body BLOB",  # likewise, from before it is sent
    )
