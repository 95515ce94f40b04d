"""What `--version` says: SQLite's version too, because some of them have had bugs that matter here."""

from __future__ import annotations

import sqlite3

from crawler import __version__

VERSION = f"{__version__} (SQLite {sqlite3.sqlite_version})"
