"""Keeps a spreadsheet from running the text of an exported cell as a formula."""

import re
from typing import Final

# Text that already looks neutralised is marked once more, so that taking one mark
# off always gives back what was exported.
_STARTS_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n]")
_NEUTRALISED: Final = re.compile(r"'+[=+\-@\t\r\n]")


def neutralised(text: str) -> str:
    """The text with an apostrophe before it, if a spreadsheet would run it."""
    return f"'{text}" if _STARTS_FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text as it was before `neutralised`."""
    return text[1:] if _NEUTRALISED.match(text) else text
