"""One running WordPress as a Python object: `ctl` changes it, `requests` tells what was asked of it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: The first start on a bare machine installs packages; every later one takes about a second.
START_SECONDS = 600
#: Between choosing a free port and nginx taking it, another process may take it.
PORT_ATTEMPTS = 3
#: Answered by nginx itself, see conf/nginx.conf.
MARK = "/harness-mark"


class HarnessError(Exception):
    """The site could not be started or changed; the text says why."""


class WordPress:
    """A WordPress of its own: own database, own port, stopped by its own process ids."""

    def __init__(self, state: Path, url: str) -> None:
        #: base URL without a trailing slash
        self.url = url
        self._state = state
        self._read_from = 0

    @classmethod
    def up(cls, state: Path, *, template: Path | None = None) -> WordPress:
        """Start a site whose files live in `state`. Raises HarnessError."""
        for attempt in range(1, PORT_ATTEMPTS + 1):
            command = [str(HERE / "up"), str(state), str(free_port()), *([str(template)] if template else [])]
            done = _run(command, timeout=START_SECONDS)
            if done.returncode == 0:
                return cls(state, done.stdout.strip())
            if "in use?" not in done.stderr or attempt == PORT_ATTEMPTS:
                break
        raise HarnessError(f"WordPress did not start: {_tail(done.stderr)}")

    def ctl(self, *args: object, **fields: object) -> Any:
        """Run one command: `ctl("edit", 17, title="New")`. Returns its JSON; `ctl help` lists the commands."""
        return self.batch([_words(args, fields)])[0]

    def batch(self, commands: Iterable[Sequence[object]]) -> list[Any]:
        """Run many commands in one process: `batch([("create", "--title=A"), ("trash", 4)])`."""
        lines = [json.dumps([str(word) for word in command]) for command in commands]
        done = _run([str(HERE / "ctl"), str(self._state), "batch"], stdin="\n".join(lines) + "\n", timeout=120)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        failed = [answer["error"] for answer in answers if isinstance(answer, dict) and "error" in answer]
        if failed or len(answers) != len(lines):
            raise HarnessError("; ".join(failed) or _tail(done.stderr or done.stdout))
        return answers

    def mark(self) -> None:
        """Forget the requests so far."""
        self._records()
        self._read_from = self._log.stat().st_size

    def requests(self) -> list[dict[str, Any]]:
        """Return a record for each request since the last `mark`: method, uri, status, bytes, ua, inm, ims, ae."""
        return [record for record in self._records() if record["uri"] != MARK]

    @property
    def credentials(self) -> tuple[str, str]:
        """User name and application password of the administrator."""
        user, _, password = (self._state / "app-password").read_text().strip().partition(":")
        return user, password

    def down(self, *, purge: bool = True) -> None:
        """Stop the site; `purge` deletes its files too."""
        _run([str(HERE / "down"), str(self._state), *(["--purge"] if purge else [])], timeout=60)

    @property
    def _log(self) -> Path:
        return self._state / "log" / "access.jsonl"

    def _records(self) -> list[dict[str, Any]]:
        # nginx writes a request's line after its last byte has gone out. It has one process, so once the line
        # of a request made now stands there, those of all earlier ones do.
        seen = self._lines().count(MARK)
        while self._lines().count(MARK) == seen:
            with urllib.request.urlopen(self.url + MARK, timeout=10):
                pass
        return [json.loads(line) for line in self._lines().splitlines()]

    def _lines(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._read_from)
            return log.read().decode()


class Template:
    """An installed site that is not running; new sites start as copies of it in half the time."""

    def __init__(self, state: Path) -> None:
        WordPress.up(state).down(purge=False)
        self._state = state

    def start(self, state: Path) -> WordPress:
        """Start a fresh site. Raises HarnessError."""
        return WordPress.up(state, template=self._state)

    def remove(self) -> None:
        """Delete the template's files."""
        shutil.rmtree(self._state, ignore_errors=True)


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _words(args: Sequence[object], fields: dict[str, object]) -> list[object]:
    return [*args, *(f"--{name}={int(value) if isinstance(value, bool) else value}" for name, value in fields.items())]


def _run(command: Sequence[str], *, timeout: float, stdin: str = "") -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessError(f"{Path(command[0]).name}: {error}") from error


def _tail(text: str, lines: int = 5) -> str:
    return " | ".join(text.strip().splitlines()[-lines:]) or "no message"
