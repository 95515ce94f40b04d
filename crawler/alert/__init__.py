"""Delivery of Alerts from the outbox to the Sinks."""

from crawler.alert.delivery import deliver
from crawler.alert.jsonl import JsonlSink
from crawler.alert.sink import Sink
from crawler.alert.stdout import StdoutSink

__all__ = ["JsonlSink", "Sink", "StdoutSink", "deliver"]
