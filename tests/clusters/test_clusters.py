"""Look-alikes that nobody has named are found, named whole, and gone from what is left."""

import pytest
from school import School

from calanus.kit.db import Connection
from calanus.kit.settings import Settings


@pytest.fixture
def school(shore: Connection, clone: str, settings: Settings) -> School:
    return School(shore, clone, settings)


def test_look_alikes_lie_together(school: School) -> None:
    found = school.group(smallest=5)

    together = [set(found.of(number).tolist()) for number in range(found.clusters)]
    assert len(together) >= 2
    assert all(some <= set(school.discs) or some <= set(school.sticks) for some in together)
    assert found.objects == 60
    assert found.alone == 60 - sum(map(len, together))
