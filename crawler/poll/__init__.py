"""Polling: `source` tells the story of one poll from top to bottom, the other modules are its chapters."""

from crawler.poll.desk import Desk
from crawler.poll.hosts import by_host, poll_host, poll_hosts
from crawler.poll.source import Polled, poll_source

__all__ = ["Desk", "Polled", "by_host", "poll_host", "poll_hosts", "poll_source"]
