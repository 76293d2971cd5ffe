"""Before an archive is made: what is wrong with a collection, each with what to do."""

from pathlib import Path

import pytest

from archive_world import FROM_TO, Bay, bay
from calanus.collections.types import CollectionChange, Part
from calanus.exports.darwin_core import service
from calanus.kit.db import Connection, execute
from given import CALANOIDA, COPEPODA, DETRITUS


@pytest.fixture
def sea(conn: Connection) -> Bay:
    return bay(conn)


def test_nothing_is_wrong_with_a_collection_that_is_ready(sea: Bay) -> None:
    assert sea.check().errors == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"abstract": "x" * 255}, "has 255 characters; it needs 256 to 1,000"),
        ({"abstract": "x" * 1001}, "has 1,001 characters"),
        ({"abstract": None}, "has 0 characters"),
        ({"citation": " "}, "no citation"),
        ({"license": None}, "No licence"),
        ({"license": "Copyright"}, "“Copyright” is no licence"),
    ],
)
def test_what_has_to_be_written(sea: Bay, value: dict[str, object], said: str) -> None:
    sea.change(**value)

    [error] = sea.check().errors
    assert said in error


@pytest.mark.parametrize("length", [256, 1000])
def test_an_abstract_of_just_the_right_length_passes(sea: Bay, length: int) -> None:
    sea.change(abstract="x" * length)
    assert sea.check().errors == []


def test_somebody_has_to_be_named(sea: Bay) -> None:
    sea.cite(
        CollectionChange(
            people={"contact": None, "provider": None},
            users={Part.CREATOR: []},
            organisations={Part.CREATOR: []},
        )
    )

    creator, contact, provider = sea.check().errors
    assert "no creator" in creator
    assert "no contact person" in contact
    assert "no provider person" in provider


def test_an_organisation_may_be_the_only_creator(sea: Bay) -> None:
    sea.cite(CollectionChange(users={Part.CREATOR: []}))
    assert sea.check().errors == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("organisation = ''", "Gil de la Mer, a creator, has no organisation"),
        ("country = NULL", "has no known country"),
        ("country = 'Atlantis'", "has no known country"),
        ("name = 'Gil'", "Gil, a creator, has no first and last name"),
    ],
)
def test_who_is_named_has_all_that_a_citation_needs(sea: Bay, wrong: str, said: str) -> None:
    sea.conn.execute(f"UPDATE users SET {wrong} WHERE user_id = %s", [sea.gil.user_id])  # pyright: ignore

    [error] = sea.check().errors
    assert said in error
    assert "among the guests" in error


def test_a_private_project_is_not_published(sea: Bay) -> None:
    execute(sea.conn, "UPDATE projects SET access = '0' WHERE title = 'Bay two'")

    [error] = sea.check().errors
    assert "“Bay two” is private" in error
    with pytest.raises(service.BadExport, match="Bay two"):
        service.refuse_private(service.require(sea.conn, sea.request(), by=sea.marie))


def test_somebody_has_to_say_how_taxa_are_published(sea: Bay) -> None:
    execute(sea.conn, "DELETE FROM recasts")

    [error] = sea.check().errors
    assert "under “Taxa”" in error


def test_every_taxon_that_is_published_is_decided_upon(sea: Bay) -> None:
    sea.recast({str(COPEPODA): COPEPODA})

    [error] = sea.check().errors
    assert "1 taxon/taxa (Calanoida)" in error


def test_an_archive_without_dates_has_no_event(sea: Bay) -> None:
    execute(sea.conn, "UPDATE object_values SET object_date = NULL")

    [error] = sea.check().errors
    assert "No object has a date" in error


def test_only_what_is_published_has_to_be_decided_upon(sea: Bay) -> None:
    execute(sea.conn, "UPDATE counts SET taxon_id = %(t)s WHERE state = 'P'", t=DETRITUS)

    assert sea.check().errors == []
    [error] = sea.check(include_predicted=True).errors
    assert "detritus" in error


def test_an_archive_of_nothing_is_none(sea: Bay) -> None:
    sea.recast({str(COPEPODA): None, str(CALANOIDA): 0})

    [error] = sea.check().errors
    assert "Nothing would be published" in error


def test_everything_that_is_wrong_is_said_at_once(sea: Bay) -> None:
    sea.change(abstract="", citation="", license="")
    execute(sea.conn, "UPDATE projects SET access = '0'")
    execute(sea.conn, "DELETE FROM recasts")

    assert len(sea.check(extra_xml=["<a>"]).errors) == 7


def test_missing_net_columns_are_worth_knowing(sea: Bay) -> None:
    assert [w for w in sea.check().warnings if "net_mesh" in w]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><purpose><para>&b;</para></purpose>'
OUTSIDE = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><purpose/>'


@pytest.mark.parametrize(
    ("piece", "said"),
    [
        ("<purpose>", "not well-formed"),
        ("<purpose><para>a & b</para></purpose>", "not well-formed"),
        (BOMB, "not well-formed"),
        (OUTSIDE, "not well-formed"),
        ('<purpose xmlns:xi="x"><para>&xxe;</para></purpose>', "not well-formed"),
        ("</extra><purpose/><extra>", "not well-formed"),
        ("just text", "outside of any element"),
        ("<purpose/>and more", "outside of any element"),
        ("<title>Another</title>", "<title> cannot be added"),
        ("<script/>", "<script> cannot be added"),
        ('<x:purpose xmlns:x="y"/>', "cannot be added"),
        ('<purpose><x:include xmlns:x="http://www.w3.org/2001/XInclude"/></purpose>', "namespace"),
        ("<purpose>" + "<a>" * 40 + "</a>" * 40 + "</purpose>", "30 levels"),
        ("<purpose>" + "x" * 100_001 + "</purpose>", "are the most"),
    ],
)
def test_xml_of_others_is_confined(sea: Bay, piece: str, said: str) -> None:
    [error] = sea.check(extra_xml=["", piece]).errors

    assert said in error
    assert error.startswith("Additional XML no. 2")


def test_a_right_piece_of_xml_finds_its_place(sea: Bay, tmp_path: Path) -> None:
    piece = "<purpose><para>To know &lt;what&gt; is there.</para></purpose><!-- a remark -->"
    assert sea.check(extra_xml=[piece]).errors == []
    sea.recast(FROM_TO)
    sea.write(tmp_path / "dwca.zip", extra_xml=[piece])
