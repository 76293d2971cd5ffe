"""Every operation of EcoTaxa's, called as its clients call it, answers in EcoTaxa's shapes.

Each property is there, null perhaps: EcoTaxa's front end reads them all by name. Types are held as
strictly as by clients that check them.
"""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from fastapi import FastAPI

from calanus.kit.settings import Settings
from conftest import database
from contract_calls import CALLS, NOTHING, REFUSED, asked
from contract_world import Cruise, new_cruise
from document import document_of
from facts import BUILT, facts_of
from given import KEY
from shapes import SHAPES, THEIRS, answered, unlike
from strict import wrong_in

NULL = {"GET /noop"}  # answers null, whatever its description says


class Tour:
    """All calls, made once and in their order, up to whichever answer is asked for.

    So a process that runs but some of the tests asks in the same state as one that runs them all.
    """

    def __init__(self, cruise: Cruise) -> None:
        self.app = cast(FastAPI, cruise.web.app)
        self.answers: dict[str, Any] = {}
        self.coming = ((name, asked(cruise, name)) for name in CALLS if name in BUILT)

    def answer(self, name: str) -> Any:
        """What is answered to an operation."""
        while name not in self.answers:
            self.answers.update([next(self.coming)])
        return self.answers[name]


@pytest.fixture(scope="module")
def tour(
    server: str, template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tour]:
    """One cruise for all the calls of this file."""
    settings = Settings(data=tmp_path_factory.mktemp("cruise") / "data", secret_key=KEY)
    with database(server, template=template[0]) as (_, url):
        cruise = new_cruise(url, settings)
        cruise.names |= {
            "email": cruise.head.email,
            "status": "active",
            "sub_path": "",
            "name": "Copepoda",
        }
        with cruise.web:
            cruise.begin()
            yield Tour(cruise)


def test_each_operation_has_its_call() -> None:
    assert set(CALLS) == set(SHAPES["operations"])


@pytest.mark.parametrize("name", [name for name in CALLS if name in BUILT])
def test_an_operation_answers_in_ecotaxas_shape(tour: Tour, name: str) -> None:
    answer = tour.answer(name)

    assert answer.status_code == REFUSED.get(name, 200), answer.text
    assert answer.content
    if answer.status_code == 200 and answer.headers["content-type"] == "application/json":
        said, ours = answer.json(), tour.app.openapi()
        theirs = answered(THEIRS, name)
        assert said is None if name in NULL else unlike(said, name) == []
        assert wrong_in(said, answered(ours, name), ours) == []
        assert said or not theirs or name in NOTHING | NULL, "an empty answer shows nothing"


@pytest.mark.parametrize(
    ("said", "schema"),
    [
        (1.0, {"type": "integer"}),
        (True, {"type": "integer"}),
        ([None], {"type": "array", "items": {"type": "number"}}),
        ({"a": None}, {"type": "object", "additionalProperties": {"type": "string"}}),
        ("2026-13-01", {"type": "string", "format": "date"}),
        ("noon", {"type": "string", "format": "date-time"}),
        (None, {"$ref": "#/components/schemas/TaxonModel"}),
    ],
)
def test_what_a_strict_client_refuses_is_refused_here(said: Any, schema: dict[str, Any]) -> None:
    assert wrong_in(said, schema, THEIRS)


def test_the_document_tells_the_facts_that_it_was_written_from() -> None:
    told = facts_of(document_of(SHAPES))
    for name, operation in told["operations"].items():
        told["operations"][name] = operation | {"token": SHAPES["operations"][name]["token"]}

    assert told == SHAPES
