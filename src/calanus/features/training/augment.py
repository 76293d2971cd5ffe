"""What may happen to an image without its taxon becoming another, on whole batches in torch."""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from calanus.features import lite0


@dataclass(frozen=True)
class Augmentation:
    """How far images are moved, bent and dimmed; 0 everywhere leaves them alone."""

    scale: float = 0.2  # 0.8 to 1.2
    shear: float = 0.15
    shift: float = 0.06  # of the side
    stretch: float = 0.08
    light: float = 0.15
    contrast: float = 0.3
    noise: float = 0.03
    blur: float = 0.15  # of the images
    erase: float = 0.25  # of the images
    rotate: bool = True

    def __call__(self, images: Tensor, grounds: Tensor, by: Generator) -> Tensor:
        """Images (n, side, side, 3) of 0 to 255, as the network is shown them: (n, 3, side, side).

        What comes in from beyond the border has the colour of the ground.
        """
        ground = normalised(grounds)[:, :, None, None]
        seen = normalised(images.permute(0, 3, 1, 2)) - ground
        seen = self._moved(seen, by)
        seen = self._erased(self._blurred(seen, by), by)
        return self._dimmed(seen + ground, by).contiguous(memory_format=torch.channels_last)

    def _moved(self, seen: Tensor, by: Generator) -> Tensor:
        n = len(seen)
        angle = _even(n, math.pi, by) if self.rotate else torch.zeros(n)
        turn = _rows(torch.cos(angle), -torch.sin(angle), torch.sin(angle), torch.cos(angle))
        one, none = torch.ones(n), torch.zeros(n)
        shear = _rows(one, _even(n, self.shear, by), none, one)
        larger = torch.exp(_even(n, math.log1p(self.scale), by))
        longer = torch.exp(_even(n, self.stretch, by))
        flip = torch.where(torch.rand(n, generator=by) < 0.5, -1.0, 1.0)
        size = _rows(flip / (larger * longer), none, none, longer / larger)
        where = torch.stack([_even(n, 2 * self.shift, by), _even(n, 2 * self.shift, by)], 1)
        theta = torch.cat([turn @ shear @ size, where[:, :, None]], 2).to(seen)
        grid = F.affine_grid(theta, list(seen.shape), align_corners=False)
        return F.grid_sample(seen, grid, mode="bilinear", align_corners=False)

    def _blurred(self, seen: Tensor, by: Generator) -> Tensor:
        chosen = torch.rand(len(seen), generator=by) < self.blur
        if not chosen.any():
            return seen
        some = chosen.to(seen.device).nonzero()[:, 0]
        kernel = torch.tensor([1.0, 2.0, 1.0]).to(seen) / 4
        kernel = (kernel[:, None] * kernel)[None, None].expand(3, 1, 3, 3)
        softened = F.conv2d(seen[some], kernel, padding=1, groups=3)
        return seen.index_copy(0, some, softened)

    def _erased(self, seen: Tensor, by: Generator) -> Tensor:
        n, side = len(seen), seen.shape[-1]
        chosen = torch.rand(n, generator=by) < self.erase
        high, wide = ((0.1 + 0.25 * torch.rand(n, generator=by)) * side for _ in range(2))
        top, left = (torch.rand(n, generator=by) * side for _ in range(2))
        at = torch.arange(side)
        rows = (at >= top[:, None]) & (at < (top + high)[:, None]) & chosen[:, None]
        columns = (at >= left[:, None]) & (at < (left + wide)[:, None])
        gone = (rows[:, None, :, None] & columns[:, None, None, :]).to(seen.device)
        return seen.masked_fill(gone, 0)

    def _dimmed(self, seen: Tensor, by: Generator) -> Tensor:
        n = len(seen)
        contrast = torch.exp(_even(n, math.log1p(self.contrast), by)).to(seen)
        light = _even(n, self.light, by).to(seen)
        noise = (torch.rand(n, generator=by) * self.noise).to(seen)[:, None, None, None]
        middle = seen.mean(dim=(1, 2, 3), keepdim=True)
        seen = (seen - middle) * contrast[:, None, None, None] + middle
        grain = torch.randn(seen.shape, generator=by).to(seen.device)
        return (seen + light[:, None, None, None] + noise * grain).clamp(-1, 1)


def normalised(pixels: Tensor) -> Tensor:
    """Pixels of 0 to 255 as the network sees them."""
    return (pixels.float() - lite0.MEAN) / lite0.SCALE


def _even(n: int, most: float, by: Generator) -> Tensor:
    """Numbers between -most and most."""
    return (2 * torch.rand(n, generator=by) - 1) * most


def _rows(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """Matrices of 2 × 2, row by row."""
    return torch.stack([a, b, c, d], 1).reshape(-1, 2, 2)
