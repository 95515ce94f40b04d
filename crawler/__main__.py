"""`crawler`, also as `python -m crawler`."""

from __future__ import annotations

import io
import sys

from crawler.cli import program


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets it as an escape; that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    program(prog_name="crawler")


if __name__ == "__main__":
    main()
