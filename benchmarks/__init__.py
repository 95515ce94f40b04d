"""Benchmarks of the shipped command against sites on loopback; README.md has the figures."""
