"""The long way of a package, as a client of EcoTaxa goes it: each step meets what the last left."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import given
from calanus.kit.db import connect
from calanus.kit.settings import Settings
from calanus.users.types import User
from conftest import database
from contract_world import Cruise, new_cruise
from given import CALANOIDA, COPEPODA, DETRITUS, KEY
from lab import png

HEADERS = (
    "object_id|img_file_name|img_rank|object_lat|object_lon|object_date|object_time|object_link|"
    "object_area|object_note|object_annotation_status|object_annotation_category|"
    "object_annotation_person_name|object_annotation_date|object_annotation_time|"
    "sample_id|sample_vol|acq_id|process_id"
)
TYPES = "|".join("[f]" if name == "object_area" else "[t]" for name in HEADERS.split("|"))
ROWS = (
    "a 1|i/ä.png|0|-24.4166666666667|179.999|19050102|1|http://a?b=c|1e-05|007|validated|"
    "Copepoda|Zoé Nobody|19691231|235959|S 1|024.60|A|p",
    "a 1|second.png|100|||||||||||||S 1||A|",
    'b|b.png||0|-0|20000229|235959||-5e-324|say "hi"|predicted|Sea monster||||S 1||A|',
    "c|c.png|||||||1e22|None|dubious|Calanoida|zoé nobody|20240102||S 2|NaN|B|p2",
    "0004|d.png|||||||nan|=1+1||||||S 2||B|",
)
FIELDS = (
    "obj.orig_id,obj.classif_qual,obj.classif_id,obj.classif_who,obj.classif_date,"
    "obj.classif_score,fre.area,fre.note,sam.t01"
)


@pytest.fixture(scope="module")
def cruise(
    server: str, template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cruise]:
    settings = Settings(data=tmp_path_factory.mktemp("way") / "data", secret_key=KEY)
    with database(server, template=template[0]) as (_, url):
        cruise = new_cruise(url, settings)
        with cruise.web:
            yield cruise


def table(rows: tuple[str, ...]) -> bytes:
    """Rows as EcoTaxa quotes them."""
    out = io.StringIO()
    lines = [line.split("|") for line in (HEADERS, TYPES, *rows)]
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(lines)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


class Way:
    """What a client asks, one step after the other."""

    def __init__(self, cruise: Cruise) -> None:
        self.cruise = cruise
        self.project_id = cruise.read("POST /projects/create", {"title": "The long way"})
        self.objects = [self.project_id * 10**8 + n for n in range(1, 5)]

    def sends(self, name: str, files: Mapping[str, bytes]) -> str:
        """A zip among one's files."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path, data in files.items():
                archive.writestr(path, data)
        answer = self.cruise.ask("POST /user_files/", files={"file": (name, packed.getvalue())})
        assert answer.status_code == 200
        return str(answer.json())

    def job(self, call: str, body: Any) -> dict[str, Any]:
        """A job, once it stands still."""
        job_id = self.cruise.read(call, body)["job_id"]
        self.cruise.lab.run(job_id)
        return self.cruise.read(f"GET /jobs/{job_id}/")

    def imports(self, source: str, into: int | None = None, **how: Any) -> dict[str, Any]:
        into = into or self.project_id
        return self.job(f"POST /file_import/{into}", {"source_path": source, **how})

    def exports(self, kind: str, project_id: int, **how: Any) -> dict[str, bytes]:
        """The files of an export, but for what its job said."""
        order = {"filters": {}, "request": {"project_id": str(project_id), **how}}
        done = self.job(f"POST /object_set/export/{kind}", order)
        answer = self.cruise.ask(f"GET /jobs/{done['id']}/file")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return {n: archive.read(n) for n in archive.namelist() if not n.startswith("job_")}

    def classify(self, by: User, state: str, *taxa: int) -> int:
        body = {"target_ids": self.objects[: len(taxa)], "classifications": list(taxa)}
        answer = self.cruise.ask(
            "POST /object_set/classify", body | {"wanted_qualification": state}, by
        )
        assert answer.status_code == 200, answer.text
        return int(answer.json())

    def now(self) -> list[list[Any]]:
        call = f"POST /object_set/{self.project_id}/query?fields={FIELDS}&order_field=obj.objid"
        return self.cruise.read(call, {})["details"]


def test_a_package_goes_in_and_out_and_comes_back_to_the_letter(cruise: Cruise) -> None:
    way = Way(cruise)
    head = cruise.head.user_id
    images = {name: png(8, 6, n) for n, name in enumerate(("i/ä.png", "second.png", "b.png"))}
    images |= {"c.png": png(9), "d.png": png(10)}
    package = {"ecotaxa_way.tsv": table(ROWS)} | images

    # Nobody knows two names: that is asked, in EcoTaxa's words alone, and nothing is there yet.
    asked = way.imports(way.sends("way.zip", package))
    unknown = {"missing_users": ["zoé nobody"], "missing_taxa": ["sea monster"]}
    assert (asked["state"], asked["errors"], asked["question"]) == ("A", [], unknown)
    assert cruise.read(f"GET /projects/{way.project_id}")["objcount"] is None
    reply = {"users": {"zoé nobody": head}, "taxa": {"sea monster": DETRITUS}}
    assert cruise.read(f"POST /jobs/{asked['id']}/answer", reply) is None
    cruise.lab.run(asked["id"])
    done = cruise.read(f"GET /jobs/{asked['id']}/")
    assert (done["state"], done["progress_msg"], done["result"]["rowcount"]) == ("F", "Done", 5)
    first = way.now()
    assert [line[:5] for line in first[::2]] == [
        ["a 1", "V", COPEPODA, head, "1969-12-31T23:59:59"],
        ["c", "D", CALANOIDA, head, "2024-01-02T00:00:00"],
    ]
    assert [line[6:] for line in first] == [
        [1e-05, "007", "024.60"],
        [-5e-324, 'say "hi"', "024.60"],
        [1e22, "None", "NaN"],
        [None, "=1+1", "NaN"],
    ]

    # The same again is refused, once for each image, and for nothing else.
    again = way.imports(way.sends("again.zip", package))
    assert (again["state"], again["progress_msg"]) == ("E", "5 error(s) during run")

    # Two people and a model follow; what a person said, the model leaves alone.
    ann = given_annotator(cruise, way)
    assert way.classify(ann, "V", -1, -1, COPEPODA, -1) == 3
    assert way.classify(cruise.head, "D", -1, CALANOIDA) == 2
    guesses = {"target_ids": way.objects, "classifications": [DETRITUS] * 4, "scores": [0.5] * 4}
    assert cruise.read("POST /object_set/classify_auto", guesses | {"keep_log": False}) == 1

    # Identifications that were written out and read in again change nothing, the past included.
    sorted_ = way.now()
    told = way.exports("general", way.project_id, only_annotations=True)
    back = way.imports(way.sends("told.zip", told), update_mode="Cla")
    assert (back["state"], way.now()) == ("F", sorted_)

    # Step by step they go back to what the package said; then to nothing.
    revert = f"POST /object_set/{way.project_id}/revert_to_history?dry_run=false"
    for _ in range(2):
        cruise.read(revert, {"samples": str(way.project_id * 10**6 + 1)})
    assert way.now()[:2] == first[:2]
    cruise.read(revert, {"samples": str(way.project_id * 10**6 + 2)})
    assert way.now()[2:] == [first[2], first[3]]

    # A backup makes the same project, whose backup is the same, byte by byte.
    backup = way.exports("backup", way.project_id)
    other = cruise.read("POST /projects/create", {"title": "The same"})
    assert way.imports(way.sends("backup.zip", backup), into=other)["state"] == "F"
    assert way.exports("backup", other) == backup
    [line] = [
        line for line in backup["S 1/ecotaxa_S 1.tsv"].decode().split("\n") if "b.png" in line
    ]
    assert '\t0.0\t-0.0\t"20000229"\t"235959"\t' in line
    assert '\t-5e-324\t"say ""hi"""\t' in line


def given_annotator(cruise: Cruise, way: Way) -> User:
    """Somebody who may annotate in the project."""
    with connect(cruise.lab.url) as conn:
        ann = given.user(conn)
    person = {"id": ann.user_id, "email": ann.email, "name": ann.name, "organisation": ""}
    project = cruise.read(f"GET /projects/{way.project_id}")
    cruise.read(f"PUT /projects/{way.project_id}", project | {"annotators": [person]})
    return ann
