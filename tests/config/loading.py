"""Loads a configuration that a test wrote, and the environment that the sample configurations refer to."""

from pathlib import Path

from crawler.config import Config, load
from crawler.errors import ConfigError

#: No output may show it.
CANARY = "CANARY"
ENV = {
    "APPRISE_URL": f"mailto://me:{CANARY}@example.org",
    "EMPTY": "",
    "UMLAUT": f"{CANARY}ü",
    "HOST": "host.example.org",
    "KEY": f"{CANARY}-key",
    "KOREAPRO_APP_PASSWORD": f"{CANARY} password",
    "PART": CANARY,
    "PAUSED": "true",
    "PING_URL": f"https://ping.example.org/{CANARY}",
    "TZ": "Asia/Seoul",
    "USER_NAME": "me",
    "OLD_SECRET": f"whsec_{CANARY * 8}",
    "WEBHOOK_SECRET": f"whsec_{CANARY * 6}",
    "WEB_TOKEN": f"{CANARY}-token",
}


def write(folder: Path, text: str, name: str = "config.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def understood(folder: Path, text: str, **options) -> Config:
    return load(write(folder, text), env=options.pop("env", ENV), **options)


def problems(folder: Path, text: str, **options) -> list[str]:
    """What is told of the text, as `LINE: KEY: MESSAGE`; [] where nothing is wrong."""
    path = write(folder, text)
    try:
        load(path, env=options.pop("env", ENV), **options)
    except ConfigError as error:
        return [str(problem).removeprefix(f"{path}:") for problem in error.problems]
    return []
