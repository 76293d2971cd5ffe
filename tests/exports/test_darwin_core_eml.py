"""eml.xml, against what GBIF's profile of EML requires."""

import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from archive_world import Bay, bay, move, read
from calanus.exports.darwin_core.eml import ORDER
from calanus.kit.db import Connection

# Element, how often at least: the mandatory part of GBIF's EML profile 1.3 and of its guide to
# sampling-event datasets (https://ipt.gbif.org/manual/en/ipt/latest/gbif-metadata-profile).
REQUIRED = {
    "dataset": 1,
    "dataset/title": 1,
    "dataset/creator": 1,
    "dataset/creator/individualName/surName": 1,
    "dataset/creator/organizationName": 1,
    "dataset/metadataProvider": 1,
    "dataset/metadataProvider/electronicMailAddress": 1,
    "dataset/pubDate": 1,
    "dataset/language": 1,
    "dataset/abstract/para": 1,
    "dataset/keywordSet/keyword": 1,
    "dataset/keywordSet/keywordThesaurus": 1,
    "dataset/intellectualRights/para/ulink/citetitle": 1,
    "dataset/coverage/geographicCoverage/geographicDescription": 1,
    "dataset/coverage/geographicCoverage/boundingCoordinates/northBoundingCoordinate": 1,
    "dataset/coverage/temporalCoverage/rangeOfDates/beginDate/calendarDate": 1,
    "dataset/coverage/temporalCoverage/rangeOfDates/endDate/calendarDate": 1,
    "dataset/coverage/taxonomicCoverage/taxonomicClassification/taxonRankValue": 1,
    "dataset/contact/individualName/surName": 1,
    "dataset/contact/electronicMailAddress": 1,
    "additionalMetadata/metadata/gbif/dateStamp": 1,
    "additionalMetadata/metadata/gbif/hierarchyLevel": 1,
    "additionalMetadata/metadata/gbif/citation": 1,
}


@pytest.fixture
def sea(conn: Connection) -> Bay:
    return bay(conn)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dwca.zip"


def texts(eml: Any, where: str) -> list[str]:
    """What the elements of a path say."""
    return [(found.text or "").strip() for found in eml.findall(where)]


def test_what_the_profile_requires_is_there(sea: Bay, path: Path) -> None:
    sea.write(path)
    eml = read(path).eml

    found = {
        where: ["".join(e.itertext()).strip() for e in eml.findall(where)] for where in REQUIRED
    }
    assert {where: len(said) for where, said in found.items() if len(said) < REQUIRED[where]} == {}
    assert {where for where, said in found.items() if not all(said)} == set()


def test_the_root_says_which_profile_it_follows(sea: Bay, path: Path) -> None:
    sea.write(path)
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("eml.xml"))  # noqa: S314 (our own)

    assert root.tag == "{https://eml.ecoinformatics.org/eml-2.2.0}eml"
    assert root.attrib["packageId"] == (
        f"calanus-collection-{sea.collection_id}/2026-06-21T12:00:00Z"
    )
    assert {"system", "scope"} <= set(root.attrib)


def test_what_is_written_of_people_and_terms(sea: Bay, path: Path) -> None:
    sea.write(path)
    eml = read(path).eml

    assert texts(eml, "dataset/title") == ["Copepods & co"]
    assert texts(eml, "dataset/creator/individualName/givenName") == ["Marie", "Gil de la"]
    assert texts(eml, "dataset/creator/individualName/surName") == ["Curator", "Mer"]
    assert texts(eml, "dataset/creator/organizationName") == [
        "Sea Lab (SEA)",
        "Sea & Sun",
        "Institut de la Mer (IMEV)",
    ]
    assert texts(eml, "dataset/creator/address/country") == ["France", "Italy"]
    orcid = eml.find("dataset/creator/userId")
    assert (orcid.text, orcid.get("directory")) == ("0000-0002-1825-0097", "https://orcid.org/")
    assert texts(eml, "dataset/associatedParty/organizationName") == ["A lab"]
    assert texts(eml, "dataset/associatedParty/role") == ["contentProvider"]
    assert texts(eml, "additionalMetadata/metadata/gbif/citation") == ["Curator <2026>"]
    assert "".join(eml.find("dataset/intellectualRights/para").itertext()) == (
        "This work is licensed under a Creative Commons Attribution (CC-BY) 4.0 License."
    )


def test_north_is_north(sea: Bay, path: Path) -> None:
    move(sea.conn, sea.second, "latitude = -10.5, longitude = -20.25, object_date = '2020-01-02'")
    sea.write(path)
    eml = read(path).eml

    box = eml.find("dataset/coverage/geographicCoverage/boundingCoordinates")
    assert {each.tag[:5]: each.text for each in box} == {
        "westB": "-20.250000",
        "eastB": "7.500000",
        "north": "43.500000",
        "south": "-10.500000",
    }
    assert texts(eml, "dataset/coverage/temporalCoverage/rangeOfDates/*/calendarDate") == [
        "2020-01-02",
        "2026-06-21",
    ]
    classified = "dataset/coverage/taxonomicCoverage/taxonomicClassification/taxonRankValue"
    assert texts(eml, classified) == ["Calanoida", "Copepoda"]


def test_elements_stand_in_the_order_of_the_schema(sea: Bay, path: Path) -> None:
    sea.change(external_id="doi:10.1/x", description="One.\n\nTwo.")
    extra = ["<project><title>T</title></project>", "<purpose><para>P</para></purpose>"]
    sea.write(path, extra_xml=extra)
    dataset = read(path).eml.find("dataset")

    places = [ORDER.index(child.tag) for child in dataset]
    assert places == sorted(places)
    assert dataset[0].text == "doi:10.1/x"
    assert texts(dataset, "additionalInfo/para") == ["One.", "Two."]
    assert dataset[-1].tag == "project"


def test_what_xml_cannot_hold_is_left_out(sea: Bay, path: Path) -> None:
    sea.change(abstract="A \x0c form\x1b feed & <tag> ]]> " * 20)
    sea.write(path)

    [said] = texts(read(path).eml, "dataset/abstract/para")
    assert " ".join(said.split()).startswith("A form feed & <tag> ]]> A")
