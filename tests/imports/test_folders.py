"""A tree of bare images: folders name taxa, images are measured, running twice adds nothing."""

from pathlib import Path

import pytest
from PIL import Image

import given
from calanus.features.measures import NAMES, as_grey, measure
from calanus.kit.db import connect
from given import BIOTA, COPEPODA, DETRITUS
from lab import Lab, encoded, png, zipped


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Images in folders, as a laboratory keeps them."""
    root = tmp_path / "tree"
    pictures = {
        "top.png": png(),
        "Copepoda/one.png": png(20, 10, 100),
        "Copepoda/deeper/detritus/two.PNG": png(shade=50),
        "unlabelled/three.jpeg": encoded(Image.new("L", (9, 9)), "JPEG"),
        "hydromedusae_typeD/four.png": png(shade=3),
        ".hidden/five.png": png(),
        "__MACOSX/six.png": png(),
        "Copepoda/notes.txt": b"not an image",
    }
    for name, data in pictures.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def labels(lab: Lab) -> dict[str, str | None]:
    """The taxon of each object by the object's name."""
    found = lab.find(
        """
        SELECT v.orig_id, t.name FROM object_values v
          JOIN objects o USING (project_id, object_id) LEFT JOIN taxa t USING (taxon_id)
        """
    )
    return {row["orig_id"]: row["name"] for row in found}


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_the_folder_of_an_image_is_its_taxon(lab: Lab, tree: Path, packed: bool) -> None:
    job = lab.load_images(
        zipped(tree) if packed else tree,
        folders_as_taxa=True,
        parent_taxon=int(BIOTA),
        create_taxa=True,
    )

    assert (job.state, job.errors) == ("F", [])
    assert labels(lab) == {
        "top.png": None,
        "Copepoda/one.png": "Copepoda",
        "Copepoda/deeper/detritus/two.PNG": "detritus",
        "unlabelled/three.jpeg": None,
        "hydromedusae_typeD/four.png": "hydromedusae_typeD",
    }
    by_name = {o["orig_id"]: o for o in lab.objects()}
    one = by_name["Copepoda/one.png"]
    assert (one["state"], one["annotator_id"]) == ("V", lab.owner.user_id)
    assert by_name["top.png"]["state"] is None
    new = lab.one("SELECT type, parent_id FROM taxa WHERE name = 'hydromedusae_typeD'")
    assert new == {"type": "M", "parent_id": BIOTA}


def test_without_folders_as_taxa_nothing_is_identified(lab: Lab, tree: Path) -> None:
    lab.load_images(tree)

    assert {o["state"] for o in lab.objects()} == {None}


def test_running_twice_adds_nothing_and_a_new_image_is_added(lab: Lab, tree: Path) -> None:
    lab.load_images(tree)
    again = lab.load_images(tree)
    (tree / "new.png").write_bytes(png())
    more = lab.load_images(tree)

    assert (again.state, more.state) == ("F", "F")
    assert len(lab.objects()) == 6
    assert len(lab.find("SELECT 1 FROM images")) == 6
    assert len(lab.find("SELECT 1 FROM samples")) == 1


def test_an_unknown_folder_is_a_question_when_taxa_may_not_be_made(lab: Lab, tree: Path) -> None:
    asked = lab.load_images(tree, folders_as_taxa=True)

    assert asked.state == "A"
    assert asked.question
    assert asked.question["missing_taxa"] == ["hydromedusae_typed"]
    done = lab.answer(asked, {"users": {}, "taxa": {"hydromedusae_typed": DETRITUS}})
    assert done.state == "F"
    assert labels(lab)["hydromedusae_typeD/four.png"] == "detritus"


def test_classic_features_are_measured_and_named(lab: Lab, tree: Path) -> None:
    lab.load_images(tree)

    columns = lab.one("SELECT object_columns AS c FROM projects")["c"]
    assert list(columns) == list(NAMES)
    by_name = {o["orig_id"]: o for o in lab.objects()}
    with Image.open(tree / "Copepoda/one.png") as image:
        wanted = measure(as_grey(image))
    assert by_name["Copepoda/one.png"]["numbers"] == pytest.approx(list(wanted.values()))


def test_an_image_that_cannot_be_read_stops_everything(lab: Lab, tree: Path) -> None:
    (tree / "Copepoda/cut.png").write_bytes(png(64, 64)[:70])
    (tree / "old.tif").write_bytes(encoded(Image.new("L", (30, 30)), "TIFF")[:60])

    job = lab.load_images(tree, folders_as_taxa=True)

    assert [error.split(": ")[0] for error in job.errors] == [
        "[base]/Copepoda/cut.png",
        "[base]/old.tif",
    ]
    assert (lab.objects(), lab.bytes_in_vault()) == ([], 0)


def test_a_folder_without_images_is_a_mistake(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    job = lab.load_images(tmp_path / "empty")

    assert "there is no image here" in job.errors[0]


def test_a_name_that_two_taxa_bear_is_a_question(lab: Lab, tmp_path: Path) -> None:
    lab.find(
        "INSERT INTO taxa (taxon_id, parent_id, name, display_name, lineage, folded) "
        "VALUES (77, %(p)s, 'Calanoida', 'Calanoida<other', '{1,77}', 'calanoida') RETURNING 1",
        p=COPEPODA + 10,
    )
    (tmp_path / "x" / "Calanoida").mkdir(parents=True)
    (tmp_path / "x" / "Calanoida" / "a.png").write_bytes(png())

    asked = lab.load_images(tmp_path / "x", folders_as_taxa=True, parent_taxon=int(BIOTA))

    assert asked.state == "A"


def test_taxa_are_not_made_by_who_may_not_make_them(lab: Lab, tree: Path) -> None:
    with connect(lab.url) as conn:
        lab.owner = given.user(conn)
        conn.execute(
            "INSERT INTO members VALUES (%s, %s, 'Annotate')", (lab.project_id, lab.owner.user_id)
        )
    lab.settings = lab.settings.model_copy(update={"policy": "collaborative"})

    job = lab.load_images(tree, folders_as_taxa=True, parent_taxon=int(BIOTA), create_taxa=True)

    assert (job.state, lab.objects(), lab.bytes_in_vault()) == ("E", [], 0)
    assert "may not create taxa" in job.errors[0]


def test_a_check_of_images_says_what_would_be_made_and_writes_nothing(lab: Lab, tree: Path) -> None:
    tried = lab.load_images(
        tree, folders_as_taxa=True, parent_taxon=1, create_taxa=True, dry_run=True
    )

    assert (tried.state, tried.errors) == ("F", [])
    assert tried.result
    assert tried.result["outcome"]["levels"]["object"] == {"created": 5}
    assert "object_area (numbers)" in tried.result["outcome"]["new_columns"]
    assert "Taxa that would be made: hydromedusae_typeD." in tried.result["infos"]
    assert (lab.objects(), lab.bytes_in_vault()) == ([], 0)
    assert lab.find("SELECT 1 FROM taxa WHERE name = 'hydromedusae_typeD'") == []
    assert lab.one("SELECT object_columns AS o FROM projects")["o"] == {}


def test_a_check_of_images_tells_the_names_it_would_ask_for(lab: Lab, tree: Path) -> None:
    tried = lab.load_images(tree, folders_as_taxa=True, dry_run=True)

    assert tried.result
    assert tried.result["outcome"]["question"]["missing_taxa"] == ["hydromedusae_typed"]
