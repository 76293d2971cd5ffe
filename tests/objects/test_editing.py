"""Editing what is known of objects and of what they hang from."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

import given
from calanus.kit.db import Connection, execute
from calanus.objects import editing, service
from calanus.objects.types import BadValue, Edit, Level, NameTaken, SeveralProjects
from calanus.projects.types import Project, RightMissing
from calanus.users.types import User


@pytest.fixture
def head(conn: Connection) -> User:
    return given.application_manager(conn)


@pytest.fixture
def tara(conn: Connection) -> Project:
    project = given.project(conn)
    columns = {
        "o": '{"area": "n01", "mean": "n03", "note": "t02"}',
        "s": '{"net": "t01"}',
        "a": '{"mesh": "t01"}',
        "p": '{"pixel": "t03"}',
    }
    sql = """
        UPDATE projects SET object_columns = %(o)s, sample_columns = %(s)s,
               acquisition_columns = %(a)s, process_columns = %(p)s
         WHERE project_id = %(id)s
    """
    execute(conn, sql, id=project.project_id, **columns)
    return project


def change(conn: Connection, level: Level, ids: list[int], by: User, /, **values: object) -> int:
    """Edit columns by name."""
    edits = [Edit(column, value) for column, value in values.items()]
    return editing.edit(conn, level, ids, edits, by=by, at=given.NOON)


def row(conn: Connection, table: str, project: Project) -> dict[str, Any]:
    """The first row of a table of a project."""
    from psycopg.rows import dict_row

    with conn.cursor(row_factory=dict_row) as cursor:
        sql = f"SELECT * FROM {table} WHERE project_id = %(p)s ORDER BY 2 LIMIT 1"
        found = cursor.execute(sql.encode(), {"p": project.project_id}).fetchone()
    assert found
    return found


def test_fixed_and_free_columns_get_their_values(
    conn: Connection, tara: Project, head: User
) -> None:
    first, second = given.objects(conn, tara, 2)

    touched = change(
        conn,
        Level.OBJECT,
        [first],
        head,
        orig_id=" renamed ",
        depth_min="5.5",
        area=12,
        mean="3",
        note="hairy",
        object_link="http://x",
        complement_info="blurred",
    )

    assert (first < second, touched) == (True, 1)
    changed = row(conn, "object_values", tara)
    assert changed["orig_id"] == "renamed"
    assert changed["depth_min"] == 5.5
    assert [str(n) for n in changed["numbers"]] == ["12.0", "nan", "3.0"]
    assert changed["texts"] == [None, "hairy"]
    assert (changed["link"], changed["comment"]) == ("http://x", "blurred")


@pytest.mark.parametrize("before", [None, [], ["kept"]])
def test_a_text_goes_to_its_place_whatever_the_row_had(
    conn: Connection, tara: Project, head: User, before: list[str] | None
) -> None:
    [tile] = given.objects(conn, tara, 1)
    execute(conn, "UPDATE object_values SET texts = %(texts)s::text[]", texts=before)
    assert service.find(conn, tile, by=head)[1].texts == (before or [])

    change(conn, Level.OBJECT, [tile], head, note="hairy")

    assert row(conn, "object_values", tara)["texts"] == [(before or [None])[0], "hairy"]


def test_an_empty_value_erases(conn: Connection, tara: Project, head: User) -> None:
    [tile] = given.objects(conn, tara, 1)

    change(conn, Level.OBJECT, [tile], head, latitude=None, objdate="", area="", note="")

    changed = row(conn, "object_values", tara)
    assert (changed["latitude"], changed["object_date"]) == (None, None)
    assert str(changed["numbers"][0]) == "nan"
    assert changed["sun_position"] == "?"


def test_what_moves_takes_sun_and_sample_along(conn: Connection, tara: Project, head: User) -> None:
    [tile] = given.objects(conn, tara, 1)

    change(conn, Level.OBJECT, [tile], head, objtime="23:30:00", latitude=-12, longitude=170)

    assert row(conn, "object_values", tara)["sun_position"] == "D"  # half past eleven, far east
    sample = row(conn, "samples", tara)
    assert (sample["latitude"], sample["longitude"]) == (-12, 170)


def test_every_level_can_be_edited(conn: Connection, tara: Project, head: User) -> None:
    given.objects(conn, tara, 1)
    sample, acquisition = row(conn, "samples", tara), row(conn, "acquisitions", tara)
    a = [acquisition["acquisition_id"]]

    change(conn, Level.SAMPLE, [sample["sample_id"]], head, net="WP2", dataportal_descriptor="x")
    change(conn, Level.ACQUISITION, a, head, mesh="200", instrument="zooscan")
    change(conn, Level.PROCESS, a, head, pixel="10.6", orig_id="zp")

    assert row(conn, "samples", tara)["texts"] == ["WP2"]
    assert row(conn, "samples", tara)["dataportal_descriptor"] == "x"
    acquisition = row(conn, "acquisitions", tara)
    assert (acquisition["texts"], acquisition["instrument"]) == (["200"], "zooscan")
    process = row(conn, "processes", tara)
    assert (process["texts"], process["orig_id"]) == ([None, None, "10.6"], "zp")


def test_now_is_a_value(conn: Connection, tara: Project, head: User) -> None:
    [tile] = given.objects(conn, tara, 1)
    now = editing.NOW

    change(conn, Level.OBJECT, [tile], head, objdate=now, objtime=now, complement_info=now)

    changed = row(conn, "object_values", tara)
    assert f"{changed['object_date']} {changed['object_time']}" == "2026-06-21 12:00:00"
    assert changed["comment"] == "2026-06-21 12:00:00"


def test_identifications_ids_and_unknown_columns_are_passed_over(
    conn: Connection, tara: Project, head: User
) -> None:
    [tile] = given.objects(conn, tara, 1)

    touched = change(
        conn, Level.OBJECT, [tile], head, classif_id=1, classif_qual="V", objid=3, nonsense=4
    )

    assert touched == 0
    assert service.find(conn, tile, by=head)[1].state is None


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("latitude", "91", "latitude: “91” is not a number between -90 and 90"),
        ("longitude", "east", "longitude: “east” is not a number"),
        ("depth_max", "inf", "depth_max: “inf” is not a finite number of metres"),
        ("objdate", "2026-02-30", "objdate: “2026-02-30” is not a day such as"),
        ("objdate", "20260228junk", "objdate: “20260228junk” is not a day such as"),
        ("objtime", "25:00", "objtime: “25:00” is not a time such as"),
        ("objtime", "09:15:00+02:00", "objtime: “09:15:00+02:00” is not a time in UTC"),
        ("area", "-inf", "area: “-inf” is not a number"),
        ("orig_id", "  ", "orig_id: “” is not a name: it can't be empty"),
        ("area", "big", "area: “big” is not a number"),
        ("note", "x" * 251, "is not a text of 250 characters at most"),
        ("note", "a\0b", "is not a text without NUL"),
    ],
)
def test_a_bad_value_gets_a_sentence_and_changes_nothing(
    conn: Connection, tara: Project, head: User, column: str, value: str, sentence: str
) -> None:
    [tile] = given.objects(conn, tara, 1)

    with pytest.raises(BadValue, match="nothing was changed") as caught:
        change(conn, Level.OBJECT, [tile], head, complement_info="first", **{column: value})

    assert sentence in str(caught.value)
    assert row(conn, "object_values", tara)["comment"] is None


def test_two_samples_of_one_name_are_refused(conn: Connection, tara: Project, head: User) -> None:
    given.objects(conn, tara, 1)
    given.objects(conn, tara, 1)
    first = row(conn, "samples", tara)["sample_id"]

    with pytest.raises(NameTaken), conn.transaction():
        change(conn, Level.SAMPLE, [first], head, orig_id="station_2")


def test_rows_of_two_projects_are_not_edited_together(
    conn: Connection, tara: Project, head: User
) -> None:
    [mine] = given.objects(conn, tara, 1)
    [other] = given.objects(conn, given.project(conn), 1)

    with pytest.raises(SeveralProjects):
        change(conn, Level.OBJECT, [mine, other], head, orig_id="x")


def test_an_annotator_edits_nothing(conn: Connection) -> None:
    annotator = given.user(conn)
    tara = given.project(conn, member=annotator)
    [tile] = given.objects(conn, tara, 1)

    with pytest.raises(RightMissing):
        change(conn, Level.OBJECT, [tile], annotator, orig_id="x")


def test_a_thousand_objects_take_eight_statements(
    conn: Connection,
    tara: Project,
    head: User,
    at_most: Callable[[int], AbstractContextManager[None]],
) -> None:
    ids: list[int] = [*given.objects(conn, tara, 1000)]

    with at_most(8):
        change(conn, Level.OBJECT, ids, head, latitude=10, area=1)


def test_parents_of_objects_of_several_projects(
    conn: Connection, tara: Project, head: User
) -> None:
    [mine] = given.objects(conn, tara, 1)
    [other] = given.objects(conn, given.project(conn), 1)

    found = service.parents(conn, [other, mine, 5], by=head)

    assert [parents.object_id for parents in found] == [mine, other]
    assert found[0].sample_id == tara.project_id * 1_000_000 + 1


def test_samples_tell_how_far_they_are(conn: Connection, tara: Project, head: User) -> None:
    from calanus.objects.wire import sample_stats

    given.objects(conn, tara, 2, taxon=given.COPEPODA, state="V", by=head)
    given.objects(conn, tara, 1)
    sample = tara.project_id * 1_000_000 + 1

    lines = sample_stats(service.sample_tallies(conn, [sample, sample + 1], by=head))

    assert [line.model_dump() for line in lines] == [
        {
            "sample_id": sample,
            "used_taxa": [given.COPEPODA],
            "nb_unclassified": 0,
            "nb_validated": 2,
            "nb_dubious": 0,
            "nb_predicted": 0,
        },
        {
            "sample_id": sample + 1,
            "used_taxa": [-1],
            "nb_unclassified": 1,
            "nb_validated": 0,
            "nb_dubious": 0,
            "nb_predicted": 0,
        },
    ]
