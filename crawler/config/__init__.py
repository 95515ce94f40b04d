"""`config.yaml`: read, checked and worked out into a frozen Config; explained by `describe` and `json_schema`."""

from crawler.config.describe import describe
from crawler.config.load import load
from crawler.config.result import (
    BackupConfig,
    Config,
    FetchConfig,
    HeartbeatConfig,
    LogConfig,
    MetricsConfig,
    RetentionConfig,
    SinkConfig,
    SourceConfig,
    WebConfig,
)
from crawler.config.schema import json_schema

__all__ = [
    "BackupConfig",
    "Config",
    "FetchConfig",
    "HeartbeatConfig",
    "LogConfig",
    "MetricsConfig",
    "RetentionConfig",
    "SinkConfig",
    "SourceConfig",
    "WebConfig",
    "describe",
    "json_schema",
    "load",
]
