"""Webhooks as those who run the vendor's systems manage them."""

import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from engine.domain.access import Action, Actor
from engine.domain.errors import NotFoundError, TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.webhooks import (
    PING,
    WEBHOOK,
    CallRow,
    CallStatus,
    Webhook,
    checked_url,
)
from engine.services.book_notes import Edit, note_edits

#: What a description may be: it is a name for people.
LONGEST_DESCRIPTION: Final = 200
CALLS_SHOWN: Final = 100
_SECRET_BYTES: Final = 32


class WebhookError(TacitError):
    """Raised when a webhook cannot be changed so; nothing was."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An endpoint and its calls, without its secret."""

    webhook: Webhook
    calls: list[CallRow]

    @property
    def held(self) -> int:
        return sum(call.status == CallStatus.HELD for call in self.calls)

    def as_json(self) -> dict[str, Any]:
        hook = self.webhook
        return {
            "id": hook.id,
            "url": hook.url,
            "description": hook.description,
            "created_at": hook.created_at,
            "disabled_at": hook.disabled_at,
            "old_secret_until": hook.old_secret_until,
            "calls": [
                {name: getattr(call, name) for name in _CALL_SHOWN}
                for call in self.calls
            ],
        }


_CALL_SHOWN: Final = (
    "id", "status", "attempts", "queued_at", "next_try_at", "sent_at", "error", "body",
)  # fmt: skip


@dataclass(frozen=True)
class Webhooks:
    """Changes webhooks for an actor; each change leaves a trace in the audit trail.

    `private` lets them be called by http and within private networks. A secret that
    was replaced signs beside the new one for the `overlap`.
    """

    store: Storage
    actor: Actor
    now: datetime
    private: bool = False
    overlap: timedelta = timedelta(0)

    def all(self) -> list[Shown]:
        """Every endpoint with its latest calls."""
        self.actor.must_somewhere(Action.MANAGE_WEBHOOKS)
        with self.store.begin(read_only=True) as unit:
            return [
                Shown(hook, unit.webhooks.calls(hook.id, CALLS_SHOWN))
                for hook in unit.webhooks.all()
            ]

    def one(self, id_: int) -> Shown:
        """One endpoint; NotFoundError where there is none."""
        self.actor.must_somewhere(Action.MANAGE_WEBHOOKS)
        with self.store.begin(read_only=True) as unit:
            hook = _found(unit, id_)
            return Shown(hook, unit.webhooks.calls(id_, CALLS_SHOWN))

    def add(self, url: str, description: str = "") -> tuple[int, str]:
        """A new endpoint, told of what happens from now on: its id and its secret."""
        self.actor.must_somewhere(Action.MANAGE_WEBHOOKS)
        said = description.strip()
        if len(said) > LONGEST_DESCRIPTION:
            raise WebhookError(
                f"the description may have {LONGEST_DESCRIPTION} letters at most"
            )
        if not said.isprintable():
            raise WebhookError("the description may be one line of plain text")
        where, secret = checked_url(url, private=self.private), _new_secret()
        with self.store.begin() as unit:
            if any(hook.url == where for hook in unit.webhooks.all()):
                raise WebhookError(f"there is a webhook for {where} already")
            # So that what others are just writing is after the mark, and not before.
            unit.audit.hold()
            id_ = unit.webhooks.add(
                url=where,
                description=said,
                secret=secret,
                created_by=self.actor.person_id,
                created_at=self.now,
                followed_until=unit.audit.last_id(),
            )
            self._note(unit, id_, {"url": where, "description": said}, "added")
            unit.commit()
        return id_, secret

    def disable(self, id_: int) -> None:
        """Tell an endpoint nothing more, until it is enabled again."""
        with self._changing(id_) as (unit, hook):
            if hook.disabled_at is None:
                unit.webhooks.update(id_, disabled_at=self.now)
                self._note(unit, id_, {"disabled": True})
                unit.commit()

    def enable(self, id_: int) -> None:
        """Tell it again: of what happens from now on, and what was queued before."""
        with self._changing(id_) as (unit, hook):
            if hook.disabled_at is not None:
                unit.audit.hold()
                mark = unit.audit.last_id()
                unit.webhooks.update(id_, disabled_at=None, followed_until=mark)
                self._note(unit, id_, {"disabled": False})
                unit.commit()

    def rotate(self, id_: int, *, at_once: bool = False) -> str:
        """A new secret; the one before it signs too for a while, or no more `at_once`.

        One before that signs nothing any more.
        """
        secret, is_over = _new_secret(), at_once or not self.overlap
        with self._changing(id_) as (unit, hook):
            unit.webhooks.update(
                id_,
                secret=secret,
                old_secret=None if is_over else hook.secret,
                old_secret_until=None if is_over else self.now + self.overlap,
            )
            said = "changed, the old one stopped" if is_over else "changed"
            self._note(unit, id_, {"secret": said})
            unit.commit()
        return secret

    def ping(self, id_: int) -> None:
        """Ask for a call that says nothing but that calls arrive."""
        with self._changing(id_) as (unit, hook):
            if hook.disabled_at is not None:
                raise WebhookError("this webhook is disabled: enable it first")
            self._note(unit, id_, {"ping": "asked for"}, PING)
            unit.commit()

    def send_again(self, id_: int, call_id: int | None = None) -> int:
        """Queue a held call anew, or all of them: how many."""
        with self._changing(id_) as (unit, _):
            queued = unit.webhooks.send_again(id_, call_id, self.now)
            if queued:
                self._note(unit, id_, {"held_calls": "queued again"})
                unit.commit()
        return queued

    @contextmanager
    def _changing(self, id_: int) -> Iterator[tuple[UnitOfWork, Webhook]]:
        self.actor.must_somewhere(Action.MANAGE_WEBHOOKS)
        with self.store.begin() as unit:
            yield unit, _found(unit, id_)

    def _note(
        self,
        unit: UnitOfWork,
        id_: int,
        values: dict[str, object],
        kind: str = "edited",
    ) -> None:
        edit = Edit(id_, str(id_), values)
        note_edits(unit, WEBHOOK, [edit], self.actor.code, self.now, kind)


def _found(unit: UnitOfWork, id_: int) -> Webhook:
    hook = unit.webhooks.one(id_)
    if hook is None:
        raise NotFoundError("webhook", str(id_))
    return hook


def _new_secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
