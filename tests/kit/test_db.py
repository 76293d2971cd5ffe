"""What goes to the database, and how."""

from typing import Any

import pytest

from calanus.kit.db import Connection, fetch_value


@pytest.mark.parametrize(
    "sent",
    [
        [7],
        [-1, 0, 32_767],
        [1, -(2**31)],
        [700_000_100, 2**31, -(2**63)],
        [1, None, 3],
        [[1, 2], [3, 4]],
        [True, False],
        [0.5, float("inf")],
    ],
)
def test_a_list_comes_back_as_it_went(conn: Connection, sent: list[Any]) -> None:
    back = fetch_value(conn, "SELECT %(sent)s", sent=sent)

    assert back == sent
    assert [type(item) for item in back] == [type(item) for item in sent]


def test_whole_numbers_find_what_they_name_whatever_their_size(conn: Connection) -> None:
    sql = "SELECT 7::bigint = ANY(%(small)s) AND 7000000001 = ANY(%(large)s)"

    assert fetch_value(conn, sql, small=[7, 8], large=[1, 7_000_000_001])
    assert fetch_value(conn, "SELECT 2::bigint = ANY(%(none)s)", none=[]) is False
