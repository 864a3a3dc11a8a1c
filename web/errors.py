"""What can go wrong with a request for a page, and the page that says so."""

from engine.domain.errors import TacitError


class SignInFirst(TacitError):  # noqa: N818 - it is no error, it leads to the sign-in page
    """Raised when a page is for people who are signed in."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__("sign in first")


class ForgedFormError(TacitError):
    """Raised when a form was not made by the page that the session has."""

    def __init__(self) -> None:
        super().__init__(
            "this form is too old, or came from another site: go back, load the page "
            "again, and send it once more"
        )


class BadRequestError(TacitError):
    """Raised when what was sent cannot be understood; says what, and how to mend it."""
