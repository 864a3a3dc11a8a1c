"""A question to the messages: which of them somebody wants to read, and how many."""

from dataclasses import dataclass

from engine.domain.folding import folded

LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class MessageQuestion:
    """Which messages: all conditions hold; a page has those older than `before`."""

    limit: int
    status: str | None = None
    change_id: int | None = None
    before: int | None = None
    message: str | None = None
    channel: str | None = None
    search: str = ""

    @property
    def words(self) -> list[str]:
        """The folded words that must all be found."""
        return list(dict.fromkeys(folded(self.search[:LONGEST_SEARCH]).split()))
