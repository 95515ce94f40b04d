"""Bytes -> Sightings: WordPress REST answers, feeds of every dialect, and the pages read for discovery.

Everything here is hostile input. A function returns whole, checked values or raises ParseError; nothing is
fetched, stored or logged, and no clock is read.
"""
