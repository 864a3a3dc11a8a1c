"""Requests that Slack signed: no others get in."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from engine.domain.access import Action
from notifiers.slack_requests import Payload, is_signed, read_payload
from web.site import SlackDoor
from web.visits import site_of


@dataclass(frozen=True, slots=True)
class Call:
    """One request of Slack's, as it came and as it is read."""

    door: SlackDoor
    body: bytes
    payload: Payload


class SignedBySlack:
    """Who may call: Slack, by the app's signing secret, and nobody signed in."""

    actions: tuple[Action, ...] = ()

    async def __call__(self, request: Request) -> Call:
        """The request; 404 without a secret, 401 without a signature that holds."""
        site = site_of(request)
        if site.slack is None:
            raise HTTPException(404)
        body = await request.body()
        given = request.headers
        timestamp = given.get("X-Slack-Request-Timestamp", "")
        signed = given.get("X-Slack-Signature", "")
        secret, now = site.slack.signing_secret, site.clock()
        if not is_signed(secret, timestamp, signed, body, now):
            raise HTTPException(401)
        payload = read_payload(body)
        if payload is None:
            raise HTTPException(400)
        return Call(site.slack, body, payload)


SignedCall = Annotated[Call, Depends(SignedBySlack())]
