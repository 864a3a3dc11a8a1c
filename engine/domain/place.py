"""Whose a thing is: what permission to do something with it depends on."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A customer's, and so its partner's; a partner's; or the installation's own."""

    customer_id: int | None = None
    partner_id: int | None = None


#: Of the installation as a whole.
NOBODYS: Final = Place()
