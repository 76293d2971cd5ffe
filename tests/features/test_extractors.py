"""Images become vectors: the same for the same image, near for alike ones."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from calanus.features import model_file, projection
from calanus.features.extractors import (
    EXTRACTORS,
    SHIPPED,
    Extractor,
    extract,
    open_extractor,
)
from calanus.features.folders import read_folder
from calanus.features.projection import Projection
from calanus.features.spreading import vectors
from calanus.features.types import ExtractorUnknown, Features
from drawn import disc, encoded, noisy, stick


@pytest.fixture(scope="module")
def lite0(tmp_path_factory: pytest.TempPathFactory) -> Extractor:
    return open_extractor("efficientnet_lite0", data=tmp_path_factory.mktemp("data"))


def seen(extractor: Extractor, *images: bytes) -> Features:
    """The vectors of images."""
    return vectors(extractor, enumerate(images))[1]


def test_alike_images_have_near_vectors(lite0: Extractor) -> None:
    images = [noisy(draw((70, 70)), seed) for draw in (disc, stick) for seed in (1, 2)]

    round_1, round_2, thin_1, thin_2 = seen(lite0, *[encoded(image) for image in images])

    assert round_1.shape == (256,)
    within = [np.linalg.norm(round_1 - round_2), np.linalg.norm(thin_1 - thin_2)]
    assert max(within) * 2 < np.linalg.norm(round_1 - thin_1)


def test_a_vector_does_not_depend_on_the_company_of_its_image(lite0: Extractor) -> None:
    images = [encoded(noisy(disc(), seed)) for seed in range(5)]

    together = seen(lite0, *images)
    alone = np.concatenate([seen(lite0, image) for image in images])

    assert np.allclose(together, alone, atol=1e-3)


def test_an_unreadable_image_has_no_vector_and_spoils_no_other(lite0: Extractor) -> None:
    good = encoded(disc())

    rows = seen(lite0, good, b"no image", good)

    assert np.isfinite(rows).all(axis=1).tolist() == [True, False, True]
    assert np.array_equal(rows[0], rows[2])


def test_the_network_knows_what_it_was_taught(lite0: Extractor) -> None:
    """Golden numbers of one drawn image: the graph, its weights and its padding are right."""
    [vector] = seen(lite0, encoded(disc((90, 60))))

    assert vector[:4] == pytest.approx([-4.051, -0.762, 1.499, -2.183], abs=0.02)


def test_the_network_trained_on_plankton_ships_with_its_card() -> None:
    ours = open_extractor("plankton_lite0")

    assert ours.passport == "ecb329a31dcb129180f3e6d9a28a0c74aed704a57ddbfb6d77d161a62c546780"
    assert model_file.read(SHIPPED).manifest.passport == ours.passport
    [vector] = seen(ours, encoded(disc((90, 60))))
    assert vector[:4] == pytest.approx([-0.777, -3.900, -1.022, -2.912], abs=0.02)
    assert (len(ours.seen), ours.dimensions) == (7970, 256)
    assert SHIPPED.stat().st_size < 20_000_000
    card = model_file.opened(SHIPPED).manifest.card
    assert {"licence", "citation", "images", "measures", "command", "limits"} <= set(card)


def test_no_images_have_no_vectors(lite0: Extractor) -> None:
    assert seen(lite0).shape == (0, 256)


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(ExtractorUnknown, match=r"no deep-feature model 'v4'.*efficientnet_lite0"):
        open_extractor("v4")


def test_the_passport_names_everything_that_decides_a_vector(lite0: Extractor) -> None:
    assert list(EXTRACTORS) == ["efficientnet_lite0", "plankton_lite0"]
    assert (lite0.name, lite0.dimensions) == ("efficientnet_lite0", 256)
    # Another passport means that every stored vector is computed anew: change it knowingly.
    assert lite0.passport == "84b16c040056f9d74125591d1bdc14ab6f8ca2b0bfa34233ca429241b0714538"


def test_a_stream_comes_out_whole_and_in_order() -> None:
    images = ((n, bytes([n])) for n in range(23))

    def compute(some: list[bytes]) -> Features:
        return np.array([[image[0]] for image in some], np.float32)

    found = list(extract(compute, images))

    assert [name for names, _ in found for name in names] == list(range(23))
    assert np.concatenate([rows for _, rows in found])[:, 0].tolist() == list(range(23))


def test_a_stream_is_read_no_further_than_needed() -> None:
    taken: list[int] = []

    def images() -> Iterator[tuple[int, bytes]]:
        for n in range(1000):
            taken.append(n)
            yield n, b""

    stream = extract(lambda some: np.zeros((len(some), 1), np.float32), images())
    next(stream)

    assert len(taken) < 40


def test_the_projection_keeps_the_directions_in_which_images_differ() -> None:
    rng = np.random.default_rng(1)
    raw = (rng.random((500, 12)) * [9, 5, 3, *[0.01] * 9]).astype(np.float32)

    fitted = projection.fit([raw], 3)

    assert np.var(fitted(raw), axis=0).sum() == pytest.approx(
        np.var(np.sqrt(raw), axis=0).sum(), rel=0.05
    )


def test_each_set_of_images_counts_the_same_in_the_projection() -> None:
    rng = np.random.default_rng(1)
    few = np.zeros((10, 4), np.float32)
    few[:, 0] = rng.random(10) * 100
    many = np.zeros((1000, 4), np.float32)
    many[:, 1] = rng.random(1000) * 50

    assert np.abs(projection.fit([few, many], 1).axes[:, 0]).argmax() == 0


def test_a_projection_is_saved_and_loaded_with_its_passport(tmp_path: Path) -> None:
    made = Projection(np.ones(4, np.float32), np.eye(4, 2, dtype=np.float16))

    made.save(tmp_path / "p.npz")

    assert projection.load(tmp_path / "p.npz").passport == made.passport
    assert made.passport != projection.load().passport


def test_what_ships_is_small_and_of_the_right_shape() -> None:
    shipped = projection.load()

    assert projection.SHIPPED.stat().st_size < 1_000_000
    assert (shipped.mean.shape, shipped.axes.shape) == ((1280,), (1280, 256))


def test_a_folder_of_images_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    for name in (
        "copepoda/b.png",
        "copepoda/a.JPG",
        "detritus/deep/c.png",
        "top.png",
        "copepoda/x.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")

    folder = read_folder(tmp_path)

    assert folder.images == ["copepoda/a.JPG", "copepoda/b.png", "detritus/deep/c.png"]
    assert folder.taxa == ["copepoda", "copepoda", "deep"]
