"""Delivery of Alerts from the outbox to the Sinks."""

from crawler.alert.atom import AtomSink
from crawler.alert.command import CommandSink
from crawler.alert.delivery import deliver
from crawler.alert.jsonl import JsonlSink
from crawler.alert.sink import Sink
from crawler.alert.stdout import StdoutSink
from crawler.alert.webhook import WebhookSink

__all__ = ["AtomSink", "CommandSink", "JsonlSink", "Sink", "StdoutSink", "WebhookSink", "deliver"]
