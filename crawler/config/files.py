"""Reads the files of a configuration; what cannot be read is a problem that names the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.config.problems import Problems
from crawler.config.references import Expander
from crawler.config.yaml import Unreadable, parse


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """The files of one configuration, which all see the same environment."""

    env: Mapping[str, str]
    require_references: bool
    problems: Problems

    def yaml(self, path: Path) -> Any:
        """The document in a YAML file, references resolved. Raises Unreadable when its problem has been told."""
        self.problems.opened(str(path))
        raw = self._bytes(path)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self.problems.add(str(path), line, "", "not text in UTF-8; save it as UTF-8")
            raise Unreadable from None
        expand = Expander(env=self.env, folder=path.parent, required=self.require_references)
        return parse(text, str(path), self.problems, expand)

    def _bytes(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            message = "no such file; `crawler init` writes one, `-c FILE` names another"
        except IsADirectoryError:
            message = "is a folder; name the file in it"
        except OSError as error:
            message = f"cannot be read: {(error.strerror or 'unknown error').lower()}"
        self.problems.add(str(path), None, "", message)
        raise Unreadable
