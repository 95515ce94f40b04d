"""Errands: what commands ask of the daemon that holds the store, through files in a folder beside it.

    command   ID.new ── renamed ──> ID.asked              reads ID.told until the exit code stands in it
    daemon                          ID.asked ── renamed ──> ID.begun, and writes ID.told, a line of JSON at a time

Each side holds a lock on a file of its own (the command on its request, the daemon on `serving`), and the kernel lets
go of it however that side ends. The renames decide between a daemon that begins and a command that gives up.
"""

from crawler.errands.asking import Undone, ask
from crawler.errands.files import folder_of
from crawler.errands.taking import Inbox, Taken

__all__ = ["Inbox", "Taken", "Undone", "ask", "folder_of"]
