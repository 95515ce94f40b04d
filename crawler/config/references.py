"""References in values: `${NAME}` from the environment, `${file:PATH}` from a file, `$${` for a literal `${`.

A value that was made from a reference remembers how it was written, because only that may be shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
#: A secret is a line, a key or a certificate; more is the wrong file.
_FILE_LIMIT = 64 * 1024


class Referenced(str):
    """A text in which references were replaced: `written` is what stands in the file, `values` what they stand for."""

    __slots__ = ("values", "written")

    def __new__(cls, text: str, written: str, values: tuple[str, ...] = ()) -> Referenced:
        made = super().__new__(cls, text)
        made.written, made.values = written, values
        return made

    written: str
    values: tuple[str, ...]


class Unresolved(str):
    """A text, as written, with a reference that is missing where that does not matter."""

    __slots__ = ()


class Secret(SecretStr):
    """A secret value: stars in every output. `reference` is how the configuration names it."""

    def __init__(self, value: str, reference: str) -> None:
        super().__init__(value)
        self.reference = reference


def written(value: str) -> str:
    """How the text stands in the file: what messages and `check --print` may show of it."""
    return value.written if isinstance(value, Referenced) else value


def without_references(text: str, *, instead: str = "") -> str:
    """What stands in the file besides references: nothing for a secret that is kept where it belongs."""
    return _REFERENCE.sub(lambda found: found[0] if found[1] is None else instead, text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expander:
    """Resolves the references of one file."""

    env: Mapping[str, str]
    #: the folder of the file that holds the references
    folder: Path
    #: whether a missing one is a mistake
    required: bool

    def __call__(self, text: str) -> str:
        """The text with its references replaced. Raises ValueError for one that is missing or malformed."""
        missing: list[str] = []
        values: list[str] = []

        def value(found: re.Match[str]) -> str:
            if found[0] == "$${":
                return "${"
            try:
                values.append(self._value(found[1]))
                return values[-1]
            except LookupError as error:
                missing.append(str(error.args[0]))
                return ""

        expanded = _REFERENCE.sub(value, text)
        if missing and self.required:
            raise ValueError("; ".join(missing))
        if missing:
            return Unresolved(text)
        # of a text whose only `${` is a literal one, nothing needs hiding
        return Referenced(expanded, text, tuple(values))

    def _value(self, name: str | None) -> str:
        if name is not None and name.startswith("file:"):
            return self._file(name.removeprefix("file:").strip())
        if name is None or not _NAME.fullmatch(name):
            raise ValueError("not a reference; write ${NAME} or ${file:PATH}, and $${ for a literal ${")
        if name not in self.env:
            raise LookupError(f"the environment variable {name} is not set; set it, or use ${{file:PATH}}")
        return self.env[name]

    def _file(self, name: str) -> str:
        if not name:
            raise ValueError("${file:} names no file; write ${file:PATH}")
        folders = [Path(folder) for folder in [self.env.get("CREDENTIALS_DIRECTORY")] if folder]
        tried = [folder / name for folder in (*folders, self.folder)]
        path = tried[-1]
        try:
            path = next((path for path in tried if path.is_file()), None) or path
            with path.open("rb") as file:
                raw = file.read(_FILE_LIMIT + 1)
            text = raw.decode("utf-8-sig")
        except FileNotFoundError:
            raise LookupError(
                f"no file {name} in {' or '.join(str(path.parent.absolute()) for path in tried)}"
            ) from None
        except OSError as error:
            raise LookupError(f"{path} cannot be read: {(error.strerror or 'unknown error').lower()}") from None
        except UnicodeDecodeError:
            raise LookupError(f"{path} is not text in UTF-8") from None
        if len(raw) > _FILE_LIMIT:
            raise LookupError(f"{path} is larger than 64 KiB, too large for a value")
        # editors and `echo` end files with a line feed, which is no part of a secret
        return text.removesuffix("\n").removesuffix("\r")
