"""Sums of objects, and the zeros of what was looked for (contract 3.7)."""

from calanus.exports.summary import summed
from calanus.exports.types import SummaryExportSumOptionsEnum as By

SEEN = [
    ("s1", "a1", "V", "Copepoda", 3),
    ("s1", "a2", "V", "Copepoda", 2),
    ("s1", "a1", "P", "detritus", 4),
    ("s2", "a3", "V", "detritus", 1),
    ("s2", "a3", "", "", 7),
]


def test_a_taxon_absent_from_a_sample_counts_zero() -> None:
    assert summed(SEEN, SEEN, By.SAMPLE) == [
        ("s1", "P", "Copepoda", 0),
        ("s1", "P", "detritus", 4),
        ("s1", "V", "Copepoda", 5),
        ("s1", "V", "detritus", 0),
        ("s2", "", "", 7),
        ("s2", "V", "Copepoda", 0),
        ("s2", "V", "detritus", 1),
    ]


def test_a_sample_without_the_taxa_of_the_filter_is_still_there() -> None:
    copepods = [tally for tally in SEEN if tally[3] == "Copepoda"]

    assert ("s2", "V", "Copepoda", 0) in summed(copepods, SEEN, By.SAMPLE)


def test_acquisitions_are_told_apart_and_a_whole_has_no_zeros() -> None:
    assert ("s1", "a2", "V", "Copepoda", 2) in summed(SEEN, SEEN, By.ACQUISITION)
    assert summed(SEEN, SEEN, By.NONE) == [
        ("", "", 7),
        ("P", "detritus", 4),
        ("V", "Copepoda", 5),
        ("V", "detritus", 1),
    ]
