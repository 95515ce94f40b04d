"""The store: everything that is kept, in one SQLite file. All SQL of the program lives in this folder."""

from crawler.store.protocol import Store
from crawler.store.sqlite import SqliteStore

__all__ = ["SqliteStore", "Store"]
