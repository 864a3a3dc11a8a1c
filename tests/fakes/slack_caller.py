"""Slack as it calls an app: signs what it sends, and sends it again as Slack does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from hmac import digest
from typing import Final

import httpx

from tests.fakes.slack_payloads import Payload, door_of, encoded

SECRET: Final = "8f742231b10e8888abcd99yyyzzz85a5"
_PATIENCE: Final = 3.0  #: seconds, as Slack waits
_RETRIES: Final = 3


@dataclass
class SlackCaller:
    """Sends payloads to the app at `url`; `answers` holds the status of each try."""

    url: str
    clock: Callable[[], datetime]
    secret: str = SECRET
    answers: list[int | None] = field(default_factory=list)

    def deliver(self, payload: Payload) -> httpx.Response | None:
        """Send it until it is acknowledged, or given up; events alone are retried."""
        door = door_of(payload)
        tries = 1 + (_RETRIES if door == "/slack/events" else 0)
        answer = None
        for number in range(tries):
            again = {
                "X-Slack-Retry-Num": str(number),
                "X-Slack-Retry-Reason": "http_error",
            }
            answer = self.send(payload, **(again if number else {}))
            if answer is not None and answer.is_success:
                break
        return answer

    def send(self, payload: Payload, **headers: str) -> httpx.Response | None:
        """Send it once; None where no answer came in time."""
        body, kind = encoded(payload)
        return self.send_bytes(
            door_of(payload), body, **{"Content-Type": kind, **headers}
        )

    def send_bytes(
        self, door: str, body: bytes, **headers: str
    ) -> httpx.Response | None:
        given = {**self.signed(body), **headers}
        try:
            answer = httpx.post(
                self.url + door, content=body, headers=given, timeout=_PATIENCE
            )
        except httpx.TimeoutException:
            self.answers.append(None)
            return None
        self.answers.append(answer.status_code)
        return answer

    def signed(self, body: bytes, at: datetime | None = None) -> dict[str, str]:
        """The headers by which the app knows that Slack sent this."""
        timestamp = str(int((at or self.clock()).timestamp()))
        said = b"v0:" + timestamp.encode() + b":" + body
        mac = digest(self.secret.encode(), said, sha256).hex()
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={mac}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
