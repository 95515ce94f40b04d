"""Fixtures for all tests: a real WordPress for those marked `wordpress`."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.wordpress import HarnessError, Template, WordPress

# Machines are shared and noisy: how long an example takes proves nothing.
hypothesis.settings.register_profile("untimed", hypothesis.settings.get_profile("default"), deadline=None)
if os.environ.get("CI") != "true":
    hypothesis.settings.load_profile("untimed")

#: The first test that needs a WordPress may have to install one.
WORDPRESS_SECONDS = 900


def pytest_configure() -> None:
    # What a shell without job control starts with `&` ignores Ctrl-C, and so would every command that tests interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("wordpress") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(WORDPRESS_SECONDS))
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def wordpress_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """An installed site to copy, or a skip that says why there is none (in CI: a failure)."""
    try:
        template = Template(tmp_path_factory.mktemp("wordpress-template"))
    except HarnessError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no WordPress on this machine: {error}")
    yield template
    template.remove()


@pytest.fixture
def wordpress_factory(wordpress_template: Template, tmp_path: Path) -> Iterator[Callable[..., WordPress]]:
    """Start fresh sites: `wordpress_factory(timezone_string="Asia/Seoul")`; keywords are WordPress options."""
    running: list[WordPress] = []

    def start(**options: object) -> WordPress:
        site = wordpress_template.start(tmp_path / f"wordpress-{len(running)}")
        running.append(site)
        if options:
            site.batch([("set-option", name, value) for name, value in options.items()])
        return site

    yield start
    for site in running:
        site.down()


@pytest.fixture
def wordpress(wordpress_factory: Callable[..., WordPress]) -> WordPress:
    """A fresh WordPress with post 1, page 2 and draft page 3; zone UTC."""
    return wordpress_factory()
