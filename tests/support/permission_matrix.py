"""Role by action: the whole matrix, written out beside `config/permissions.yaml`.

A change of the policy that nobody meant is a difference from this page.
"""

from config.permissions import SHIPPED, load_policy
from engine.domain.access import Side

#: The columns: a role, and the side of whoever holds it.
COLUMNS = [
    ("operations", Side.VENDOR),
    ("finance", Side.VENDOR),
    ("colleague", Side.VENDOR),
    ("partner_administrator", Side.PARTNER),
    ("partner_member", Side.PARTNER),
    ("point_of_contact", Side.PARTNER),
    ("partner_colleague", Side.PARTNER),
    ("customer_owner", Side.CUSTOMER),
    ("billing_administrator", Side.CUSTOMER),
    ("administrator", Side.CUSTOMER),
    ("user", Side.CUSTOMER),
    ("primary_contact", Side.CUSTOMER),
    ("customer_colleague", Side.CUSTOMER),
    ("subscription_management", Side.PARTNER),
    ("subscription_management", Side.CUSTOMER),
]
# x: may do it with what is their organisation's own (the vendor's is everything).
MATRIX = """
                       vendor  partner   customer      subscriptions
own account            x x x   x x x x   x x x x x x   x x
see changes            x x .   x x x .   x x x . x .   . .
answer                 x . .   x x x .   x x . . x .   . .
choose owner           x . .   x x x .   . . . . . .   . .
move dates             x . .   . . . .   . . . . . .   . .
see amounts            x x .   x x x .   x x . . x .   . .
see customers          x x .   x x x .   x x x . x .   x x
choose contact         x . .   x x x .   x . . . . .   . .
associate              x . .   . . . .   . . . . . .   . .
end association        x . .   x . . .   . . . . . .   . .
set terms              x . .   . . . .   . . . . . .   . .
see partners           x x .   x x x .   . . . . . .   . .
choose standing owner  x . .   x . . .   . . . . . .   . .
see people             x x .   x x x .   x x x . x .   . .
edit people            x . .   x . . .   x . x . . .   . .
grant roles            x . .   x . . .   x . . . . .   . .
edit book              x . .   . . . .   . . . . . .   . .
import book            x . .   . . . .   . . . . . .   . .
export book            x x .   . . . .   . . . . . .   . .
see messages           x . .   x x x .   x x . . x .   . .
release messages       x . .   . . . .   . . . . . .   . .
see attention          x . .   . . . .   . . . . . .   . .
decide replies         x . .   . . . .   . . . . . .   . .
see rules              x . .   . . . .   . . . . . .   . .
simulate               x x .   . . . .   . . . . . .   . .
see trail              x . .   . . . .   . . . . . .   . .
run clock              x . .   . . . .   . . . . . .   . .
manage webhooks        x . .   . . . .   . . . . . .   . .
manage accounts        x . .   . . . .   . . . . . .   . .
see metrics            x . .   . . . .   . . . . . .   . .
"""
POLICY = load_policy(SHIPPED)


def rows() -> dict[str, list[bool]]:
    """By action, whether each column may do it."""
    found = {}
    for line in MATRIX.strip().splitlines()[1:]:
        found[line[:22].strip()] = [mark == "x" for mark in line[22:].split()]
    return found
