"""Extraction over a real Dask cluster: the same vectors, and a sentence where it cannot be."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import cruise
import given
from calanus.features import spreading
from calanus.features.extractors import DEFAULT, open_extractor
from calanus.features.jobs import ask
from calanus.features.spreading import cores_of, vectors
from calanus.features.types import ClusterUnusable, FeaturesReq
from calanus.jobs import service as jobs
from calanus.jobs.types import JobState
from calanus.kit.db import Connection, fetch_value
from calanus.kit.settings import Settings

distributed: Any = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A scheduler and two workers, spoken to over TCP."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        dashboard_address=":0",
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as cluster:
        yield cluster


def at(settings: Settings, address: str) -> Settings:
    return settings.model_copy(update={"dask_scheduler": address})


def drawings(count: int) -> list[tuple[int, bytes]]:
    taxa = (given.COPEPODA, given.DETRITUS)
    return [(n, cruise.drawing(taxa[n % 2], n)) for n in range(count)]


def test_a_cluster_finds_the_same_vectors_in_the_same_order(
    cluster: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "IMAGES_A_TASK", 3)
    monkeypatch.setattr(spreading, "TASKS_AHEAD", 1)
    extractor = open_extractor()
    images = [*drawings(10), (10, b"no image")]

    names, here = vectors(extractor, images)
    with cores_of(at(settings, cluster.scheduler_address)) as over:
        assert over.objects_a_step == 60
        told, there = vectors(extractor, images, over=over)

    assert told == names == list(range(11))
    np.testing.assert_array_equal(there, here)
    assert np.isnan(there[10]).all()


def test_a_job_goes_over_the_cluster_of_the_settings(
    cluster: Any,
    shore: Connection,
    clone: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = given.application_manager(shore)
    tara = cruise.taught(shore, settings, by=head)
    monkeypatch.setattr(spreading.Here, "raw", None)  # this machine computes nothing
    job_id = ask(shore, tara, FeaturesReq(), by=head)

    job = jobs.run_here(at(settings, cluster.scheduler_address), clone, job_id)

    assert job.state == JobState.FINISHED, job.errors
    assert fetch_value(shore, "SELECT count(*) FROM features") == 16


def test_a_worker_that_knows_another_model_says_so(cluster: Any, settings: Settings) -> None:
    foreign = open_extractor()
    foreign.name = "of_our_lab"  # pyright: ignore[reportAttributeAccessIssue]
    another = open_extractor()
    another.network_passport = "retrained"  # pyright: ignore[reportAttributeAccessIssue]
    with cores_of(at(settings, cluster.scheduler_address)) as over:
        with pytest.raises(ClusterUnusable, match="no deep-feature model 'of_our_lab'"):
            vectors(foreign, drawings(1), over=over)
        with pytest.raises(ClusterUnusable, match=f"a worker's “{DEFAULT}” is another one"):
            vectors(another, drawings(1), over=over)


def test_no_cluster_and_no_workers_are_sentences(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "CONNECT_SECONDS", 0.3)
    refused = "it does not answer"
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(ClusterUnusable, match=refused), cores_of(at(settings, address)):
            pass
    idle = distributed.LocalCluster(
        n_workers=0, processes=False, protocol="tcp", dashboard_address=":0"
    )
    with idle:
        empty = cores_of(at(settings, idle.scheduler_address))
        with pytest.raises(ClusterUnusable, match="no workers"):
            empty.__enter__()
    with cores_of(settings) as over:
        assert over is spreading.HERE
