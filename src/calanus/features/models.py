"""Models that come and go as files: exported, imported into the data folder, told about.

Extractors lie in `models/` of the data folder, what holds a classifier in `classifiers/`; a file of
both in both.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, cast

from calanus.features import model_file
from calanus.features.extractors import (
    EXTRACTORS,
    MODELS,
    Extractor,
    NetworkExtractor,
    known_names,
    open_extractor,
)
from calanus.features.model_file import Manifest, Model
from calanus.features.types import ClassifierUnknown, ExtractorUnknown, ModelRefused, ModelTaken

CLASSIFIERS = "classifiers"  # in the data folder: what holds a classifier


def found(what: str, data: Path) -> Model:
    """The model of a file, or of a name known here.

    Raises:
        ExtractorUnknown: there is no such file, and no such name.
        ModelRefused: the file is not sound.
    """
    if Path(what).is_file():
        return model_file.read(Path(what))
    path = file_of(what, data)
    if path is None:
        raise ExtractorUnknown(what, known_names(data))
    return model_file.read(path)


def file_of(name: str, data: Path) -> Path | None:
    """Where the model file of a known name lies; one that has none is written into the cache."""
    if name in EXTRACTORS:
        extractor = cast(NetworkExtractor, open_extractor(name, data=data))
        return extractor.file or written(extractor, data / "cache" / f"{name}.zip")
    if name in known_names(data):
        return data / MODELS / f"{name}.zip"
    return data / CLASSIFIERS / f"{name}.zip" if name in classifier_names(data) else None


def written(extractor: NetworkExtractor, path: Path) -> Path:
    """The model file of an extractor that has none yet."""
    network = extractor.network()
    data = network if isinstance(network, bytes) else network.read_bytes()
    manifest = model_file.extractor_manifest(
        extractor.name, extractor.preparation, data, extractor.projection, card=extractor.card
    )
    arrays = {
        model_file.MEAN: extractor.projection.mean,
        model_file.AXES: extractor.projection.axes,
    }
    model_file.write(path, manifest, data, arrays)
    return path


def export_model(what: str, path: Path, data: Path, card: dict[str, Any] | None = None) -> Manifest:
    """Write the model of a name or file to another file, with more on its card if told."""
    model = found(what, data)
    told = {**model.manifest.card, **(card or {})}
    manifest = model.manifest.model_copy(update={"card": told})
    network = model.network() if model_file.NETWORK in model.manifest.members else None
    try:
        return model_file.write(path, manifest, network, model.arrays)
    except OSError as error:
        raise ModelRefused(f"it cannot be written ({error.strerror})", path) from error


def import_model(path: Path, data: Path, *, instead: bool = False) -> Manifest:
    """Make what a checked file holds something that projects may choose.

    Raises:
        ModelRefused: it is not sound.
        ModelTaken: another model has this name here.
    """
    data.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        raise ModelRefused("there is no such file", path)
    with tempfile.NamedTemporaryFile(dir=data, suffix=".part", delete=False) as part:
        copy = Path(part.name)
    try:
        _copy(path, copy)
        manifest = _checked(copy, path)  # the copy, so that nobody changes it meanwhile
        homes = _homes(manifest, data, instead=instead)
        for home in homes:
            home.parent.mkdir(exist_ok=True)
            beside = home.with_suffix(".part")
            shutil.copyfile(copy, beside)
            os.replace(beside, home)
    finally:
        copy.unlink(missing_ok=True)
    return manifest


def _homes(manifest: Manifest, data: Path, *, instead: bool) -> list[Path]:
    """Where a model goes: each place free, or its owner may go."""
    homes: list[Path] = []
    if manifest.kind != "classifier":
        if manifest.name in EXTRACTORS:
            _check_shipped(manifest, data)
        else:
            homes.append(data / MODELS / f"{manifest.name}.zip")
    if manifest.kind != "extractor":
        homes.append(data / CLASSIFIERS / f"{manifest.name}.zip")
    for home in homes:
        if home.exists() and not instead:
            _check_same(manifest, model_file.opened(home).manifest)
    return homes


def classifier_names(data: Path) -> list[str]:
    """The classifiers that were imported here."""
    return sorted(path.stem for path in (data / CLASSIFIERS).glob("*.zip"))


def classifiers(data: Path) -> list[Manifest]:
    """What is told of each imported classifier; it is checked when it is asked to predict."""
    folder = data / CLASSIFIERS
    return [model_file.opened(folder / f"{name}.zip").manifest for name in classifier_names(data)]


def open_classifier(name: str, data: Path) -> Model:
    """An imported classifier, checked again each time it is opened.

    Raises:
        ClassifierUnknown: none of this name was imported here.
        ModelRefused: its file has been damaged since.
    """
    if name not in classifier_names(data):
        raise ClassifierUnknown(name, classifier_names(data))
    return model_file.read(data / CLASSIFIERS / f"{name}.zip")


def extractor_of(model: Model, data: Path, first: str | None = None) -> Extractor:
    """The extractor whose vectors a classifier was taught by, under the name it has here.

    Raises:
        ModelRefused: it is not here.
    """
    wanted = model.manifest.passport
    names = known_names(data)
    for name in sorted(names, key=lambda name: name != first):
        extractor = open_extractor(name, data=data)
        if extractor.passport == wanted:
            return extractor
    raise ModelRefused(
        f"its network is not here (passport {wanted[:12]}…): import the network's model file, too"
    )


def _copy(path: Path, copy: Path) -> None:
    try:
        if path.stat().st_size > model_file.MOST_BYTES:
            raise ModelRefused(f"it is larger than {model_file.MOST_BYTES >> 20} MB", path)
        shutil.copyfile(path, copy)
    except OSError as error:
        raise ModelRefused(f"it cannot be read ({error.strerror})", path) from error


def _checked(copy: Path, path: Path) -> Manifest:
    try:
        manifest = model_file.read(copy).manifest
    except ModelRefused as refused:
        raise ModelRefused(refused.reason, path) from refused
    return manifest


def _check_shipped(manifest: Manifest, data: Path) -> None:
    """What ships is not imported again, and not replaced by another of its name."""
    if found(manifest.name, data).manifest.passport != manifest.passport:
        raise ModelTaken(manifest.name, "it ships with Calanus", can_replace=False)


def _check_same(manifest: Manifest, owner: Manifest) -> None:
    """The same model may be imported twice; another one has the name already."""

    def known(told: Manifest) -> object:
        return told.passport, told.kind, told.members.get(model_file.WEIGHTS)

    if known(owner) != known(manifest):
        raise ModelTaken(manifest.name, "it was imported before", can_replace=True)
