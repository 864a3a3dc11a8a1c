"""What is asked of every page: axe finds no fault, and nothing hangs over the side."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page: rule, remedy and where."""
    response = Axe().run(page).response
    return [
        f"{found['id']}: {found['help']} ({node['target']}: {node['html'][:200]})"
        for found in response["violations"]
        for node in found["nodes"]
    ]


def hangs_over(page: Page) -> bool:
    """Whether a page is wider than its window."""
    found: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return found
