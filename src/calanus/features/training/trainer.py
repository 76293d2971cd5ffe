"""Train one shared network on several labelled folders, each with a head of its own.

All that is random is drawn from the seed and the number of the step, so a training that was killed
goes on from its checkpoint as if nothing had happened. Batch norms keep the statistics they came
with: batches are small, and the network of inference is then exactly the one that was trained.
"""

import hashlib
import json
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from calanus.features.training import checkpoints
from calanus.features.training.augment import Augmentation, normalised
from calanus.features.training.checkpoints import Standing
from calanus.features.training.data import LabelledImages, PreparedImages
from calanus.features.training.types import TrainingRefused

CLIPPED = 5.0  # a gradient is no longer than this
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """All that decides the numbers of a training, besides its images."""

    epochs: int = 40
    batch: int = 64
    parts: int = 4  # of a batch, each drawn by itself
    network: str = "efficientnet_lite0"
    still: int = 3  # the first blocks, which do not learn
    dense: int = 0  # neurons between features and classes
    norms: bool = False  # batch norms learn their statistics
    seed: int = 0
    rate: float = 8e-4
    decay: float = 0.05  # of weights
    deeper: float = 0.9  # the rate of a layer, of that of the next
    warm_up: float = 0.05
    ema: float = 0.998
    smoothing: float = 0.1
    prior: float = 0.5  # how much of a class's frequency is added to its logit (logit adjustment)
    dropout: float = 0.2
    drop_path: float = 0.1
    balance: float = 0.75  # a set of n images is drawn in proportion to n to this power
    unseen: float = 0.15
    augmentation: Augmentation = field(default_factory=Augmentation)

    def text(self, sets: Sequence[LabelledImages]) -> str:
        """A hash of options and images: who has the same text may go on from a checkpoint."""
        told = json.dumps(asdict(self), sort_keys=True).encode()
        images = b"".join(s.hashes.tobytes() + s.labels.tobytes() + s.seen.tobytes() for s in sets)
        return hashlib.sha256(told + images).hexdigest()


@dataclass(frozen=True)
class Pace:
    """What may differ from piece to piece: when to stop, how often to keep and to check."""

    sizes: tuple[int, ...] = (128,)  # equal shares of the way
    threads: int = 2
    minutes: float | None = None  # of all pieces together; the rate falls to zero by then
    checkpoint_seconds: float = 180
    validate_epochs: float = 2
    stop_after_steps: int | None = None  # of this piece

    def size_at(self, progress: float) -> int:
        """The side of the images at this point of the way."""
        return self.sizes[min(len(self.sizes) - 1, int(progress * len(self.sizes)))]


class Dense(nn.Module):
    """A head with a layer of its own before the classes, as EcoTaxa's networks have."""

    def __init__(self, features: int, neurons: int, classes: int) -> None:
        super().__init__()
        self.dense = nn.Linear(features, neurons)
        self.out = nn.Linear(neurons, classes)

    def forward(self, features: Tensor) -> Tensor:
        """The logits."""
        return self.out(F.relu(self.dense(features)))


class Network(nn.Module):
    """The body that all sets share, and a head a set."""

    def __init__(self, body: Any, classes: Sequence[int], *, dense: int = 0) -> None:
        super().__init__()
        self.body = body
        features = int(body.dimensions)
        self.heads = nn.ModuleList(
            Dense(features, dense, n) if dense else nn.Linear(features, n) for n in classes
        )


class Trainer:
    """A training between its first step and its last."""

    def __init__(
        self,
        plan: Plan,
        sets: Sequence[LabelledImages],
        body: Any,
        *,
        folder: Path,
        device: str = "cpu",
    ) -> None:
        if plan.norms and plan.parts != 1:
            raise TrainingRefused("batch norms that learn need --parts 1")
        self.plan, self.sets, self.folder = plan, sets, folder
        self.device = torch.device(device)
        torch.manual_seed(plan.seed)
        self.network = Network(body, [len(s.classes) for s in sets], dense=plan.dense)
        self.network.to(self.device, memory_format=torch.channels_last)
        self.network.eval()
        learning = {n: p for n, p in self.network.named_parameters() if self._learns(n)}
        self.names, self.parameters = list(learning), list(learning.values())
        self.ema = [p.detach().clone() for p in self.parameters]
        self.optimiser = torch.optim.AdamW(self._groups(), betas=(0.9, 0.99))
        self.rows = [s.rows(seen=True) for s in sets]
        self.shares = self._shares()
        self.priors = [self._prior(s) for s in sets]
        self.standing, self.threads = Standing(), 1
        self.validated: Mapping[str, tuple[float, float]] = {}
        self.total = max(1, math.ceil(plan.epochs * sum(map(len, self.rows)) / plan.batch))

    def _learns(self, name: str) -> bool:
        return not name.startswith("body.") or self.network.body.learns(name[5:])

    # What is drawn at a step

    def _shares(self) -> list[int]:
        """How many images of a batch come from each set."""
        weight = np.array([len(rows) for rows in self.rows], float) ** self.plan.balance
        share = np.maximum(1, np.round(weight / weight.sum() * self.plan.batch)).astype(int)
        share[int(np.argmax(share))] += self.plan.batch - int(share.sum())
        return [int(n) for n in share]

    def drawn(self, number: int, step: int) -> NDArray[np.int64]:
        """The rows of a set that a step shows: all of them in a new order, again and again."""
        rows, share = self.rows[number], self.shares[number]
        places = np.arange(step * share, (step + 1) * share)
        found = np.empty(share, np.int64)
        for epoch in np.unique(places // len(rows)):
            order = np.random.default_rng([self.plan.seed, number, int(epoch)]).permutation(rows)
            here = places // len(rows) == epoch
            found[here] = order[places[here] % len(rows)]
        return found

    def _generator(self, step: int, part: int) -> torch.Generator:
        seed = np.random.SeedSequence([self.plan.seed, step, part]).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(seed[0]))

    def _prior(self, labelled: LabelledImages) -> Tensor:
        labels = labelled.labels[labelled.seen]
        counts = np.bincount(labels, minlength=len(labelled.classes)) + 1.0
        return torch.from_numpy(self.plan.prior * np.log(counts / counts.sum())).float()

    # One step

    def loss(self, prepared: Sequence[PreparedImages], step: int, part: int) -> Tensor:
        """The loss of one part of a step's batch, weighed by its share of the batch."""
        by = self._generator(step, part)
        images, grounds, labels = [], [], []
        for number, (labelled, pixels) in enumerate(zip(self.sets, prepared, strict=True)):
            rows = np.sort(self.drawn(number, step)[part :: self.plan.parts])
            images.append(torch.from_numpy(pixels.pixels[rows]))
            grounds.append(torch.from_numpy(pixels.grounds[rows]))
            labels.append(torch.from_numpy(labelled.labels[rows]))
        shown = torch.cat(images).to(self.device), torch.cat(grounds).to(self.device)
        seen = self.plan.augmentation(*shown, by)
        with torch.autocast(self.device.type, torch.bfloat16, self.device.type == "cuda"):
            features = self.network.body(seen, self._kept(seen, by)).float()
        kept = torch.rand(features.shape, generator=by) >= self.plan.dropout
        features = features * kept.to(features) / (1 - self.plan.dropout)
        total = features.new_zeros(())
        parts = features.split([len(some) for some in labels])
        for head, prior, some, target in zip(
            self.network.heads, self.priors, parts, labels, strict=True
        ):
            logits = head(some) + prior.to(self.device)
            total = total + F.cross_entropy(
                logits,
                target.to(self.device),
                label_smoothing=self.plan.smoothing,
                reduction="sum",
            )
        return total / self.plan.batch

    def _kept(self, images: Tensor, by: torch.Generator) -> Tensor | None:
        """What each block adds to each image: nothing, now and then, and more often when deep."""
        blocks = int(self.network.body.blocks)
        if not blocks:
            return None
        drop = self.plan.drop_path * torch.arange(blocks) / blocks
        kept = torch.rand(blocks, len(images), generator=by) >= drop[:, None]
        return (kept / (1 - drop[:, None])).to(self.device)

    def step(self, prepared: Sequence[PreparedImages], threads: ThreadPoolExecutor) -> float:
        """Show one batch and learn from it; the parts go side by side and are added in order."""
        step = self.standing.step

        def gradients(part: int) -> tuple[float, Sequence[Tensor]]:
            torch.set_num_threads(1 if self.plan.parts > 1 else self.threads)
            loss = self.loss(prepared, step, part)
            return float(loss.detach()), torch.autograd.grad(loss, self.parameters)

        found = list(threads.map(gradients, range(self.plan.parts)))
        for number, parameter in enumerate(self.parameters):
            parameter.grad = torch.stack([g[number] for _, g in found]).sum(0)
        nn.utils.clip_grad_norm_(self.parameters, CLIPPED)
        self.optimiser.step()
        with torch.no_grad():
            decay = min(self.plan.ema, (1 + step) / (10 + step))
            torch._foreach_lerp_(self.ema, self.parameters, 1 - decay)
        self.standing.step += 1
        return sum(loss for loss, _ in found)

    # The whole way

    def _groups(self) -> list[dict[str, Any]]:
        deepest = int(self.network.body.depth)
        groups: list[dict[str, Any]] = []
        for name, parameter in zip(self.names, self.parameters, strict=True):
            is_body = name.startswith("body.")
            depth = self.network.body.depth_of(name[5:]) if is_body else deepest
            bent = parameter.ndim > 1
            groups.append(
                {
                    "params": [parameter],
                    "weight_decay": self.plan.decay if bent else 0.0,
                    "times": self.plan.deeper ** (deepest - depth),
                }
            )
        return groups

    def progress(self, pace: Pace) -> float:
        """How much of the way is behind: of the steps, or of the minutes, whichever is more."""
        done = self.standing.step / self.total
        if pace.minutes:
            done = max(done, self.standing.seconds / 60 / pace.minutes)
        return min(1.0, done)

    def _set_rate(self, progress: float) -> float:
        plan = self.plan
        rate = plan.rate * min(1.0, (progress + 1e-4) / plan.warm_up if plan.warm_up else 1.0)
        rate *= 0.5 * (1 + math.cos(math.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["times"]
        return rate

    def run(self, pace: Pace, say: Say) -> bool:
        """Go on until the end, or the end of this piece; whether the end was reached."""
        known = self.plan.text(self.sets)
        self._resume(known, say)
        self.threads = pace.threads
        torch.set_num_threads(1 if self.plan.parts > 1 else pace.threads)
        self.network.train(self.plan.norms)
        begun, size, prepared = self.standing.step, 0, list[PreparedImages]()
        kept_at = clock = time.monotonic()
        validated = self._epoch(pace)
        losses: list[float] = []
        with ThreadPoolExecutor(pace.threads) as threads:
            while (progress := self.progress(pace)) < 1:
                if pace.size_at(progress) != size:
                    size = pace.size_at(progress)
                    prepared = [s.prepared(size, self.folder / "images") for s in self.sets]
                    say(f"images of {size} px")
                rate = self._set_rate(progress)
                losses.append(self.step(prepared, threads))
                now = time.monotonic()
                self.standing.seconds, clock = self.standing.seconds + now - clock, now
                if self.standing.step % 20 == 0:
                    say(self._told(progress, rate, losses[-20:]))
                stopped = self.standing.step - begun == pace.stop_after_steps
                if now - kept_at > pace.checkpoint_seconds or stopped:
                    self.keep(known)
                    kept_at = now
                if self._epoch(pace) > validated:
                    validated = self._epoch(pace)
                    self.validate(prepared, say, threads)
                    clock = time.monotonic()
                if stopped:
                    return False
            if not prepared:  # the end had been reached before
                size = pace.sizes[-1]
                prepared = [s.prepared(size, self.folder / "images") for s in self.sets]
            self.validated = self.validate(prepared, say, threads)
        self.keep(known)
        return True

    def _epoch(self, pace: Pace) -> int:
        images = self.standing.step * self.plan.batch
        return int(images / sum(map(len, self.rows)) / pace.validate_epochs)

    def _told(self, progress: float, rate: float, losses: Sequence[float]) -> str:
        done = self.standing
        speed = done.step * self.plan.batch / max(1e-9, done.seconds)
        return (
            f"step {done.step} of {self.total}, {progress:.1%}, loss {np.mean(losses):.3f}, "
            f"rate {rate:.2e}, {done.seconds / 60:.1f} min, {speed:.1f} images/s"
        )

    def validate(
        self, prepared: Sequence[PreparedImages], say: Say, threads: ThreadPoolExecutor
    ) -> Mapping[str, tuple[float, float]]:
        """How often the averaged network's own heads are right on images it was never shown."""
        live = [p.detach().clone() for p in self.parameters]
        self.network.eval()
        measures: dict[str, tuple[float, float]] = {}
        with torch.no_grad():
            torch._foreach_copy_(self.parameters, self.ema)
            for number, (labelled, pixels) in enumerate(zip(self.sets, prepared, strict=True)):
                rows = labelled.rows(seen=False)
                if not len(rows):
                    continue
                guesses = self._guesses(number, pixels, rows, threads)
                measures[labelled.name] = _measured(guesses, labelled.labels[rows])
            torch._foreach_copy_(self.parameters, live)
        self.network.train(self.plan.norms)
        for name, (accuracy, recall) in measures.items():
            say(f"unseen images of {name}: {accuracy:.1%} right, mean recall {recall:.1%}")
        return measures

    def _guesses(
        self,
        number: int,
        pixels: PreparedImages,
        rows: NDArray[np.int64],
        threads: ThreadPoolExecutor,
    ) -> NDArray[np.int64]:
        def some(few: NDArray[np.int64]) -> NDArray[np.int64]:
            torch.set_num_threads(1)  # for the thread it is called in
            with torch.no_grad():
                images = torch.from_numpy(pixels.pixels[few]).to(self.device)
                seen = normalised(images.permute(0, 3, 1, 2))
                seen = seen.contiguous(memory_format=torch.channels_last)
                logits = self.network.heads[number](self.network.body(seen))
            return logits.argmax(1).cpu().numpy()

        few = [rows[at : at + 16] for at in range(0, len(rows), 16)]
        return np.concatenate(list(threads.map(some, few)))

    # Keeping and going on

    def keep(self, known: str) -> None:
        """Write the checkpoint."""
        states = {
            "network": self.network.state_dict(),
            "ema": dict(zip(self.names, self.ema, strict=True)),
            "optimiser": self.optimiser.state_dict(),
        }
        checkpoints.save(self.folder, self.standing, known, states)

    def _resume(self, known: str, say: Say) -> None:
        kept = checkpoints.load(self.folder, known)
        if kept is None:
            return
        self.standing, states = kept
        self.network.load_state_dict(states["network"])
        for mine, theirs in zip(self.ema, states["ema"].values(), strict=True):
            mine.copy_(theirs)
        self.optimiser.load_state_dict(states["optimiser"])
        say(f"going on from step {self.standing.step}")

    def averaged(self) -> Network:
        """The network with the averages of its weights over the last steps."""
        with torch.no_grad():
            torch._foreach_copy_(self.parameters, self.ema)
        return self.network.eval()


def _measured(guesses: NDArray[np.int64], labels: NDArray[np.int64]) -> tuple[float, float]:
    right = guesses == labels
    recalls = [right[labels == label].mean() for label in np.unique(labels)]
    return float(right.mean()), float(np.mean(recalls))


def said(line: str) -> None:
    """To the terminal, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
