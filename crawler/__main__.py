"""`crawler`, also as `python -m crawler`."""

from __future__ import annotations

import io
import os
import sys

from crawler.cli import program


def _open_standard_streams() -> None:
    """Open what a shell has closed (`>&-`): the next file or connection would take its number and be written to."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, and those below are taken by now
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def main() -> None:
    """Run the command line and exit with its code."""
    _open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets it as an escape; that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    program(prog_name="crawler")


if __name__ == "__main__":
    main()
