"""A subset: some objects of a project, with all that belongs to them, in another one."""

import pytest

import given
from calanus.annotation import service as annotation
from calanus.annotation.types import ClassifyOrder
from calanus.files.vault import Vault
from calanus.jobs.types import JobState
from calanus.kit.db import connect
from calanus.kit.ids import TaxonId
from calanus.projects import service as projects
from calanus.subsets.taking import Copies
from calanus.users.policy import Act
from lab import HEADERS, Lab
from two_projects import another, content, faults, fill, in_project, take

pytestmark = given.vaults_close_late


def classify(lab: Lab, names: list[str], taxon: TaxonId) -> None:
    """A person identifies some objects by name."""
    ids = [o["object_id"] for o in lab.objects() if o["orig_id"] in names]
    with connect(lab.url) as conn:
        project = projects.require(conn, lab.owner, lab.project_id, Act.ANNOTATE)
        order = ClassifyOrder(objects=ids, taxa=[taxon] * len(ids))
        annotation.classify(conn, project, order, by=lab.owner, at=given.NOON)


def test_a_subset_of_everything_is_the_same_project(lab: Lab) -> None:
    fill(lab)
    classify(lab, ["o2"], given.DETRITUS)
    target = another(lab)

    job = take(lab, target)

    assert job.state == JobState.FINISHED, job.errors
    assert (job.result or {})["rowcount"] == 4
    assert content(lab, target) == content(lab, lab.project_id)
    assert faults(lab, target) == []


def test_the_database_knows_at_once_how_much_came(lab: Lab) -> None:
    """Else it would look up each object among all others, and annotators would wait meanwhile."""
    fill(lab)
    take(lab, another(lab))

    for table in ("objects", "object_values", "images"):
        held = lab.one(f"SELECT count(*) AS rows FROM {table}")["rows"]
        told = lab.one(f"SELECT reltuples FROM pg_class WHERE oid = '{table}'::regclass")
        assert told["reltuples"] == held, table


def test_its_images_are_its_own(lab: Lab) -> None:
    fill(lab)
    target = another(lab)
    take(lab, target)

    vault = Vault(lab.settings.data / "vault")
    stored = lab.find(
        """
        SELECT p.path, i.position, i.length
          FROM images i JOIN packs p USING (project_id, pack_id)
         WHERE i.project_id = %(p)s
        """,
        p=target,
    )
    assert len(stored) == 5
    assert all(row["path"].startswith(f"{target}/") for row in stored)
    data = [vault.read(row["path"], row["position"], row["length"]) for row in stored]
    assert all(d.startswith(b"\x89PNG") for d in data)
    small = lab.find("SELECT size FROM thumbnails WHERE project_id = %(p)s", p=target)
    assert sorted(row["size"] for row in small) == [64, 160, 320]


def test_free_columns_go_where_the_destination_has_them(lab: Lab) -> None:
    fill(lab)
    target = another(lab)
    there = in_project(lab, target)
    there.package(
        "object_id|img_file_name|object_width|object_area|object_note\n[t]|[t]|[f]|[f]|[t]\n"
        "x|a.png|7|8|old",
        a=None,
    )
    there.load()

    take(lab, target)

    values = lab.find(
        "SELECT orig_id, numbers, texts FROM object_values WHERE project_id = %(p)s"
        " ORDER BY object_id LIMIT 3",
        p=target,
    )
    assert [str(row["numbers"]) for row in values] == ["[7.0, 8.0]", "[nan, 1.5]", "[nan, 2.5]"]
    assert [row["texts"] for row in values] == [["old"], ["one"], ["two"]]
    assert faults(lab, target) == []


def test_objects_without_free_texts_have_none_in_a_subset_either(lab: Lab) -> None:
    lab.package("object_id|img_file_name|object_area\n[t]|[t]|[f]\no1|a.png|5\n", a=None)
    lab.load()
    target = another(lab)

    take(lab, target)

    sql = "SELECT texts, numbers FROM object_values WHERE project_id = %(p)s"
    assert lab.find(sql, p=target) == [{"texts": None, "numbers": [5.0]}]


def test_one_of_each_taxon(lab: Lab) -> None:
    fill(lab)
    target = another(lab)

    take(lab, target, group_type="C")

    assert sorted(str(o["taxon_id"]) for o in content(lab, target)) == ["10", "20", "None"]


def test_a_share_of_each_sample_is_never_nothing(lab: Lab) -> None:
    fill(lab)
    target = another(lab)

    take(lab, target, group_type="S", limit_type="P", limit_value=0)

    assert sorted(o["sample"] for o in content(lab, target)) == ["net1", "net2"]


def test_a_filter_says_which(lab: Lab) -> None:
    fill(lab)
    target = another(lab)

    take(lab, target, filters={"statusfilter": "P"})

    assert [o["orig_id"] for o in content(lab, target)] == ["o2", "o3"]


def test_twice_the_same_subset_doubles_nothing(lab: Lab) -> None:
    fill(lab)
    target = another(lab)
    take(lab, target, filters={"statusfilter": "P"})

    job = take(lab, target)

    assert len(content(lab, target)) == 4
    assert "2 object(s) are in project" in (job.result or {})["infos"][0]
    assert len(lab.find("SELECT 1 FROM samples WHERE project_id = %(p)s", p=target)) == 2
    assert faults(lab, target) == []


def test_parents_nobody_named_become_those_of_the_destination(lab: Lab) -> None:
    lab.rows("o1|a.png")
    lab.load()
    target = another(lab)
    there = in_project(lab, target)
    there.rows("x1|a.png")
    there.load()

    take(lab, target)

    sample = lab.one("SELECT * FROM samples WHERE project_id = %(p)s", p=target)
    assert sample["orig_id"] == f"__DUMMY_ID__{target}__"
    assert [o["orig_id"] for o in content(lab, target)] == ["o1", "x1"]


def test_nothing_to_take_is_an_error_of_one_sentence(lab: Lab) -> None:
    fill(lab)
    target = another(lab)

    job = take(lab, target, filters={"statusfilter": "D"})

    assert job.errors == ["No object to include in the subset: widen the filter or the limit."]
    assert content(lab, target) == []


def test_columns_of_one_name_and_two_kinds_are_refused(lab: Lab) -> None:
    fill(lab)
    target = another(lab)
    there = in_project(lab, target)
    there.package(
        HEADERS.replace("\n", "|object_area\n", 1).replace("[t]\n", "[t]|[t]\n") + "x|a.png|big",
        a=None,
    )
    there.load()

    job = take(lab, target)

    assert job.state == JobState.ERROR
    assert "“area” holds texts here and numbers there" in " ".join(job.errors)


def test_a_subset_that_breaks_while_copying_leaves_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(lab)
    target = another(lab)

    def breaks(copies: Copies) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Copies, "doubt", breaks)
    before = lab.bytes_in_vault()
    job = take(lab, target)

    assert job.state == JobState.ERROR
    assert content(lab, target) == []
    assert lab.bytes_in_vault() == before
    assert faults(lab, target) == []
