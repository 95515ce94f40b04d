"""Reads the files of a configuration; what cannot be read is a problem that names the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.config.problems import Problems
from crawler.config.references import Expander
from crawler.config.yaml import parse


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """The files of one configuration, which all see the same environment."""

    env: Mapping[str, str]
    require_references: bool
    problems: Problems
    #: texts that are taken for the files of these paths, which need not be there
    unsaved: Mapping[Path, str] = field(default_factory=dict)

    def yaml(self, path: Path) -> Any:
        """The document in a YAML file, references resolved; None where it is empty or unreadable, which is told."""
        file = str(path)
        self.problems.opened(file)
        try:
            raw = self.unsaved[path].encode() if path in self.unsaved else path.read_bytes()
            text = raw.decode("utf-8-sig")
        except FileNotFoundError:
            self.problems.add(file, None, "", "no such file; `-c FILE` names another")
        except IsADirectoryError:
            self.problems.add(file, None, "", "is a folder; name the file in it")
        except OSError as error:
            self.problems.add(file, None, "", f"cannot be read: {(error.strerror or 'unknown error').lower()}")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self.problems.add(file, line, "", "not text in UTF-8; save it as UTF-8")
        else:
            expand = Expander(env=self.env, folder=path.parent, required=self.require_references)
            return parse(text, file, self.problems, expand)
        return None
