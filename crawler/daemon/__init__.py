"""The daemon: `daemon` puts it together; the clock, the polls, a reload, health and service are its modules."""

from crawler.daemon.daemon import Daemon

__all__ = ["Daemon"]
