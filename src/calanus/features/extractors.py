"""The ways of turning an image into a vector, by name; each carries a passport.

A passport is the hash of all that decides the numbers: preparation, network, projection. Two
passports are two extractors, and their vectors are never mixed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from calanus.features import lite0, model_file, projection
from calanus.features.model_file import Model
from calanus.features.preparation import Preparation
from calanus.features.projection import Projection
from calanus.features.types import ExtractorUnknown, Features, ImageUnreadable

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
    def preparation(self) -> Preparation:
        """How images become what the network sees."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    @property
    def seen(self) -> NDArray[np.uint64]:
        """Short hashes of the images of plankton it was trained on, sorted."""
        ...

    def raw(self, images: list[bytes], *, bar_px: int = 0) -> Features:
        """What the network says of a few images; a row of NaN where one is unreadable."""
        ...

    def project(self, raw: Features) -> Features:
        """The vectors of many images at once: (images, dimensions)."""
        ...


def _nothing() -> NDArray[np.uint64]:
    return np.empty(0, np.uint64)


@dataclass
class NetworkExtractor:
    """A preparation, a network as ONNX, and a projection; many threads may call it at once."""

    name: str
    network: Callable[[], Path | bytes]
    network_passport: str
    projection: Projection
    preparation: Preparation
    seen: NDArray[np.uint64] = field(default_factory=_nothing)
    numbers: int = 0  # that the network has learnt
    card: dict[str, Any] = field(default_factory=dict[str, Any])
    file: Path | None = None  # its model file, where it comes from one

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self.projection.axes.shape[1]

    @property
    def passport(self) -> str:
        """The hash of preparation, network and projection."""
        return model_file.passport(self.preparation, self.network_passport, self.projection)

    @cached_property
    def session(self) -> Any:
        """The network, on the one thread that calls it: several callers use several cores."""
        runtime: Any = import_module("onnxruntime")  # late: it costs 0.2 s; it has no types
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        network = self.network()
        told = network if isinstance(network, bytes) else str(network)
        return runtime.InferenceSession(told, options, providers=["CPUExecutionProvider"])

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
        network=lambda: lite0.onnx_file(cache),
        network_passport=f"{lite0.SHA256}/{lite0.GRAPH_VERSION}",
        projection=projection.load(),
        preparation=Preparation(size=lite0.SIZE),
        numbers=lite0.NUMBERS,
        card=lite0.CARD,
    )


def of_file(path: Path) -> NetworkExtractor:
    """The extractor of an imported file, checked again each time it is opened."""
    extractor = of_model(model_file.read(path))
    extractor.file = path
    return extractor


def of_model(model: Model) -> NetworkExtractor:
    """The extractor that a model holds."""
    told = model.manifest
    member = told.members[model_file.NETWORK]
    return NetworkExtractor(
        name=told.name,
        network=model.network,
        network_passport=member.sha256,
        projection=model.projection,
        preparation=model.preparation,
        seen=model.seen,
        numbers=member.bytes // 2,  # 16 bits each
        card=told.card,
    )


def _plankton(_cache: Path | None) -> NetworkExtractor:
    """Ours; its file is part of the package, and its hashes are checked."""
    extractor = of_model(model_file.opened(SHIPPED))
    extractor.file = SHIPPED
    return extractor


SHIPPED = Path(__file__).parent / "plankton_lite0.zip"
EXTRACTORS: Mapping[str, Callable[[Path | None], Extractor]] = {
    "efficientnet_lite0": _lite0,
    "plankton_lite0": _plankton,
}
DEFAULT = "plankton_lite0"
MODELS = "models"  # in the data folder: what was imported


def known_names(data: Path | None = None) -> Sequence[str]:
    """What a project may choose: the default, what else ships, what was imported here."""
    shipped = sorted(EXTRACTORS, key=lambda name: name != DEFAULT)
    imported = sorted(p.stem for p in (data / MODELS).glob("*.zip")) if data else []
    return [*shipped, *(name for name in imported if name not in EXTRACTORS)]


def open_extractor(name: str | None = None, *, data: Path | None = None) -> Extractor:
    """The extractor of this name, or the default one; its files are made ready in the data folder.

    Raises:
        ExtractorUnknown: nobody ships it, and it was not imported here.
        ModelRefused: its file has been damaged since.
    """
    wanted = name or DEFAULT
    if wanted in EXTRACTORS:
        return EXTRACTORS[wanted](data / "cache" if data else None)
    if data is None or wanted not in known_names(data):
        raise ExtractorUnknown(wanted, known_names(data))
    return of_file(data / MODELS / f"{wanted}.zip")


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
