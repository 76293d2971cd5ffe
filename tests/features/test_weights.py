"""Weights are numbers: a file that wants to be more is refused."""

import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from calanus.features import lite0
from calanus.features.torch_weights import MAGIC, VERSION, read_weights
from calanus.features.types import WeightsRefused

ORDERED = b"ccollections\nOrderedDict\n)R"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(*values: int) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def tensor(
    shape: tuple[int, ...], strides: tuple[int, ...], *, offset: int = 0, count: int = 6
) -> bytes:
    """A tensor as torch pickles it, written by hand."""
    kind = b"ctorch\nFloatStorage\n"
    storage = b"(" + text("storage") + kind + text("7") + text("cpu") + number(count) + b"NtQ"
    return (
        REBUILD + b"(" + storage + number(offset) + numbers(*shape) + numbers(*strides)
        + b"\x89" + ORDERED + b"tR"
    )  # fmt: skip


def weights_file(
    folder: Path, *, state: bytes, magic: int = MAGIC, values: int = 6, little: bool = True
) -> Path:
    """A legacy torch file with one storage of 0, 1, 2 …"""
    path = folder / "weights.pth"
    parts = [pickle.dumps(part, 2) for part in (magic, VERSION, {"little_endian": little})]
    parts += [b"\x80\x02" + state + b".", pickle.dumps(["7"], 2)]
    raw = struct.pack("<q", values) + np.arange(values, dtype="<f4").tobytes()
    path.write_bytes(b"".join(parts) + raw)
    return path


def named(tensor: bytes) -> bytes:
    return ORDERED + b"(" + text("layer.weight") + tensor + b"u"


def test_a_tensor_is_read_with_its_strides(tmp_path: Path) -> None:
    path = weights_file(tmp_path, state=named(tensor((3, 2), (1, 3))))

    assert read_weights(path)["layer.weight"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_pickle_that_calls_a_function_is_refused_and_the_function_not_called(
    tmp_path: Path,
) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return (os.mkdir, (str(tmp_path / "owned"),))

    path = weights_file(tmp_path, state=pickle.dumps(Hostile(), 2)[2:-1])

    with pytest.raises(WeightsRefused, match=r"it asks for (posix|nt)\.mkdir"):
        read_weights(path)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("name", [b"builtins\neval", b"torch\nload", b"os\nsystem", b"a\nb"])
def test_only_five_names_are_known(tmp_path: Path, name: bytes) -> None:
    with pytest.raises(WeightsRefused, match="it asks for"):
        read_weights(weights_file(tmp_path, state=b"c" + name + b"\n"))


@pytest.mark.parametrize(
    ("shape", "strides", "offset"),
    [((4, 2), (1, 3), 0), ((6,), (1,), 1), ((2,), (-1,), 3), ((-2,), (1,), 0), ((1,), (1,), -1)],
)
def test_a_tensor_cannot_reach_beyond_its_numbers(
    tmp_path: Path, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> None:
    state = named(tensor(shape, strides, offset=offset))

    with pytest.raises(WeightsRefused, match="beyond its numbers"):
        read_weights(weights_file(tmp_path, state=state))


def test_a_storage_is_as_long_as_announced(tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused, match="another length"):
        read_weights(weights_file(tmp_path, state=named(tensor((6,), (1,))), values=5))


def test_other_files_are_refused(tmp_path: Path) -> None:
    good = named(tensor((6,), (1,)))
    path = weights_file(tmp_path, state=good)
    whole = path.read_bytes()

    for cut in (0, 10, 60, 200, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with pytest.raises(WeightsRefused):
            read_weights(path)
    with pytest.raises(WeightsRefused, match="not a legacy torch file"):
        read_weights(weights_file(tmp_path, state=good, magic=7))
    with pytest.raises(WeightsRefused, match="big-endian"):
        read_weights(weights_file(tmp_path, state=good, little=False))


def test_the_wheel_s_weights_are_all_there() -> None:
    weights = read_weights(lite0.weights_file())

    assert weights["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert weights["_conv_head.weight"].shape == (1280, 320, 1, 1)
    assert sum(w.size for w in weights.values() if w.dtype == np.float32) == 4_694_024


def test_the_network_is_written_once_and_whole(tmp_path: Path) -> None:
    path = lite0.onnx_file(tmp_path)
    written = path.stat().st_mtime_ns

    assert lite0.onnx_file(tmp_path) == path
    assert path.stat().st_mtime_ns == written
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
