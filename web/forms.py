"""What a form's fields hold, as plain text of a bearable length."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData


def text_of(form: Mapping[str, Any], name: str, longest: int = 254) -> str:
    """A field's text without what no keyboard writes; empty where there is none."""
    value = form.get(name)
    if not isinstance(value, str):  # a file, or nothing
        return ""
    kept = "".join(letter for letter in value if letter.isprintable())
    return kept.strip()[:longest]


def secret_of(form: Mapping[str, Any], name: str) -> str:
    """A field's text exactly as it was typed."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def choices_of(form: Mapping[str, Any], name: str) -> list[str]:
    """What was ticked, of several boxes of one name."""
    if not isinstance(form, FormData):
        return []
    return [value for value in form.getlist(name) if isinstance(value, str)]
