"""Read the numbers of a legacy torch file, and nothing else that such a file could do.

The format is a row of pickles (magic, version, system, the named tensors, the storage keys) and
then, per storage, a count and its raw bytes (torch.serialization, `_legacy_save`). A pickle may
call any function it names, so only the five names a file of weights needs are known here, and each
stands for a harmless one of ours.
"""

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from calanus.features.types import WeightsRefused

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001

Tensor = NDArray[Any]


@dataclass(frozen=True)
class Storage:
    """A run of numbers whose bytes follow the pickles."""

    key: str
    dtype: np.dtype[Any]
    count: int


@dataclass(frozen=True)
class View:
    """A tensor as the file tells it: where it begins in a storage, and its strides in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self, numbers: Tensor) -> Tensor:
        """The tensor as an array of its own, in C order."""
        steps = [(n - 1) * step for n, step in zip(self.shape, self.strides, strict=True)]
        if min((self.offset, *self.shape, *self.strides)) < 0 or self.offset + sum(steps) >= max(
            numbers.size, 1
        ):
            raise WeightsRefused("a tensor reaches beyond its numbers")
        bytes_apart = [step * numbers.itemsize for step in self.strides]
        seen = np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, bytes_apart)
        return seen.copy(order="C")


def _view(storage: Storage, offset: int, shape: Any, strides: Any, *_: object) -> View:
    """What torch's `_rebuild_tensor_v2` would make, as a record."""
    return View(storage, int(offset), tuple(shape), tuple(strides))


KNOWN: Mapping[tuple[str, str], Callable[..., Any] | str] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _view,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "HalfStorage"): "<f2",
    ("torch", "LongStorage"): "<i8",
}
DTYPES = ("<f4", "<f2", "<i8")


class Reader(pickle.Unpickler):
    """An unpickler that knows five names and refuses every other."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """One of the five names."""
        try:
            return KNOWN[module_name, global_name]
        except KeyError:
            raise WeightsRefused(f"it asks for {module_name}.{global_name}") from None

    def persistent_load(self, pid: Any) -> Storage:
        """A storage is named here and filled later."""
        match pid:
            case ("storage", kind, str(key), str(), int(count), None) if kind in DTYPES:
                return Storage(key, np.dtype(kind), count)
            case _:
                raise WeightsRefused("it holds a storage of an unknown kind")


def read_weights(path: Path) -> dict[str, Tensor]:
    """The named tensors of a legacy torch file; `WeightsRefused` when it is anything else."""
    with path.open("rb") as file:
        try:
            if _load(file) != MAGIC or _load(file) != VERSION:
                raise WeightsRefused("it is not a legacy torch file")
            system, named, keys = _load(file), _load(file), _load(file)
            if not system.get("little_endian"):
                raise WeightsRefused("its numbers are big-endian")
            views = {str(name): view for name, view in named.items() if isinstance(view, View)}
            numbers = _read_storages(file, views, keys)
            return {name: view.read(numbers[view.storage.key]) for name, view in views.items()}
        except (pickle.UnpicklingError, EOFError, struct.error, ValueError, TypeError) as error:
            raise WeightsRefused(f"it cannot be read ({error})") from error
        except (AttributeError, IndexError, KeyError, OverflowError) as error:
            raise WeightsRefused(f"it is malformed ({error!r})") from error


def _load(file: BinaryIO) -> Any:
    return Reader(file).load()


def _read_storages(file: BinaryIO, views: Mapping[str, View], keys: list[str]) -> dict[str, Tensor]:
    known = {view.storage.key: view.storage for view in views.values()}
    numbers: dict[str, Tensor] = {}
    for key in keys:
        storage = known[key]
        (count,) = struct.unpack("<q", file.read(8))
        if count != storage.count:
            raise WeightsRefused("a storage has another length than announced")
        raw = file.read(count * storage.dtype.itemsize)
        numbers[key] = np.frombuffer(raw, storage.dtype, count)
    return numbers
