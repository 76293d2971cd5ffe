"""From a trained network to a model file: ONNX in 16 bits, a projection fitted on what it saw.

The projection is fitted on features computed as they will be: by the written network, from the
files. Only images that were shown take part, so those kept back stay unseen by all of it.
"""

import copy
import io
import warnings
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from calanus.features import lite0, model_file, projection
from calanus.features.extractors import NetworkExtractor, extract
from calanus.features.folders import LabelledFolder
from calanus.features.model_file import Manifest
from calanus.features.networks import check_network
from calanus.features.preparation import Preparation
from calanus.features.projection import Projection
from calanus.features.training.data import LabelledImages
from calanus.features.training.lite0_torch import Lite0, weights_of
from calanus.features.types import Features

DIMENSIONS = 256


def as_onnx(body: Any, size: int) -> bytes:
    """A trained body as the network that runs without torch."""
    if isinstance(body, Lite0):
        network = lite0.build(weights_of(body), size=size, halves=True)
    else:
        network = _halved(_folded(_traced(body, size)))
    check_network(network, size=size, features=int(body.dimensions))
    return network


def write(
    path: Path,
    body: Any,
    sets: Sequence[LabelledImages],
    *,
    name: str,
    size: int,
    card: dict[str, Any],
) -> Manifest:
    """Write the extractor of a trained body to a model file."""
    network, preparation = as_onnx(body, size), Preparation(size=size)
    shown = [features_of(network, int(body.dimensions), preparation, s) for s in sets]
    dimensions = min(DIMENSIONS, int(body.dimensions))
    fitted = projection.fit(shown, dimensions)
    manifest = model_file.extractor_manifest(name, preparation, network, fitted, card=card)
    seen = np.unique(np.concatenate([s.hashes[s.seen] for s in sets]))
    arrays = {
        model_file.MEAN: fitted.mean,
        model_file.AXES: fitted.axes,
        model_file.SEEN: seen.astype(np.uint64),
    }
    return model_file.write(path, manifest, network, arrays)


def features_of(
    network: bytes, features: int, preparation: Preparation, labelled: LabelledImages
) -> Features:
    """What the network says of the images of a set that were shown."""
    bare = Projection(np.zeros(features, np.float32), np.eye(features, dtype=np.float16))
    extractor = NetworkExtractor("", lambda: network, "", bare, preparation)
    rows = labelled.rows(seen=True).tolist()
    some = LabelledFolder(
        labelled.folder.root,
        [labelled.folder.images[row] for row in rows],
        [labelled.folder.taxa[row] for row in rows],
    )
    return np.concatenate([found for _, found in extract(extractor.raw, some.read())])


class _FromPixels(nn.Module):
    """A body that takes prepared pixels as they are."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body

    def forward(self, images: Tensor) -> Tensor:
        """The features of (images, side, side, 3) uint8."""
        return self.body((images.permute(0, 3, 1, 2).float() - lite0.MEAN) * (1 / lite0.SCALE))


def _padded_for(pixels: Tensor, network: nn.Module) -> nn.Module:
    """The network with TensorFlow's padding worked out for this size, not anew for each image."""
    same = [m for m in network.modules() if type(m).__name__ == "Conv2dSame"]

    def fix(convolution: Any, given: tuple[Tensor]) -> None:
        sides = list[int]()
        for axis in (1, 0):  # torch pads the last axis first
            side, stride = given[0].shape[2 + axis], convolution.stride[axis]
            reach = (convolution.kernel_size[axis] - 1) * convolution.dilation[axis] + 1
            total = max(0, (-(-side // stride) - 1) * stride + reach - side)
            sides += [total // 2, total - total // 2]
        convolution.forward = partial(_filtered, convolution, sides)

    hooks = [convolution.register_forward_pre_hook(fix) for convolution in same]
    with torch.no_grad():
        network(pixels)
    for hook in hooks:
        hook.remove()
    return network


def _filtered(convolution: Any, sides: list[int], x: Tensor) -> Tensor:
    of = convolution
    padded = F.pad(x, sides)
    return F.conv2d(padded, of.weight, of.bias, of.stride, 0, of.dilation, of.groups)


def _traced(body: Any, size: int) -> bytes:
    """A network of timm as ONNX, by torch's own exporter."""
    file = io.BytesIO()
    pixels = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    network = _padded_for(pixels, copy.deepcopy(_FromPixels(body).eval()))
    exporter: Any = torch.onnx.export
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces another exporter, which needs more
        exporter(
            network,
            (pixels,),
            file,
            input_names=["images"],
            output_names=["features"],
            dynamic_axes={"images": {0: "n"}, "features": {0: "n"}},
            opset_version=lite0.OPSET,
            dynamo=False,
        )
    return file.getvalue()


def _folded(network: bytes) -> bytes:
    """The same network with all that is constant worked out, in ONNX's own operators."""
    from onnx import load_model_from_string

    runtime: Any = import_module("onnxruntime")
    with TemporaryDirectory() as folder:
        options = runtime.SessionOptions()
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(folder) / "folded.onnx")
        runtime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        model = load_model_from_string(Path(folder, "folded.onnx").read_bytes())
    used = {node.domain for node in model.graph.node}
    kept = [opset for opset in model.opset_import if opset.domain in used | {""}]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    return model.SerializeToString(deterministic=True)


def _halved(network: bytes) -> bytes:
    """The same network with its weights in 16 bits, widened when it is opened."""
    from onnx import TensorProto, helper, load_model_from_string, numpy_helper

    model = load_model_from_string(network)
    widened: list[Any] = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) == 0:
            continue
        name, values = tensor.name, numpy_helper.to_array(tensor)
        if np.abs(values).max(initial=0) > np.finfo(np.float16).max:
            continue
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}/half"))
        widened.append(helper.make_node("Cast", [f"{name}/half"], [name], to=TensorProto.FLOAT))
    nodes = [*widened, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model.SerializeToString(deterministic=True)
