"""Training a network: what is shown and what never is, going on after a kill, and what comes out.

Needs the extra `train`; without torch all of this is skipped.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calanus.features import lite0, model_file
from calanus.features.extractors import of_model
from calanus.features.preparation import Preparation
from calanus.features.spreading import vectors
from calanus.features.torch_weights import read_weights
from drawn import disc, encoded, noisy, stick

torch: Any = pytest.importorskip("torch", reason="needs torch: pip install 'calanus[train]'")

from calanus.features.training import checkpoints, export, service  # noqa: E402
from calanus.features.training.augment import Augmentation  # noqa: E402
from calanus.features.training.bodies import NETWORKS, make_body  # noqa: E402
from calanus.features.training.data import LabelledImages, labelled, short_hash  # noqa: E402
from calanus.features.training.lite0_torch import Lite0, load, weights_of  # noqa: E402
from calanus.features.training.service import Order  # noqa: E402
from calanus.features.training.trainer import Pace, Plan, Trainer  # noqa: E402
from calanus.features.training.types import (  # noqa: E402
    CheckpointRefused,
    NetworkUnknown,
    TrainingRefused,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
SIZE = 32
PLAN = Plan(epochs=2, batch=8, parts=2, still=12, warm_up=0, unseen=0.2)
PACE = Pace(sizes=(SIZE,), threads=2)


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Two cameras: discs and sticks, and then dark ones."""
    for camera, (ink, each) in {"light": (40, 12), "dark": (120, 9)}.items():
        for taxon, draw in (("disc", disc), ("stick", stick)):
            (tmp_path / camera / taxon).mkdir(parents=True)
            for n in range(each):
                data = encoded(noisy(draw((40, 30), ink=ink), n))
                (tmp_path / camera / taxon / f"{n}.png").write_bytes(data)
    return [tmp_path / "light", tmp_path / "dark"]


def trainer(folders: Sequence[Path], out: Path, plan: Plan = PLAN, *, body: Any = None) -> Trainer:
    sets = [labelled(folder, unseen=plan.unseen) for folder in folders]
    return Trainer(plan, sets, body or make_body(plan.network, still=plan.still), folder=out)


def quiet(_: str) -> None:
    """Says nothing."""


def numbers(trained: Trainer) -> list[Any]:
    return [p.detach().numpy().copy() for p in [*trained.parameters, *trained.ema]]


def alike(one: list[Any], other: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_network_that_is_trained_is_the_one_that_runs() -> None:
    body = Lite0().eval()
    load(body, read_weights(lite0.weights_file()))
    images = np.stack([Preparation(size=64)(encoded(draw())) for draw in (disc, stick)])
    runtime: Any = pytest.importorskip("onnxruntime")

    session = runtime.InferenceSession(lite0.build(weights_of(body), size=64))
    [features] = session.run(None, {"images": images})

    seen = (torch.from_numpy(images).permute(0, 3, 1, 2).float() - 127) / 128
    with torch.no_grad():
        ours = body(seen).numpy()
    assert np.abs(features - ours).max() < 1e-5 * max(1, np.abs(ours).max())


@pytest.mark.parametrize("side", [32, 33, 50, 75])
def test_a_side_of_any_length_is_padded_as_onnx_does(side: int) -> None:
    body = Lite0().eval()
    load(body, read_weights(lite0.weights_file()))
    images = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
    runtime: Any = pytest.importorskip("onnxruntime")

    session = runtime.InferenceSession(lite0.build(weights_of(body), size=side))
    [features] = session.run(None, {"images": images})

    with torch.no_grad():
        ours = body((torch.from_numpy(images).permute(0, 3, 1, 2).float() - 127) / 128).numpy()
    assert np.abs(features - ours).max() < 1e-4


def test_what_is_kept_back_is_told_by_the_bytes_alone(folders: list[Path]) -> None:
    before = labelled(folders[0], unseen=0.25)
    hidden = set(before.hashes[~before.seen].tolist())
    for path in sorted((folders[0] / "disc").iterdir()):
        path.rename(path.with_name(f"{short_hash(path.read_bytes())}.png"))

    after = labelled(folders[0], unseen=0.25)

    assert set(after.hashes[~after.seen].tolist()) == hidden
    assert [int((after.labels[~after.seen] == n).sum()) for n in (0, 1)] == [3, 3]


def test_the_same_image_twice_is_hidden_twice(folders: list[Path]) -> None:
    once = labelled(folders[0])
    row = once.rows(seen=False)[0]
    hidden = folders[0] / once.folder.images[row]
    (folders[0] / "stick/copy.png").write_bytes(hidden.read_bytes())

    twice = labelled(folders[0])

    assert int((~twice.seen[twice.hashes == short_hash(hidden.read_bytes())]).sum()) == 2


def test_no_image_that_is_kept_back_is_ever_shown(folders: list[Path], tmp_path: Path) -> None:
    made = trainer(folders, tmp_path / "out")

    for number, s in enumerate(made.sets):
        shown = np.concatenate([made.drawn(number, step) for step in range(30)])
        assert s.seen[shown].all()
        assert set(shown) == set(s.rows(seen=True))


def test_an_image_is_moved_and_what_comes_in_is_ground() -> None:
    image = np.full((1, SIZE, SIZE, 3), 200, np.uint8)
    image[:, 12:20, 12:20] = 50
    ground = torch.full((1, 3), 200)

    quiet_one = Augmentation(light=0, contrast=0, noise=0, blur=0, erase=0, shift=0.5)
    seen = quiet_one(torch.from_numpy(image), ground, torch.Generator().manual_seed(3))

    back = (seen * 128 + 127).round()
    assert seen.shape == (1, 3, SIZE, SIZE)
    assert (back.max(), back[0, 0, 0, 0], back[0, 0, -1, -1]) == (200, 200, 200)


def test_an_augmentation_of_nothing_changes_nothing() -> None:
    image = torch.from_numpy(Preparation(size=SIZE)(encoded(disc()))[None].copy())
    still = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0, rotate=False)

    seen = still(image, image[:, 0, 0], torch.Generator().manual_seed(0))

    back = (seen * 128 + 127).round().permute(0, 2, 3, 1)
    assert torch.equal(back, image) or torch.equal(back, image.flip(2))


def test_a_training_learns(folders: list[Path], tmp_path: Path) -> None:
    made = trainer(folders, tmp_path / "out", replace(PLAN, epochs=12))

    said: list[str] = []
    assert made.run(PACE, said.append)

    accuracy = [accuracy for accuracy, _ in made.validated.values()]
    assert min(accuracy) == 1
    assert any("unseen images of light" in line for line in said)


def test_a_training_in_pieces_is_the_same_as_in_one(folders: list[Path], tmp_path: Path) -> None:
    whole = trainer(folders, tmp_path / "whole")
    assert whole.run(PACE, quiet)

    for _ in range(whole.total):
        piece = trainer(folders, tmp_path / "pieces")
        if piece.run(replace(PACE, stop_after_steps=3), quiet):
            break

    assert piece.standing.step == whole.standing.step == whole.total
    assert alike(numbers(piece), numbers(whole))


def test_a_training_that_was_killed_goes_on_where_it_was(
    folders: list[Path], tmp_path: Path
) -> None:
    program = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from test_training import trainer, PACE
from dataclasses import replace
made = trainer([Path(p) for p in {[str(f) for f in folders]!r}], Path({str(tmp_path / "out")!r}))
made.run(replace(PACE, checkpoint_seconds=0), lambda line: print(line, flush=True))
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen(
        [sys.executable, "-c", program], cwd=Path(__file__).parent, env=environment
    )
    while not (tmp_path / "out" / checkpoints.NAME).exists():
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    part = [p.name for p in (tmp_path / "out").iterdir()]
    assert checkpoints.NAME in part

    killed, whole = trainer(folders, tmp_path / "out"), trainer(folders, tmp_path / "whole")
    said: list[str] = []
    assert killed.run(PACE, said.append)
    assert whole.run(PACE, quiet)

    assert said[0].startswith("going on from step")
    assert alike(numbers(killed), numbers(whole))


def test_a_checkpoint_of_another_training_is_refused(folders: list[Path], tmp_path: Path) -> None:
    trainer(folders, tmp_path / "out").run(replace(PACE, stop_after_steps=1), quiet)

    with pytest.raises(CheckpointRefused, match="other images or other options"):
        trainer(folders, tmp_path / "out", replace(PLAN, seed=9)).run(PACE, quiet)
    with pytest.raises(CheckpointRefused, match="other images or other options"):
        trainer(folders[:1], tmp_path / "out").run(PACE, quiet)


def test_a_checkpoint_runs_no_program(folders: list[Path], tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("the checkpoint ran",))

    (tmp_path / "out").mkdir()
    torch.save({"format": 1, "states": Evil()}, tmp_path / "out" / checkpoints.NAME)

    with pytest.raises(CheckpointRefused, match="not a checkpoint of ours"):
        trainer(folders, tmp_path / "out").run(PACE, quiet)


def test_the_end_comes_with_the_last_minute(folders: list[Path], tmp_path: Path) -> None:
    made = trainer(folders, tmp_path / "out", replace(PLAN, epochs=1000))

    assert made.run(replace(PACE, minutes=0.02), quiet)

    assert 0 < made.standing.step < made.total


def test_images_grow_on_the_way() -> None:
    pace = Pace(sizes=(32, 48, 64))

    assert [pace.size_at(at) for at in (0, 0.3, 0.4, 0.7, 1)] == [32, 32, 48, 64, 64]


def test_a_model_file_comes_out(folders: list[Path], tmp_path: Path) -> None:
    order = Order(folders, tmp_path / "out", "mine", PLAN, PACE, card={"licence": "CC0"})

    told = service.train(order, quiet)

    assert told is not None
    model = model_file.read(tmp_path / "out/mine.zip")
    shown = np.concatenate([labelled(f, unseen=0.2).hashes[seen(f)] for f in folders])
    assert model.seen.tolist() == sorted(set(shown.tolist()))
    assert (told.card["licence"], told.card["data"][0]["shown"]) == ("CC0", 20)
    assert model.preparation.size == SIZE
    assert vectors(of_model(model), [(1, encoded(disc()))])[1].shape == (1, 256)
    assert service.train(order, quiet) == told  # once more: nothing is left to do


def seen(folder: Path) -> Any:
    return labelled(folder, unseen=0.2).seen


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"efficientnetv2_xl"}))
def test_every_network_can_be_trained(folders: list[Path], tmp_path: Path, name: str) -> None:
    if name != "efficientnet_lite0":
        pytest.importorskip("timm", reason="needs timm: pip install 'calanus[train]'")
    plan = replace(PLAN, network=name, still=0, parts=1, norms=True, dense=50, epochs=1, rate=3e-4)
    order = Order(folders[:1], tmp_path / "out", "mine", plan, PACE)
    said: list[str] = []

    told = service.train(order, said.append)

    assert told is not None
    assert model_file.read(tmp_path / "out/mine.zip").manifest.features == told.features


def test_a_network_with_the_padding_of_tensorflow_is_written_as_it_is() -> None:
    pytest.importorskip("timm", reason="needs timm: pip install 'calanus[train]'")
    runtime: Any = pytest.importorskip("onnxruntime")
    body = make_body("efficientnetv2_s").eval()
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), np.uint8)

    session = runtime.InferenceSession(export.as_onnx(body, 48))

    [features] = session.run(None, {"images": images})
    with torch.no_grad():
        ours = body((torch.from_numpy(images).permute(0, 3, 1, 2).float() - 127) / 128).numpy()
    assert np.abs(features - ours).max() < 0.01 * max(1, np.abs(ours).max())


@pytest.mark.timeout(900)
def test_the_largest_network_takes_a_step(folders: list[Path], tmp_path: Path) -> None:
    pytest.importorskip("timm", reason="needs timm: pip install 'calanus[train]'")
    plan = replace(PLAN, network="efficientnetv2_xl", still=0, batch=2, parts=1, norms=True)
    made = trainer(folders[:1], tmp_path / "out", replace(plan, dense=600))

    assert not made.run(replace(PACE, stop_after_steps=1), quiet)

    assert sum(p.numel() for p in made.network.body.parameters()) > 200_000_000
    assert made.standing.step == 1


def test_what_cannot_be_trained_says_why(folders: list[Path], tmp_path: Path) -> None:
    def order(*chosen: Path, **more: Any) -> Order:
        return Order(chosen, tmp_path / "out", plan=PLAN, pace=PACE, **more)

    (tmp_path / "one/taxon").mkdir(parents=True)
    (tmp_path / "one/taxon/a.png").write_bytes(encoded(disc()))
    with pytest.raises(TrainingRefused, match="no images of two taxa"):
        service.train(order(tmp_path / "one"), quiet)
    with pytest.raises(TrainingRefused, match="there is no folder"):
        service.train(order(tmp_path / "none"), quiet)
    with pytest.raises(TrainingRefused, match="do not fit this network"):
        service.train(order(folders[0], weights=tmp_path / "one/taxon/a.png"), quiet)
    with pytest.raises(NetworkUnknown, match=r"no network 'vgg' to train\. Choose one of"):
        make_body("vgg")
    if not torch.cuda.is_available():
        with pytest.raises(TrainingRefused, match="no graphics card"):
            service.train(order(folders[0], device="cuda"), quiet)


def test_the_command_trains_in_pieces(folders: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [
        *(sys.executable, "-c", "from calanus.cli import main; main()"),
        *("--data", str(tmp_path / "data"), "extractor", "train"),
        *map(str, folders),
        *("--out", str(out), "--name", "mine", "--epochs", "1", "--size", str(SIZE)),
        *("--batch", "8", "--still", "14", "--json"),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def run(*more: str) -> dict[str, Any]:
        done = subprocess.run(
            [*command, *more], capture_output=True, text=True, env=environment, check=True
        )
        return json.loads(done.stdout)

    assert run("--steps", "2") == {"finished": False, "out": str(out)}
    assert run()["file"] == str(out / "mine.zip")
    assert "going on from step 2" in (out / "log.txt").read_text()


def test_images_that_no_reader_reads_are_left_out(folders: list[Path]) -> None:
    (folders[0] / "disc/torn.png").write_bytes(b"no image")

    found: LabelledImages = labelled(folders[0])

    assert len(found.labels) == 24
