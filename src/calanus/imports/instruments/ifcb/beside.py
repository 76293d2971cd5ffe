"""What may lie beside a bin: features that were measured, and classes that were predicted."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from calanus.imports.instruments.conversion import Conversion, is_number, number_of, read_csv, short
from calanus.imports.instruments.writing import Cell
from calanus.kit.tsv import NotATable

# D20220522T003051_IFCB134_fea_v2.csv, IFCB5_2012_028_081515_features_v4.csv
FEATURES = re.compile(r"_(?:fea|features)(?:_v\d+)?\.csv")
CLASSES = re.compile(r"(?:_class(?:_v\d+)?)?\.csv")
SCORES = re.compile(r"_class_v\d+\.mat")
UNREAD = re.compile(r"(?:_class(?:_v\d+)?)?\.h5|\.mat")
NUMBERED = re.compile(r"_(\d{5})(?:\.\w+)?")
LARGEST_MAT = 2**24  # bytes
UNCLASSIFIED = "unclassified"

Cells: TypeAlias = dict[str, Cell]


@dataclass
class Beside:
    """What is known of the ROIs of a bin, by their number."""

    features: dict[int, Cells] = field(default_factory=dict[int, Cells])
    classes: dict[int, Cells] = field(default_factory=dict[int, Cells])
    features_file: str = ""
    classes_file: str = ""


def read_beside(conversion: Conversion, lid: str, names: Sequence[str]) -> Beside:
    """Everything of a bin that its neighbours tell; names are of all files that begin with it."""
    found = Beside()
    for name in sorted(names):
        rest = name.rpartition("/")[2][len(lid) :]
        read = reader_of(rest)
        if read is None:
            if UNREAD.fullmatch(rest):
                conversion.infos.append(
                    f"{name} is not read: identifications are read from .csv files and from the "
                    "_class_v….mat files of a classifier. Export it as .csv to have them."
                )
            continue
        try:
            read(conversion, name, lid, found)
        except (NotATable, ValueError, OverflowError, AttributeError, TypeError) as error:
            conversion.wrong(name, f"it cannot be read ({error}); mend it or take it away.")
    return found


def reader_of(rest: str) -> Callable[[Conversion, str, str, Beside], None] | None:
    """Who reads a file, by the end of its name."""
    readers = {FEATURES: read_features, CLASSES: read_classes, SCORES: read_scores}
    return next((reader for form, reader in readers.items() if form.fullmatch(rest)), None)


def read_features(conversion: Conversion, name: str, lid: str, found: Beside) -> None:
    """Features, a row a ROI: every column of numbers.

    Raises:
        ValueError: it does not say of which ROIs, or holds words where numbers stand.
    """
    for row in read_csv(conversion.source, name):
        given = {spelled(header): cell for header, cell in row.items()}
        number = number_of(given.pop("roi_number", ""))
        if number is None:
            raise ValueError("a row without roi_number")
        found.features[int(number)] = {
            header: feature(header, cell) for header, cell in given.items() if header
        }
    found.features_file = name


def feature(header: str, cell: str) -> float | None:
    """A measure, or nothing where there is none."""
    if not is_number(cell):
        raise ValueError(f"{header} is “{cell[:20]}” where a number stands")
    return number_of(cell)


def spelled(header: str) -> str:
    """RWhalfpowerintegral as r_whalfpowerintegral, as EcoTaxa tables of IFCB data have it."""
    split = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", "_", header.strip())
    return re.sub(r"\W", "_", split.lower())


def read_classes(conversion: Conversion, name: str, lid: str, found: Beside) -> None:
    """Classes a program predicted: `file_name` and `class_name`, perhaps a `score`."""
    rows = read_csv(conversion.source, name)
    if rows and not {"file_name", "class_name"} <= rows[0].keys():
        return  # another table of the same name
    for row in rows:
        number = NUMBERED.fullmatch(row["file_name"].removeprefix(lid))
        if number is None:
            raise ValueError(f"“{row['file_name'][:60]}” is no ROI of this bin")
        score = number_of(row.get("score", ""))
        found.classes[int(number[1])] = predicted(row["class_name"], score)
    found.classes_file = name


def read_scores(conversion: Conversion, name: str, lid: str, found: Beside) -> None:
    """Classes as the WHOI classifier leaves them: `roinum`, `TBclass_above_threshold`, scores.

    Raises:
        ValueError: it is no such file.
    """
    if conversion.source.members[name].size > LARGEST_MAT:
        raise ValueError("a class file of this size cannot be genuine")
    held = loaded(conversion.source.read(name))
    numbers, names, scores = held["roinum"], held["TBclass_above_threshold"], held["TBscores"]
    if not len(numbers) == len(names) == len(scores):
        raise ValueError("its lists are not equally long")
    for number, class_, row in zip(numbers.ravel(), names.ravel(), scores, strict=True):
        best = max(map(float, row), default=float("nan"))
        found.classes[int(number)] = predicted(str(class_.item()), best)
    found.classes_file = name


def loaded(data: bytes) -> Mapping[str, Any]:
    """The variables of a class file; nothing in it is run.

    Raises:
        ValueError: it is damaged, of another version, or lacks a variable.
    """
    # Here, because scipy takes half a second, and few bins have such a file.
    from scipy.io import loadmat  # pyright: ignore

    wanted = ["roinum", "TBclass_above_threshold", "TBscores"]
    try:
        held: dict[str, Any] = dict(loadmat(io.BytesIO(data), variable_names=wanted))  # pyright: ignore
    except Exception as error:  # whatever its parser raises on damaged data
        raise ValueError(f"no MATLAB file of version 5: {error}") from None
    lacking = [name for name in wanted if name not in held]
    if lacking:
        raise ValueError(f"it has no {lacking[0]}")
    return held


def predicted(name: str, score: float | None) -> Cells:
    """An identification as a table says it; classes write their blanks as underscores."""
    if name.lower() in ("", UNCLASSIFIED):
        return {"object_class_score": score}
    return {
        "object_annotation_status": "predicted",
        "object_annotation_category": short(name.replace("_", " ")),
        "object_class_score": score,
    }
