"""A model is one file: written, checked, imported; whatever is not a model is refused."""

import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from calanus.features import lite0, model_file, models
from calanus.features.extractors import known_names, of_model, open_extractor
from calanus.features.model_file import AXES, MANIFEST, MEAN, NETWORK, WEIGHTS
from calanus.features.preparation import Preparation
from calanus.features.projection import Projection
from calanus.features.spreading import vectors
from calanus.features.types import ExtractorUnknown, ModelRefused, ModelTaken
from drawn import disc, encoded, stick

SIZE, FEATURES, DIMENSIONS = 32, 3, 2


def graph(*nodes: Any, size: int = SIZE, **more: Any) -> Any:
    """A network of these nodes, from images to features."""
    made = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", size, size, 3])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURES])],
        **more,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def mean_colour(*extra: Any, **more: Any) -> Any:
    """The smallest network: the mean of each channel."""
    return graph(
        helper.make_node("Cast", ["images"], ["x"], to=TensorProto.FLOAT),
        *extra,
        helper.make_node("ReduceMean", ["x"], ["features"], axes=[1, 2], keepdims=0),
        **more,
    )


@pytest.fixture
def network() -> bytes:
    return mean_colour().SerializeToString()


PROJECTION = Projection(np.ones(FEATURES, "<f4"), np.eye(FEATURES, DIMENSIONS, dtype="<f2"))


@pytest.fixture
def made(tmp_path: Path, network: bytes) -> Path:
    """A sound model file."""
    path = tmp_path / "made.zip"
    write(path, network)
    return path


def write(path: Path, network: bytes, name: str = "small", **arrays: Any) -> None:
    manifest = model_file.extractor_manifest(
        name, Preparation(size=SIZE), network, PROJECTION, card={"licence": "CC0"}
    )
    told = {MEAN: PROJECTION.mean, AXES: PROJECTION.axes, **arrays}
    model_file.write(path, manifest, network, told)


def altered(made: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same archive with other members."""
    with zipfile.ZipFile(made) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    change(members)
    path = made.with_name("altered.zip")
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return path


def telling(members: dict[str, bytes], **told: Any) -> None:
    """The manifest says something else; hashes of members are made to fit."""
    manifest = json.loads(members[MANIFEST]) | told
    manifest["members"] = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, data in members.items()
        if name != MANIFEST
    }
    members[MANIFEST] = json.dumps(manifest).encode()


def refused(path: Path, reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason) as error:
        model_file.read(path)
    assert str(path) in str(error.value)


def test_a_model_file_computes_vectors(made: Path) -> None:
    extractor = of_model(model_file.read(made))

    names, found = vectors(extractor, [("round", encoded(disc())), ("thin", encoded(stick()))])

    assert (extractor.name, extractor.dimensions, names) == ("small", DIMENSIONS, ["round", "thin"])
    light = Preparation(size=SIZE)(encoded(disc())).mean(axis=(0, 1))
    assert found[0] == pytest.approx(np.sqrt(light[:2]) - 1, abs=1e-3)


def test_the_same_model_is_the_same_bytes(made: Path, network: bytes) -> None:
    before = made.read_bytes()

    write(made, network)

    assert made.read_bytes() == before


def test_the_passport_is_that_of_network_projection_and_preparation(
    made: Path, network: bytes
) -> None:
    told = model_file.read(made).manifest

    known = hashlib.sha256(network).hexdigest()
    assert told.passport == model_file.passport(Preparation(size=SIZE), known, PROJECTION)
    assert told.passport != model_file.passport(Preparation(size=64), known, PROJECTION)


def test_a_pickle_is_never_read(made: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("the pickle ran",))

    array = np.empty(1, object)
    array[0] = Evil()
    inside = io.BytesIO()
    np.lib.format.write_array(inside, array, allow_pickle=True)

    def in_an_array(members: dict[str, bytes]) -> None:
        members[MEAN] = inside.getvalue()
        telling(members)

    def beside(members: dict[str, bytes]) -> None:
        members["weights.pkl"] = pickle.dumps([1])
        telling(members)

    refused(altered(made, in_an_array), "holds no plain numbers")
    refused(altered(made, beside), "it holds 'weights.pkl', and a model file holds only")


@pytest.mark.parametrize(
    "name", ["../network.onnx", "/etc/passwd.npy", "a/b.npy", "A.npy", "a\\b.npy"]
)
def test_a_path_is_no_name_of_a_member(made: Path, name: str) -> None:
    refused(altered(made, lambda members: members.update({name: b""})), "it holds '")


def test_members_must_be_those_of_the_manifest(made: Path) -> None:
    def changed(members: dict[str, bytes]) -> None:
        members[NETWORK] = members[NETWORK][:-1] + b"x"

    refused(altered(made, changed), "network.onnx is not the one that its manifest")
    refused(altered(made, lambda m: m.update({"more.npy": b""})), "not those that its manifest")
    refused(altered(made, lambda m: m.__delitem__(MEAN)), "not those that its manifest")
    refused(altered(made, lambda m: m.__delitem__(MANIFEST)), "one manifest.json")


def test_shapes_must_fit(made: Path) -> None:
    def change(name: str, array: Any) -> Path:
        def into(members: dict[str, bytes]) -> None:
            file = io.BytesIO()
            np.save(file, array)
            members[name] = file.getvalue()
            telling(members)

        return altered(made, into)

    refused(change(AXES, np.zeros((4, 2), "<f2")), r"must be of the shape \(3, 2\)")
    refused(change(MEAN, np.array(["a", "b", "c"])), "numbers are wanted")
    refused(change(MEAN, np.full(3, np.nan, "<f4")), "not finite")


def test_another_passport_is_refused(made: Path) -> None:
    refused(altered(made, lambda m: telling(m, passport="0" * 64)), "its passport is not that of")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 3}, "version = 3, and this Calanus knows version = 2"),
        ({"enlarge": "BILINEAR"}, "enlarge = BILINEAR"),
        ({"size": 100_000}, "no size between 16 and 1024"),
        ({"squeezed": "yes"}, "squeezed = yes"),
    ],
)
def test_images_prepared_in_another_way_are_refused(
    made: Path, change: dict[str, Any], reason: str
) -> None:
    ours = dict(Preparation(size=SIZE).passport())

    refused(altered(made, lambda m: telling(m, preparation=ours | change)), reason)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"format": 2}, "another format"),
        ({"kind": "program"}, "wrong at kind"),
        ({"name": "../up"}, "wrong at name"),
        ({"name": ""}, "wrong at name"),
        ({"dimensions": 0}, "wrong at dimensions"),
        ({"run": "this"}, "wrong at run"),
        ({"kind": "both", "classes": ["a"]}, "classifier.npy must be of the shape"),
    ],
)
def test_a_manifest_that_makes_no_sense_says_where(
    made: Path, told: dict[str, Any], reason: str
) -> None:
    refused(altered(made, lambda m: telling(m, **told)), reason)


@pytest.mark.parametrize(
    "data", [b"", b"no zip", b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(400)]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "odd.zip"
    path.write_bytes(data)

    refused(path, "is refused")


def test_a_member_that_unpacks_to_more_than_it_says_is_refused(made: Path) -> None:
    def swollen(members: dict[str, bytes]) -> None:
        members[MEAN] += bytes(1000)

    refused(altered(made, swollen), "larger than told")


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (lambda: b"no network", "no sound ONNX file"),
        (lambda: mean_colour(size=64).SerializeToString(), "must have one image named 'images'"),
        (
            lambda: mean_colour(
                helper.make_node("Tile", ["x", "often"], ["y"]),
                initializer=[helper.make_tensor("often", TensorProto.INT64, [4], [1, 1, 1, 9])],
            ).SerializeToString(),
            "more than compute features .Tile",
        ),
        (lambda: foreign().SerializeToString(), "operators that are not ONNX's .com.evil"),
        (lambda: outside().SerializeToString(), "from another file|no sound ONNX"),
    ],
    ids=["noise", "another size", "unknown operator", "foreign operator", "weights elsewhere"],
)
def test_a_network_that_may_do_more_than_compute_is_refused(
    tmp_path: Path, odd: Callable[[], bytes], reason: str
) -> None:
    path = tmp_path / "odd.zip"
    write(path, odd())

    refused(path, reason)


def foreign() -> Any:
    """A network with an operator of somebody else."""
    model = mean_colour(helper.make_node("Run", ["x"], ["y"], domain="com.evil"))
    model.opset_import.append(helper.make_opsetid("com.evil", 1))
    return model


def outside() -> Any:
    """A network whose weights lie in a file beside it."""
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [3], [1.0, 1.0, 1.0])
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value="/etc/passwd"))
    return mean_colour(helper.make_node("Mul", ["x", "w"], ["y"]), initializer=[tensor])


def test_a_classifier_may_stand_in_a_file_of_its_own(tmp_path: Path, made: Path) -> None:
    told = model_file.read(made).manifest.model_copy(
        update={"kind": "classifier", "classes": ["copepod", "detritus"]}
    )
    path = tmp_path / "taught.zip"

    model_file.write(path, told, None, {WEIGHTS: np.zeros((DIMENSIONS + 1, 2), "<f4")})

    assert model_file.read(path).manifest.classes == ["copepod", "detritus"]
    data = tmp_path / "data"
    models.import_model(path, data)
    assert models.classifier_names(data) == ["small"]
    assert "small" not in known_names(data), "it has no network for projects to choose"


def test_an_imported_model_can_be_chosen(tmp_path: Path, made: Path) -> None:
    data = tmp_path / "data"

    manifest = models.import_model(made, data)

    assert known_names(data)[-1] == "small"
    assert open_extractor("small", data=data).passport == manifest.passport
    assert [p.name for p in (data / "models").iterdir()] == ["small.zip"]
    with pytest.raises(ExtractorUnknown, match=r"no deep-feature model '\.\./small'"):
        open_extractor("../small", data=data)


def test_a_name_has_one_model(tmp_path: Path, made: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other.zip"
    models.import_model(made, data)
    write(other, mean_colour(helper.make_node("Relu", ["x"], ["y"])).SerializeToString())

    models.import_model(made, data)  # twice is once
    with pytest.raises(ModelTaken, match=r"imported before.*--replace"):
        models.import_model(other, data)
    models.import_model(other, data, instead=True)

    passport = model_file.read(other).manifest.passport
    assert open_extractor("small", data=data).passport == passport


def test_what_ships_is_not_replaced(tmp_path: Path, network: bytes) -> None:
    path = tmp_path / "mine.zip"
    write(path, network, name="efficientnet_lite0")

    with pytest.raises(ModelTaken, match="ships with Calanus"):
        models.import_model(path, tmp_path / "data", instead=True)
    assert not list((tmp_path / "data").glob("models/*"))


def test_every_model_that_ships_goes_out_and_comes_in(tmp_path: Path) -> None:
    path = tmp_path / "out.zip"
    for name in known_names():
        told = models.export_model(name, path, tmp_path, {"made": "for a test"})

        assert models.import_model(path, tmp_path) == model_file.read(path).manifest
        assert (told.name, told.card["made"]) == (name, "for a test")
        assert told.card["limits"]


def test_what_is_exported_computes_the_same(tmp_path: Path) -> None:
    models.export_model("efficientnet_lite0", tmp_path / "out.zip", tmp_path)

    exported = of_model(model_file.read(tmp_path / "out.zip"))

    ours = open_extractor("efficientnet_lite0", data=tmp_path)
    images = [("a", encoded(disc()))]
    assert np.array_equal(vectors(exported, images)[1], vectors(ours, images)[1])


def test_weights_of_16_bits_say_the_same(tmp_path: Path) -> None:
    from calanus.features.torch_weights import read_weights

    runtime: Any = pytest.importorskip("onnxruntime")
    weights = read_weights(lite0.weights_file())
    images = {"images": Preparation(size=64)(encoded(disc()))[None]}

    def features(*, halves: bool) -> Any:
        network = lite0.build(weights, size=64, halves=halves)
        return runtime.InferenceSession(network).run(None, images)[0], len(network)

    (whole, large), (half, small) = features(halves=False), features(halves=True)
    assert small < large * 0.52
    assert np.abs(whole - half).max() < 0.01 * whole.max()
