"""The `webhook` Sink: each alert object as the body of a signed POST, by the rules of Standard Webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from crawler.alert.body import body_of
from crawler.alert.hiding import Hidden
from crawler.errors import FetchError, SinkError
from crawler.model.web import Answer, Send
from crawler.render.inert import one_line

#: Refusals of this very alert: it would be refused again. Others (401, 403, 404, 405 …) an operator mends.
_PERMANENT = frozenset({400, 410, 413, 415, 422})
#: Of what the receiver says so much is remembered.
_LONGEST_REPLY = 200


class WebhookSink:
    """Posts to one address. `secrets` sign, all of them while one replaces the other; without any nothing is signed.

    `hidden`: texts that a receiver may echo and nobody is to read.
    """

    def __init__(
        self,
        name: str,
        send: Send,
        *,
        clock: Callable[[], datetime],
        secrets: Sequence[str] = (),
        hidden: Iterable[str] = (),
        full_text: bool = False,
    ) -> None:
        self.name, self.full_text = name, full_text
        self._send, self._clock = send, clock
        self._signers = [Webhook(secret) for secret in secrets]
        self._hidden = Hidden([*hidden, *secrets])

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        """Post one alert. Raises SinkError unless the answer is a 2xx."""
        body = body_of(payload)
        try:
            answer = await self._send(body, self._headers(payload["data"]["id"], body))
        except FetchError as error:
            raise SinkError(self._hidden.out_of(str(error))) from None
        if 200 <= answer.status < 300:
            return self._told(answer)
        raise SinkError(
            self._refusal(answer), permanent=answer.status in _PERMANENT, retry_after=answer.retry_after or None
        )

    async def reached(self) -> str:
        """Whether anybody answers, which is asked without secrets. Raises SinkError."""
        try:
            answer = await self._send.reached()
        except FetchError as error:
            raise SinkError(self._hidden.out_of(str(error))) from None
        if 300 <= answer.status < 400:
            raise SinkError(self._refusal(answer))
        return f"webhook, it answers; `crawler alerts test {self.name}` tells whether it takes alerts"

    def _headers(self, alert_id: str, body: bytes) -> dict[str, str]:
        # The library takes a time of any other zone for one in UTC.
        at = self._clock().astimezone(UTC).replace(microsecond=0)
        headers = {
            "content-type": "application/json",
            "webhook-id": alert_id,
            "webhook-timestamp": f"{at.timestamp():.0f}",
        }
        if self._signers:
            signed = (signer.sign(alert_id, at, body.decode()) for signer in self._signers)
            headers["webhook-signature"] = " ".join(signed)
        return headers

    def _told(self, answer: Answer) -> str:
        """`200 ok`: the status and the beginning of what was said."""
        return f"{answer.status} {one_line(self._hidden.out_of(answer.body), _LONGEST_REPLY)}".rstrip()

    def _refusal(self, answer: Answer) -> str:
        if 300 <= answer.status < 400:
            where = f" to {one_line(answer.leads_to)}" if answer.leads_to else ""
            return f"the receiver answered {answer.status}, a redirect{where}, which is not followed"
        wish = f"; it asks not to come back for {answer.retry_after:.0f} s" if answer.retry_after else ""
        return f"the receiver answered {self._told(answer)}{wish}"
