"""Measuring the images of objects that came by tables: gaps are filled, nothing is overwritten."""

import numpy as np
import pytest
from PIL import Image

from calanus.features.measures import NAMES, measure
from calanus.imports.jobs import measure_objects
from calanus.imports.types import MeasureOrder
from calanus.jobs.run import enqueue
from calanus.jobs.types import Job
from calanus.kit.db import connect
from lab import Lab, encoded, png

AREA, MEAN = 1.5, 7.0


@pytest.fixture
def measured(lab: Lab) -> Job:
    """Three objects of which one has an area already, measured."""
    table = "object_id|img_file_name|object_area|object_mean\n[t]|[t]|[f]|[t]\n"
    rows = f"o1|a.png|{AREA}|dark\no2|b.png||\no3|c.png||\n"
    lab.load(lab.package(table + rows, a=drawn(40), b=drawn(90), c=None))
    return measure_all(lab)


def drawn(shade: int) -> bytes:
    """A square on white."""
    picture = np.full((20, 30), 255, np.uint8)
    picture[5:12, 6:16] = shade
    return encoded(Image.fromarray(picture), "PNG")


def measure_all(lab: Lab) -> Job:
    """The job, from its beginning to its end."""
    order = MeasureOrder(project_id=lab.project_id)
    with connect(lab.url) as conn:
        job_id = enqueue(conn, measure_objects, order, owner=lab.owner.user_id)
    return lab.run(job_id)


def numbers(lab: Lab) -> dict[str, dict[str, float]]:
    """The numbers of each object by their names."""
    columns = lab.one("SELECT object_columns AS c FROM projects")["c"]
    return {
        o["orig_id"]: {
            name: o["numbers"][int(code[1:]) - 1]
            for name, code in columns.items()
            if code.startswith("n")
        }
        for o in lab.objects()
    }


def test_what_was_missing_is_measured(lab: Lab, measured: Job) -> None:
    assert (measured.state, measured.errors) == ("F", [])
    assert measured.result
    assert (measured.result["measured"], measured.result["without_image"]) == (3, 0)
    wanted = measure(np.pad(np.full((7, 10), 90, np.uint8), 5, constant_values=255))
    found = numbers(lab)["o2"]
    for name in ("area", "major", "perim.", "min"):
        assert found[name] == pytest.approx(wanted[name])


def test_what_was_there_is_left_alone(lab: Lab, measured: Job) -> None:
    found = numbers(lab)["o1"]

    assert found["area"] == AREA
    assert found["min"] == 40
    assert [o["texts"][0] for o in lab.objects()] == ["dark", None, None]


def test_a_text_of_the_same_name_is_no_place_for_a_number(lab: Lab, measured: Job) -> None:
    columns = lab.one("SELECT object_columns AS c FROM projects")["c"]

    assert columns["mean"] == "t01"
    assert set(NAMES) <= set(columns)
    assert measured.result
    assert measured.result["infos"] == [
        "Not measured, because they are texts in this project: mean."
    ]


def test_measuring_again_does_nothing(lab: Lab, measured: Job) -> None:
    before = lab.objects()

    again = measure_all(lab)

    assert again.result
    assert again.result["measured"] == 0
    assert lab.objects() == before


def test_objects_that_come_later_are_measured_later(lab: Lab, measured: Job) -> None:
    lab.load(lab.rows("o4|d.png", name="more/ecotaxa_b.tsv"), skip_existing_objects=True)

    again = measure_all(lab)

    assert again.result
    assert again.result["measured"] == 1
    assert numbers(lab)["o4"]["area"] == 48


def test_an_object_without_image_is_counted_and_left(lab: Lab) -> None:
    lab.load(lab.rows("o1|a.png o2|b.png"))
    with connect(lab.url) as conn:
        conn.execute("DELETE FROM images WHERE orig_file_name = 'b.png'")

    job = measure_all(lab)

    assert job.result
    assert (job.result["measured"], job.result["without_image"]) == (1, 1)
    assert job.result["infos"] == ["1 object(s) have no image that can be measured."]


def test_many_objects_take_several_steps(lab: Lab) -> None:
    rows = "\n".join(f"o{i}|a.png" for i in range(300))
    lab.load(lab.package("object_id|img_file_name\n[t]|[t]\n" + rows, a=png()))

    job = measure_all(lab)

    assert job.result
    assert job.result["measured"] == 300
    assert {found["area"] for found in numbers(lab).values()} == {48}


def test_the_scale_bar_of_the_project_is_not_measured(lab: Lab) -> None:
    picture = np.full((30, 30), 255, np.uint8)
    picture[4:9, 4:9] = 0
    picture[22:, :] = 0
    lab.load(
        lab.package(
            "object_id|img_file_name\n[t]|[t]\no1|a.png\n",
            a=encoded(Image.fromarray(picture), "PNG"),
        )
    )
    lab.find("UPDATE projects SET bar_px = 8 RETURNING 1")

    measure_all(lab)

    assert numbers(lab)["o1"]["area"] == 25
