"""Runs commands in children of a process that has imported everything: a run costs no start. Started by tests.

Reads `FOLDER COMMAND…` from standard input. The child stops at the pipe FOLDER/go, whose opening lets it run: until
then strace can be fastened to it. Says the child's pid, and when it has ended, how: `exit 0` or `signal 9`.
"""

from __future__ import annotations

import ctypes
import os
import sys
import warnings

from crawler.__main__ import main
from crawler.cli import compose
from crawler.tasks import run_inline

PR_SET_PTRACER, ANYBODY = 0x59616D61, -1


class Inline:
    """Children that parse are tested elsewhere; here each would take a second to start under strace."""

    def __init__(self, **_more):
        pass

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_error):
        pass

    async def run(self, task):
        return run_inline(task)


def child(folder: str, *command: str) -> None:
    os.chdir(folder)
    for descriptor, name in ((1, "out"), (2, "err")):
        opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.close(0)
    os.open(os.devnull, os.O_RDONLY)
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY, 0, 0, 0)
    os.close(os.open("go", os.O_RDONLY))
    sys.argv = ["crawler", "-c", "config.yaml", *command]
    main()


def serve() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            code = 1
            try:
                child(*line.split())
            except SystemExit as end:
                code = end.code or 0
            except BaseException as error:
                print(repr(error), file=sys.stderr)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        print(f"exit {code}" if code >= 0 else f"signal {-code}", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("error")
    compose.Workers = Inline
    serve()
