"""A network from a stranger: what may stand in its file, so that opening it only ever computes.

ONNX files can name files beside them, operators of other makers, loops without end and tensors
larger than any memory. Ours are straight rows of known operators on images of a known size.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from calanus.features.types import ModelRefused

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, ValueInfoProto

LARGEST_OPSET = 23
MOST_FEATURES = 16_384
# fmt: off
OPERATORS = frozenset((
    "Add", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Constant", "Conv",
    "Div", "Dropout", "Erf", "Flatten", "Gelu", "Gemm", "GlobalAveragePool", "HardSigmoid",
    "HardSwish", "Identity", "LayerNormalization", "MatMul", "MaxPool", "Mul", "Pad", "Pow",
    "ReduceMean", "Relu", "Reshape", "Sigmoid", "Slice", "Softmax", "Sqrt", "Squeeze", "Sub",
    "Tanh", "Transpose", "Unsqueeze",
))
# fmt: on


def check_network(data: bytes, *, size: int, features: int) -> None:
    """Whether these bytes are a network from images of this size to so many features.

    Raises:
        ModelRefused: they are not, or they may do more than compute.
    """
    model = _parsed(data)
    _check_operators(model)
    _check_outside(model.graph)
    wanted = ("images", [0, size, size, 3], 2), ("features", [0, features], 1)
    for told, found, (name, shape, kind) in zip(
        ("image", "row of features"),
        (_inputs(model.graph), model.graph.output),
        wanted,
        strict=True,
    ):
        if [_described(one) for one in found] != [(name, shape, kind)]:
            raise ModelRefused(
                f"its network must have one {told} named {name!r} of the shape {shape} "
                f"(0: as many as come), and has {[_described(one)[:2] for one in found]}"
            )


def _parsed(data: bytes) -> "ModelProto":
    import onnx  # late: a tenth of a second

    try:
        model = onnx.load_model_from_string(data)
        checker: Any = onnx.checker
        checker.check_model(model, full_check=True)
    except Exception as error:  # protobuf and onnx raise whatever the bytes lead them to
        reason = str(error).strip().split("\n")[0][:200]
        raise ModelRefused(f"its network is no sound ONNX file ({reason})") from error
    return model


def _check_operators(model: "ModelProto") -> None:
    foreign = sorted({o.domain for o in model.opset_import if o.domain not in ("", "ai.onnx")})
    if foreign or model.functions:
        names = ", ".join(foreign) or "functions of its own"
        raise ModelRefused(f"its network uses operators that are not ONNX's ({names})")
    if max((o.version for o in model.opset_import), default=0) > LARGEST_OPSET:
        raise ModelRefused(f"its network is newer than ONNX operators {LARGEST_OPSET}")
    used = {node.op_type for node in model.graph.node}
    unknown = sorted(used - OPERATORS)
    if unknown or any(node.domain not in ("", "ai.onnx") for node in model.graph.node):
        raise ModelRefused(f"its network does more than compute features ({', '.join(unknown)})")


def _check_outside(graph: "GraphProto") -> None:
    """No weights in other files, no graph inside a graph."""
    from onnx import AttributeProto, TensorProto

    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
                raise ModelRefused("its network holds loops or branches")
    for tensor in [*graph.initializer, *_constants(graph)]:
        if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
            raise ModelRefused("its network wants to read its weights from another file")
    if graph.sparse_initializer:
        raise ModelRefused("its network holds sparse weights")


def _constants(graph: "GraphProto") -> Iterator[Any]:
    for node in graph.node:
        yield from (attribute.t for attribute in node.attribute if attribute.HasField("t"))


def _inputs(graph: "GraphProto") -> "list[ValueInfoProto]":
    weights = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in weights]


def _described(value: "ValueInfoProto") -> tuple[str, list[int], int]:
    kind = value.type.tensor_type
    return value.name, [side.dim_value for side in kind.shape.dim], kind.elem_type
