"""A model as one file: a zip of a manifest, a network as ONNX and arrays; never a program.

    manifest.json    what it is, its passport, its card, and the hash of every other member
    network.onnx     from prepared images to features (kinds extractor and both)
    *.npy            arrays, read without pickle

Reading checks everything before anything is used: names, sizes, hashes, shapes, the passport, the
network itself. What is not told in the manifest is not read.
"""

import hashlib
import io
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calanus.features.networks import MOST_FEATURES, check_network
from calanus.features.preparation import Preparation
from calanus.features.projection import Projection
from calanus.features.types import ModelRefused, passport_text

FORMAT = 1
MANIFEST, NETWORK = "manifest.json", "network.onnx"
MEAN, AXES, SEEN = "projection_mean.npy", "projection_axes.npy", "seen.npy"
WEIGHTS = "classifier.npy"
MOST_BYTES = 1 << 30  # of all members together
MOST_MANIFEST = 4 << 20
MOST_MEMBERS = 32
MEMBER = re.compile(r"[a-z0-9_]{1,60}\.(npy|onnx)")
DTYPES = frozenset(("<f2", "<f4", "<f8", "<i4", "<i8", "<u8", "|b1", "|u1"))

Arrays = Mapping[str, NDArray[Any]]


class Member(BaseModel):
    """What the manifest says of another member."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int = Field(ge=0, le=MOST_BYTES)


class Manifest(BaseModel):
    """What a model is: the first thing that is read of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal[1] = FORMAT
    kind: Literal["extractor", "classifier", "both"]
    name: str = Field(pattern="^[a-z][a-z0-9_]{0,62}$")
    preparation: dict[str, int | str]
    passport: str = Field(pattern="^[0-9a-f]{64}$")
    features: int = Field(default=0, ge=0, le=MOST_FEATURES)  # that the network gives
    dimensions: int = Field(ge=1, le=4096)  # of a vector
    classes: list[str] = Field(default=[], max_length=100_000)
    card: dict[str, Any] = {}
    members: dict[str, Member] = Field(max_length=MOST_MEMBERS)


@dataclass(frozen=True)
class Model:
    """A checked model file. The network stays in the file until somebody runs it."""

    manifest: Manifest
    arrays: Arrays
    network: Callable[[], bytes]

    @property
    def preparation(self) -> Preparation:
        """How images become what the network sees."""
        return Preparation(**self.manifest.preparation)  # pyright: ignore[reportArgumentType] (checked when read)

    @property
    def projection(self) -> Projection:
        """From the network's features to vectors."""
        return Projection(self.arrays[MEAN], self.arrays[AXES])

    @property
    def seen(self) -> NDArray[np.uint64]:
        """Short hashes of the images it was trained on, sorted."""
        return self.arrays.get(SEEN, np.empty(0, np.uint64))


def passport(preparation: Preparation, network: str, projection: Projection) -> str:
    """The hash of all that decides a vector: preparation, network and projection."""
    parts = {
        **preparation.passport(),
        "network": network,
        "projection": projection.passport,
    }
    return hashlib.sha256(passport_text(parts).encode()).hexdigest()


def extractor_manifest(
    name: str, preparation: Preparation, network: bytes, projection: Projection, **more: Any
) -> Manifest:
    """The manifest of an extractor, members still to be told."""
    known = hashlib.sha256(network).hexdigest()
    return Manifest(
        kind="extractor",
        name=name,
        preparation=preparation.passport(),  # pyright: ignore[reportArgumentType] (words and numbers)
        passport=passport(preparation, known, projection),
        features=projection.axes.shape[0],
        dimensions=projection.axes.shape[1],
        members={},
        **more,
    )


def classifier_manifest(
    name: str, preparation: Preparation, passport: str, weights: NDArray[Any], **more: Any
) -> Manifest:
    """The manifest of a classifier of vectors of the extractor of a passport."""
    return Manifest(
        kind="classifier",
        name=name,
        preparation=preparation.passport(),  # pyright: ignore[reportArgumentType] (words and numbers)
        passport=passport,
        dimensions=len(weights) - 1,
        members={},
        **more,
    )


def write(path: Path, manifest: Manifest, network: bytes | None, arrays: Arrays) -> Manifest:
    """Write a model file in one move; the same model is the same bytes."""
    members = {name: _npy(array) for name, array in sorted(arrays.items())}
    if network is not None:
        members[NETWORK] = network
    told = {
        name: Member(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        for name, data in members.items()
    }
    whole = manifest.model_copy(update={"members": told})
    text = json.dumps(whole.model_dump(), indent=1, ensure_ascii=False).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in {MANIFEST: text, **members}.items():
                packed.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)
        part.flush()
        os.fsync(part.fileno())
    os.chmod(part.name, 0o644)
    os.replace(part.name, path)
    return whole


def _npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    np.lib.format.write_array(file, little, version=(1, 0), allow_pickle=False)
    return file.getvalue()


def read(path: Path) -> Model:
    """A model file, wholly checked.

    Raises:
        ModelRefused: it is not sound, or not of this Calanus, with the reason.
    """
    model = opened(path)
    try:
        _check(model)
    except ModelRefused as refused:
        raise ModelRefused(refused.reason, path) from refused
    return model


def opened(path: Path) -> Model:
    """A model file of our own package: its hashes are checked, its network is trusted."""
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = _manifest(packed)
            arrays = {n: _array(packed, n, m) for n, m in manifest.members.items() if n != NETWORK}
    except ModelRefused as refused:
        raise ModelRefused(refused.reason, path) from refused
    except OSError as error:
        raise ModelRefused(f"it cannot be read ({error.strerror})", path) from error
    except Exception as error:  # zipfile and zlib raise a dozen kinds
        raise ModelRefused(f"it is no zip file, or is damaged ({error})", path) from error

    def network() -> bytes:
        with zipfile.ZipFile(path) as packed:
            return _bytes(packed, NETWORK, manifest.members[NETWORK])

    return Model(manifest, arrays, network)


def _manifest(packed: zipfile.ZipFile) -> Manifest:
    names = [info.filename for info in packed.infolist()]
    foreign = [n for n in names if n != MANIFEST and not MEMBER.fullmatch(n)]
    if foreign:
        raise ModelRefused(
            f"it holds {foreign[0][:80]!r}, and a model file holds only {MANIFEST}, {NETWORK} "
            "and arrays (.npy)"
        )
    if len(set(names)) != len(names) or MANIFEST not in names:
        raise ModelRefused(f"it must hold one {MANIFEST} and each member once")
    text = _limited(packed, MANIFEST, MOST_MANIFEST)
    try:
        told = json.loads(text)
        if isinstance(told, dict) and told.get("format", FORMAT) != FORMAT:  # pyright: ignore[reportUnknownMemberType]
            raise ModelRefused("it is of another format: update Calanus, or write the file again")
        manifest = Manifest.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ModelRefused(f"its {MANIFEST} is wrong at {place}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise ModelRefused(f"its {MANIFEST} is not JSON") from error
    if sorted(manifest.members) != sorted(set(names) - {MANIFEST}):
        raise ModelRefused(f"its members are not those that its {MANIFEST} names")
    if sum(member.bytes for member in manifest.members.values()) > MOST_BYTES:
        raise ModelRefused(f"it holds more than {MOST_BYTES >> 20} MB")
    return manifest


def _limited(packed: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A member of at most so many bytes, whatever the archive says of it."""
    with packed.open(name) as member:
        data = member.read(most + 1)
    if len(data) > most:
        raise ModelRefused(f"its {name} is larger than told")
    return data


def _bytes(packed: zipfile.ZipFile, name: str, told: Member) -> bytes:
    data = _limited(packed, name, told.bytes)
    if len(data) != told.bytes or hashlib.sha256(data).hexdigest() != told.sha256:
        raise ModelRefused(f"its {name} is not the one that its {MANIFEST} was written for")
    return data


def _array(packed: zipfile.ZipFile, name: str, told: Member) -> NDArray[Any]:
    data = _bytes(packed, name, told)
    try:
        array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise ModelRefused(f"its {name} holds no plain numbers ({error})") from error
    if array.dtype.str not in DTYPES:
        raise ModelRefused(f"its {name} holds {array.dtype}, and numbers are wanted")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelRefused(f"its {name} holds numbers that are not finite")
    return array


def _check(model: Model) -> None:
    told = model.manifest
    _check_preparation(told)
    shapes: dict[str, tuple[int, ...]] = {}
    if told.kind != "classifier":
        shapes |= {MEAN: (told.features,), AXES: (told.features, told.dimensions)}
    if told.kind != "extractor":
        shapes[WEIGHTS] = (told.dimensions + 1, len(told.classes))
    for name, shape in shapes.items():
        found = model.arrays[name].shape if name in model.arrays else "nothing"
        if found != shape:
            raise ModelRefused(f"its {name} must be of the shape {shape}, and is {found}")
    if told.kind == "classifier":
        return
    if NETWORK not in told.members:
        raise ModelRefused(f"it is an extractor without {NETWORK}")
    network = model.network()
    mine = passport(model.preparation, hashlib.sha256(network).hexdigest(), model.projection)
    if mine != told.passport:
        raise ModelRefused(
            "its passport is not that of its network, projection and preparation "
            f"({told.passport[:12]}… is told, {mine[:12]}… it is)"
        )
    check_network(network, size=model.preparation.size, features=told.features)


def _check_preparation(told: Manifest) -> None:
    """Images must be prepared as this Calanus does, or its vectors would mean something else."""
    size = told.preparation.get("size")
    if not isinstance(size, int) or not 16 <= size <= 1024:
        raise ModelRefused("its images have no size between 16 and 1024 pixels")
    ours = Preparation(size=size).passport()
    for name in sorted(ours.keys() | told.preparation.keys()):
        if told.preparation.get(name) != ours.get(name):
            raise ModelRefused(
                f"it wants images prepared another way: {name} = {told.preparation.get(name)}, and "
                f"this Calanus knows {name} = {ours.get(name)}"
            )
