"""Where the network runs: on the cores of this machine, or on the workers of a Dask cluster.

The job reads the images and keeps the vectors; workers only turn images into numbers. Each opens
the extractor by its name in its own data folder, and says so where it is another one.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from itertools import islice
from typing import Any, Protocol

import numpy as np

from calanus.features.extractors import (
    IMAGES_A_RUN,
    Extractor,
    Name,
    extract,
    open_extractor,
)
from calanus.features.types import ClusterUnusable, Features
from calanus.kit.errors import CalanusError
from calanus.kit.settings import Settings, read_settings

IMAGES_A_TASK = 64  # some 0.4 s of a core, and 200 kB to send
TASKS_AHEAD = 3  # of each core, so that none waits for the next images
CONNECT_SECONDS = 10


class Over(Protocol):
    """A way of running a network over a stream of images."""

    @property
    def objects_a_step(self) -> int:
        """After how many the work is worth keeping."""
        ...

    def raw(
        self, extractor: Extractor, images: Iterable[tuple[Name, bytes]], *, bar_px: int
    ) -> Iterator[tuple[list[Name], Features]]:
        """What the network says of the images, in their order, a few at a time."""
        ...


class Here:
    """On the cores of this machine."""

    objects_a_step = 250  # a second's work

    def raw(
        self, extractor: Extractor, images: Iterable[tuple[Name, bytes]], *, bar_px: int
    ) -> Iterator[tuple[list[Name], Features]]:
        """What the network says of the images."""
        return extract(lambda some: extractor.raw(some, bar_px=bar_px), images)


class Cluster:
    """On the workers of a Dask cluster."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        self.cores = sum(client.nthreads().values())
        if not self.cores:
            raise ClusterUnusable(address, "it has no workers")

    @property
    def objects_a_step(self) -> int:
        """Enough that the end of a step, where cores run dry, is a small part of it."""
        return IMAGES_A_TASK * self.cores * 10

    def raw(
        self, extractor: Extractor, images: Iterable[tuple[Name, bytes]], *, bar_px: int
    ) -> Iterator[tuple[list[Name], Features]]:
        """What the network says of the images; a worker that dies has its part done by another."""
        source, told = iter(images), (extractor.name, extractor.passport, bar_px)
        under_way: deque[tuple[list[Name], Any]] = deque()
        while some := list(islice(source, IMAGES_A_TASK)):
            data = [image for _, image in some]
            future = self.client.submit(raw_there, *told, data, pure=False)
            under_way.append(([name for name, _ in some], future))
            if len(under_way) >= TASKS_AHEAD * self.cores:
                yield self.done(*under_way.popleft())
        while under_way:
            yield self.done(*under_way.popleft())

    def done(self, names: list[Name], future: Any) -> tuple[list[Name], Features]:
        """What a worker found, or its refusal."""
        try:
            found = future.result()
        except Exception as error:  # what became of a worker, in Dask's own kinds
            raise ClusterUnusable(self.address, str(error)) from error
        if isinstance(found, str):
            raise ClusterUnusable(self.address, found)
        return names, found


HERE = Here()


def vectors(
    extractor: Extractor,
    images: Iterable[tuple[Name, bytes]],
    *,
    bar_px: int = 0,
    over: Over = HERE,
) -> tuple[list[Name], Features]:
    """The vectors of images that fit into memory as numbers, 5 kB each, and whose they are."""
    names: list[Name] = []
    found: list[Features] = []
    for some, rows in over.raw(extractor, images, bar_px=bar_px):
        names += some
        found.append(rows)
    if not found:
        return names, np.empty((0, extractor.dimensions), np.float32)
    return names, extractor.project(np.concatenate(found))


@contextmanager
def cores_of(settings: Settings) -> Generator[Over]:
    """The cluster of a setting, as long as it is needed; without one, this machine.

    Raises:
        ClusterUnusable: it does not answer, or has no workers.
    """
    address = settings.dask_scheduler
    if not address:
        yield HERE
        return
    if find_spec("distributed") is None:
        raise ClusterUnusable(address, "the extra is not installed: pip install 'calanus[dask]'")
    from distributed import Client  # late: an extra, and 0.5 s

    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterUnusable(address, f"it does not answer ({error})") from error
    with client:
        yield Cluster(client, address)


def raw_there(name: str, passport: str, bar_px: int, images: list[bytes]) -> Features | str:
    """A worker's part: what the network says of some images, or why it cannot say."""
    try:
        extractor, mine = opened(name)
    except CalanusError as refusal:
        return str(refusal)
    if mine != passport:
        return f"a worker's “{name}” is another one: install the same Calanus and model there"
    fours = [images[n : n + IMAGES_A_RUN] for n in range(0, len(images), IMAGES_A_RUN)]
    return np.concatenate([extractor.raw(some, bar_px=bar_px) for some in fours])


@cache
def opened(name: str) -> tuple[Extractor, str]:
    """An extractor of this worker's own data folder, with its passport."""
    extractor = open_extractor(name, data=read_settings().data)
    return extractor, extractor.passport
