"""What discovery fetched and parsed, kept for the look that follows: a feed just found is not asked for twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crawler.config import SourceConfig
from crawler.endpoints.asking import Run
from crawler.model import Fetch, Fetched, NotModified, Request
from crawler.poll.desk import Desk
from crawler.tasks import Result, Task


class Fresh:
    """A Fetch and a Run that remember. Each answer and each result is given out once more, and then forgotten."""

    def __init__(self, desk: Desk, config: SourceConfig) -> None:
        self._desk = desk
        self._fetch: Fetch = desk.fetch_for(config)
        self._run: Run = desk.run
        self._answers: dict[str, Fetched] = {}
        self._results: dict[Task[Any], Any] = {}

    @property
    def desk(self) -> Desk:
        """The Desk, with this memory."""
        return replace(self._desk, fetch_for=lambda _: self.fetch, run=self.run)

    async def fetch(self, request: Request, /) -> Fetched | NotModified:
        """The answer remembered for this address, or a new one."""
        remembered = self._answers.pop(request.url, None)
        if remembered is not None:
            return remembered
        answer = await self._fetch(request)
        if isinstance(answer, Fetched):
            self._answers[request.url] = answer
        return answer

    async def run(self, task: Task[Result], /) -> Result:
        """The result remembered for an equal task, or a new one."""
        if task in self._results:
            remembered: Result = self._results.pop(task)
            return remembered
        result = await self._run(task)
        self._results[task] = result
        return result
