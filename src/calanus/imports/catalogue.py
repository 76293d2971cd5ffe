"""Every kind of mistake that an import tells, for who meets one: when, and how it is mended.

The page docs/reference/import-errors.md is written from it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from calanus.imports.types import Kind


class Mistake(NamedTuple):
    """When a kind of mistake is told, and what to do."""

    when: str
    mend: str


CATALOGUE: Mapping[Kind, Mistake] = {
    Kind.NO_UNDERSCORE: Mistake(
        "A header has no underscore, or a column has no header.",
        "Call free columns `object_…`, `sample_…`, `acq_…` or `process_…`.",
    ),
    Kind.UNKNOWN_PREFIX: Mistake(
        "A header begins with a word that is none of the levels (`samples_x`, `images_x`).",
        "Use the prefixes `object`, `sample`, `acq`, `process`; `img_` has two columns only.",
    ),
    Kind.BAD_TYPE: Mistake(
        "The second line of a new object column is neither `[f]` nor `[t]`.",
        "Write `[f]` for numbers, `[t]` for texts, below the header.",
    ),
    Kind.TOO_MANY_COLUMNS: Mistake(
        "The project has no room for one more free column of its level.",
        "Drop columns: objects have 500 numbers and 20 texts, samples 60 texts, acquisitions and "
        "processes 30 each.",
    ),
    Kind.NO_ID_COLUMN: Mistake(
        "There are columns of a level, and none that says of which sample, acquisition …",
        "Add `object_id`, `sample_id`, `acq_id` or `process_id`.",
    ),
    Kind.BAD_NUMBER: Mistake(
        "A cell of a column of numbers is no number.",
        "Write a decimal point; leave the cell empty, or `NaN`, where there is none.",
    ),
    Kind.BAD_LATITUDE: Mistake(
        "A latitude cannot be read, or is not between -90 and 90. Told on each line.",
        "Write `43.685`, `43°41 6` or `43°41'6\"N`.",
    ),
    Kind.BAD_LONGITUDE: Mistake(
        "A longitude cannot be read, or is not between -180 and 180.",
        "Write `7.3157`, `7°18 56` or `7°18'56\"E`.",
    ),
    Kind.BAD_DATE: Mistake(
        "A day cannot be read, or is not in the calendar.", "Write `20230612` or `2023-06-12`."
    ),
    Kind.BAD_TIME: Mistake(
        "A time cannot be read, or is not in the day.", "Write `091500` or `09:15:00`, in UTC."
    ),
    Kind.BAD_STATUS: Mistake(
        "`object_annotation_status` is none of the states.",
        "Write `predicted`, `validated`, `dubious`, `discarded`, or nothing; no single letters.",
    ),
    Kind.EXTRA_CELLS: Mistake(
        "A row has more cells than there are headers; its other cells are not looked at.",
        "Remove the tabs at its end, or those inside a text that stands in no quotes.",
    ),
    Kind.NO_OBJECT_ID: Mistake("A row has no `object_id`.", "Name the object."),
    Kind.NO_IMAGE: Mistake(
        "The image of a row is not in the package, or leads out of it. Not told by updates.",
        "Put it beside the table, under the very name that the row says.",
    ),
    Kind.BAD_IMAGE: Mistake(
        "An image cannot be decoded, is too large, or of a format that is not read.",
        "Open it in a viewer; export it again, as PNG or JPEG.",
    ),
    Kind.DUPLICATE: Mistake(
        "The same object with the same image stands twice in a table.", "Remove one of the rows."
    ),
    Kind.ALREADY_LOADED: Mistake(
        "The object has this image already, in the project or in an earlier table.",
        "Skip existing objects, or update them.",
    ),
    Kind.STATUS_WITHOUT_TAXON: Mistake(
        "A row says a state and no taxon.", "Fill `object_annotation_category`, or empty the state."
    ),
    Kind.TAXON_WITHOUT_STATUS: Mistake(
        "A row says a taxon and no state.", "Fill `object_annotation_status`, or empty the taxon."
    ),
    Kind.TWO_SAMPLES: Mistake(
        "An acquisition is put under a second sample.",
        "Give the acquisitions of different samples different names.",
    ),
    Kind.UNKNOWN_TAXON: Mistake(
        "No taxon has this number. (An unknown name is a question, unless there are other errors.)",
        "Look the taxon up, or name it in `object_annotation_category`.",
    ),
    Kind.NOTHING: Mistake(
        "There is nothing to load: no table, no row in any, or all of them are skipped.",
        "Call tables `ecotaxa….tsv`; do not skip them; see that they have rows after line 2. Where "
        "all rows are in the project already, nothing is left to do.",
    ),
    Kind.TOO_LONG: Mistake(
        "A text is longer than what is kept: 255 characters of names, 250 of free texts.",
        "Shorten it.",
    ),
    Kind.BAD_PACKAGE: Mistake(
        "A part of the package cannot be read as what it says it is.", "Read the sentence."
    ),
    Kind.BAD_TABLE: Mistake(
        "A file called like a table is none: binary, or with a quote that is never closed.",
        "Save it as text with tabs, in UTF-8.",
    ),
}
