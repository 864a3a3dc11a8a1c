"""The OpenAPI document is true: whatever is sent, the answer is one that it names."""

import warnings
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks

from tests.support.books import a_customer, a_partner, a_person, a_small_book
from tests.web.api_client import API, a_key, a_stranger
from tests.web.conftest import NOW, Served

#: Of each kind of data for each route.
EXAMPLES = 6
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
]
LOOK = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def document(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = a_stranger(served).get("/openapi.json").json()
    return found


def tried(served: Served, operation: Any, mode: GenerationMode, key: str) -> int:
    """How many requests were made of one route, each with an answer that conforms."""
    number = 0

    @LOOK
    @given(case=operation.as_strategy(generation_mode=mode))
    def look(case: Any) -> None:
        nonlocal number
        number += 1
        case.cookies.clear()
        case.headers.pop("Idempotency-Key", None)
        headers = {"Authorization": f"Bearer {key}"}
        answer = case.call(base_url=f"{served.url}{API}", headers=headers)
        case.validate_response(answer, checks=CHECKS)

    look()
    return number


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_route_answers_as_documented(
    served: Served, mode: GenerationMode
) -> None:
    served.book.imports(
        [
            *a_small_book(),
            a_partner("sud"),
            a_customer("other", partner="sud"),
            a_person("other.contact", customer="other"),
            a_person("sud.poc", partner="sud"),
        ],
        NOW,
    )
    schema = schemathesis.openapi.from_dict(document(served))

    number = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        # A key of its own for each: one of the routes revokes keys.
        key = a_key(served, "ops")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            number += tried(served, operation, mode, key)

    assert number > 100


def test_every_route_is_explained(served: Served) -> None:
    found = document(served)

    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            place = f"{method} {path}"
            assert operation["summary"], place
            assert operation["description"], place
            assert {"401", "403", "422"} <= operation["responses"].keys(), place
    assert found["components"]["securitySchemes"].keys() == {"key", "session"}
