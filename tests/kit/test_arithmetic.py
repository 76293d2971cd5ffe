"""Formulae over columns give what Python's own arithmetic gives, and hold nothing else."""

import math

import numpy as np
import pytest
from hypothesis import given as any_of
from hypothesis import settings as limits
from hypothesis import strategies as st

from calanus.kit.arithmetic import BadFormula, evaluate, parse

NAMES = ["obj.area", "sam.vol", "ssm.part"]
numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)
small = st.floats(-1e3, 1e3, allow_nan=False)
leaves = st.sampled_from([*NAMES, "math.pi", "2", "0.5", "3", "1e-3", "10"])
formulae = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner),
        st.builds("(-{})".format, inner),
        st.builds("{}({})".format, st.sampled_from(["math.sqrt", "math.log", "math.exp"]), inner),
    ),
    max_leaves=8,
)


class Row:
    """What Python reads `obj.area` from."""

    def __init__(self, **values: float) -> None:
        self.__dict__ |= values


def by_python(text: str, row: tuple[float, float, float]) -> float:
    """The formula as Python computes it; NaN where it refuses."""
    area, vol, part = row
    names = {"obj": Row(area=area), "sam": Row(vol=vol), "ssm": Row(part=part), "math": math}
    try:
        value = eval(text, {"__builtins__": {}}, names)  # noqa: S307 (that is the yardstick)
    except (ArithmeticError, ValueError, TypeError):  # TypeError: the root of a complex number
        return math.nan
    return math.nan if isinstance(value, complex) else float(value)


@limits(deadline=None, max_examples=400)
@any_of(formulae, st.lists(st.tuples(small, small, small), min_size=1, max_size=4))
def test_each_row_is_what_python_computes(
    text: str, rows: list[tuple[float, float, float]]
) -> None:
    try:
        formula = parse(text)
    except BadFormula as refused:  # a part without names has no value: Python has none either
        if "too large" in str(refused):
            return  # Python would begin to compute it
        assert math.isnan(by_python(text, (1.5, 2.5, 3.5)))
        return
    table = np.array(rows)
    columns = {name: table[:, i].copy() for i, name in enumerate(NAMES)}

    found = evaluate(formula, columns).values.tolist()

    expected = [by_python(text, row) for row in rows]
    assert [value.hex() for value in map(float, found)] == [
        value.hex() for value in map(float, expected)
    ]


def test_the_sphere_of_an_object_s_area() -> None:
    formula = parse("4.0/3.0*math.pi*(math.sqrt(obj.area/math.pi)*ssm.pixel)**3")
    columns = {"obj.area": np.array([516.0]), "ssm.pixel": np.array([10.6])}

    [volume] = evaluate(formula, columns).values.tolist()

    assert volume == 4.0 / 3.0 * math.pi * (math.sqrt(516 / math.pi) * 10.6) ** 3
    assert formula.names == {"obj.area", "ssm.pixel"}


def test_rows_without_a_value_are_told_by_reason() -> None:
    columns = {"obj.a": np.array([4.0, -1.0, math.nan, 0.0])}

    roots = evaluate(parse("math.sqrt(obj.a)"), columns)
    inverse = evaluate(parse("1 / obj.a"), columns)

    assert {why: rows.tolist() for why, rows in roots.failed.items()} == {
        "math.sqrt has no value there": [False, True, False, False]
    }
    assert {why: rows.tolist() for why, rows in inverse.failed.items()} == {
        "the divisor is zero": [False, False, False, True]
    }
    assert np.isnan(inverse.values).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("2 * (1 +", "was never closed at character 5"),
        ("area / 2", "write sam.area"),
        ("obj.area.real", "not arithmetic"),
        ("obj.__class__.__mro__", "not arithmetic"),
        ("__import__('os').system('true')", "no function here"),
        ("math.factorial(9)", "no function here"),
        ("math.sqrt", "is a function"),
        ("math.sqrt(1, 2)", "takes 1 argument"),
        ("math.secret", "is unknown"),
        ("(lambda: 1)()", "no function here"),
        ("[1][0]", "not arithmetic"),
        ("obj.a if obj.b else 1", "not arithmetic"),
        ("obj.a % 2", "not arithmetic"),
        ("'text' * 9", "is no number"),
        ("True", "is no number"),
        ("1j", "is no number"),
        ("math.log(2, base=3)", "not arithmetic"),
        ("9 ** 9 ** 9", "too large"),
        ("10.0 ** 999", "has no value"),
        ("1 / 0 + obj.a", "division by zero"),
        ("(-8) ** 0.5", "no such power"),
        ("-" * 500 + "1", "too deeply"),
        ("(" * 300 + "1" + ")" * 300, "no formula"),
        ("obj" + ".a" * 480, "not arithmetic"),
        ("1" + "+1" * 600, "1,000 characters"),
        ("1\0", "no formula"),
    ],
)
def test_what_is_not_arithmetic_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(BadFormula) as refused:
        parse(text)
    assert said in str(refused.value)
