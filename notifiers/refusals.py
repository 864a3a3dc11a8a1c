"""Why an event was refused, as a sentence in somebody's language."""

from engine.domain.outcome import Refusal
from notifiers.wording import Wording


def refusal_sentence(
    wording: Wording, refusal: Refusal, *, event: str, state: str, who: str
) -> str:
    """The sentence for a refused event: `state` is where the change stands still."""
    values = dict(refusal.values)
    allowed = [role for role in str(values.get("who", "")).split(", ") if role]
    roles = wording.section("roles")
    return wording.sentence(
        refusal.reason.value,
        who=who,
        event=wording.section("events").get(event, event),
        allowed=", ".join(roles.get(role, role) for role in allowed),
        state=wording.section("states").get(state, state),
        deadline=values.get("deadline", ""),
        closed_on=values.get("closed_on", ""),
    )
