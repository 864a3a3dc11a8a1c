"""Where the published data sets are, on machines that have them."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def ravenstack() -> Path:
    """The folder of the RavenStack exports; skips where there is none."""
    # The place of test data is no setting of the program, hence the exception.
    named = os.environ.get("TACIT_TEST_DATA")  # noqa: TID251
    data = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    folder = data / "ravenstack"
    if not folder.is_dir():
        pytest.skip(f"no RavenStack data in {data}; set TACIT_TEST_DATA to its folder")
    return folder
