"""Watches WordPress sites and feeds, keeps every revision, and tells people what changed."""

__version__ = "0.1.0"
