"""What tests of the notifiers start from, every argument defaulted."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.domain.letters import Audience, Letter, LetterRequest, Rendered
from notifiers.mail import Sender
from notifiers.rendering import Templates
from notifiers.template_files import SHIPPED_TEMPLATES
from notifiers.values import example_values

NOW: Final = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
SENDER: Final = Sender("Solaris Software", "renewals@solaris.example")
HOSTILE: Final = "**x** [a](http://evil) <script>alert(1)</script> *_ & \n Bcc: x@y"


def now() -> datetime:
    return NOW


def a_rendered(subject: str = "Your contract renews", text: str = "Hello") -> Rendered:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return Rendered(subject, text, f"<p>{text}</p>", subject, (section,))


def a_letter(
    key: str = "C-1:7:0:inès:email",
    address: str = "ines@marchand.example",
    recipient_name: str = "Inès Marchand",
    rendered: Rendered | None = None,
    attempt: int = 1,
    ambiguous: bool = False,
) -> Letter:
    return Letter(
        key=key,
        address=address,
        recipient_name=recipient_name,
        language="fr",
        rendered=rendered or a_rendered(),
        attempt=attempt,
        ambiguous=ambiguous,
    )


def a_request(
    message: str = "renewal_notice",
    audience: Audience = Audience.CUSTOMER,
    language: str = "en",
    **changes: object,
) -> LetterRequest:
    return LetterRequest(message, audience, language, example_values(**changes))


def write_template(
    folder: Path,
    text: str,
    message: str = "greeting",
    audience: str = "customer",
    languages: tuple[str, ...] = ("en", "fr"),
) -> None:
    (folder / message).mkdir(parents=True, exist_ok=True)
    for language in languages:
        file = folder / message / f"{audience}.{language}.md"
        file.write_text(text, encoding="utf-8")


def a_rendering(folder: Path, body: str, **changes: object) -> Rendered:
    write_template(folder, f"Subject: Hello\n\n{body}")
    templates = Templates((folder, SHIPPED_TEMPLATES))
    values = example_values(**changes)
    return templates.render(LetterRequest("greeting", Audience.CUSTOMER, "en", values))
