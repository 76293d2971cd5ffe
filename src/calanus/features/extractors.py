"""The ways of turning an image into a vector, by name; each carries a passport.

A passport is the hash of all that decides the numbers: preparation, network, projection. Two
passports are two extractors, and their vectors are never mixed.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from calanus.features import lite0, projection
from calanus.features.preparation import Preparation
from calanus.features.projection import Projection
from calanus.features.types import (
    ExtractorUnknown,
    Features,
    ImageUnreadable,
    passport_text,
)

THREADS = 2
IMAGES_A_RUN = 4  # more at once only costs cache: 337 images/s at 4, 233 at 16, on two cores
Name = TypeVar("Name")


class Extractor(Protocol):
    """Anything that turns images into vectors."""

    @property
    def name(self) -> str:
        """What people choose it by."""
        ...

    @property
    def passport(self) -> str:
        """The hash of all that decides its vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    def raw(self, images: list[bytes], *, bar_px: int = 0) -> Features:
        """What the network says of a few images; a row of NaN where one is unreadable."""
        ...

    def project(self, raw: Features) -> Features:
        """The vectors of many images at once: (images, dimensions)."""
        ...


@dataclass
class NetworkExtractor:
    """A preparation, a network as ONNX, and a projection; many threads may call it at once."""

    name: str
    network: Path
    network_passport: str
    projection: Projection
    preparation: Preparation

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self.projection.axes.shape[1]

    @property
    def passport(self) -> str:
        """The hash of preparation, network and projection."""
        parts = {
            **self.preparation.passport(),
            "network": self.network_passport,
            "projection": self.projection.passport,
        }
        return hashlib.sha256(passport_text(parts).encode()).hexdigest()

    @cached_property
    def session(self) -> Any:
        """The network, on the one thread that calls it: several callers use several cores."""
        runtime: Any = import_module("onnxruntime")  # late: it costs 0.2 s; it has no types
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = str(self.network)
        return runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def raw(self, images: list[bytes], *, bar_px: int = 0) -> Features:
        """What the network itself says, before the projection; NaN where an image is unreadable."""
        prepared = np.zeros(
            (len(images), self.preparation.size, self.preparation.size, 3), np.uint8
        )
        unreadable: list[int] = []
        for row, image in enumerate(images):
            try:
                prepared[row] = self.preparation(image, bar_px=bar_px)
            except ImageUnreadable:
                unreadable.append(row)
        features: Features = self.session.run(None, {"images": prepared})[0]
        features[unreadable] = np.nan
        return features

    def project(self, raw: Features) -> Features:
        """The vectors of many images at once: (images, dimensions).

        Apart from `raw`, because a small matrix product costs as much as an image where the
        threads of BLAS and those of `extract` wait for one another.
        """
        return self.projection(raw)


def _lite0(cache: Path | None) -> NetworkExtractor:
    return NetworkExtractor(
        name="efficientnet_lite0",
        network=lite0.onnx_file(cache),
        network_passport=f"{lite0.SHA256}/{lite0.GRAPH_VERSION}",
        projection=projection.load(),
        preparation=Preparation(size=lite0.SIZE),
    )


EXTRACTORS: Mapping[str, Callable[[Path | None], Extractor]] = {"efficientnet_lite0": _lite0}
DEFAULT = "efficientnet_lite0"


def open_extractor(name: str | None = None, *, cache: Path | None = None) -> Extractor:
    """The extractor of this name, or the default one; its files are made ready in `cache`."""
    try:
        return EXTRACTORS[name or DEFAULT](cache)
    except KeyError:
        raise ExtractorUnknown(name or DEFAULT, EXTRACTORS) from None


def vectors(
    extractor: Extractor, images: Iterable[tuple[Name, bytes]], *, bar_px: int = 0
) -> tuple[list[Name], Features]:
    """The vectors of images that fit into memory as numbers, 5 kB each, and whose they are."""

    def few(some: list[bytes]) -> Features:
        return extractor.raw(some, bar_px=bar_px)

    names: list[Name] = []
    found: list[Features] = []
    for some, rows in extract(few, images):
        names += some
        found.append(rows)
    if not found:
        return names, np.empty((0, extractor.dimensions), np.float32)
    return names, extractor.project(np.concatenate(found))


def extract(
    compute: Callable[[list[bytes]], Features], images: Iterable[tuple[Name, bytes]]
) -> Iterator[tuple[list[Name], Features]]:
    """What is computed of a stream of images, in its order, a few at a time, on both cores.

    Each thread prepares its own images and runs the network on them, so no core waits for another.
    Only a handful of images are in memory at once.
    """
    source = iter(images)
    under_way: deque[tuple[list[Name], Future[Features]]] = deque()
    with ThreadPoolExecutor(THREADS) as threads:
        while some := list(islice(source, IMAGES_A_RUN)):
            future = threads.submit(compute, [data for _, data in some])
            under_way.append(([name for name, _ in some], future))
            if len(under_way) > 2 * THREADS:
                names, future = under_way.popleft()
                yield names, future.result()
        for names, future in under_way:
            yield names, future.result()
