"""Arithmetic as people write it, over whole columns: numbers, + - * / **, parentheses, `math`.

    formula = parse("4/3 * math.pi * (obj.esd / 2) ** 3")
    done = evaluate(formula, {"obj.esd": np.array([1.0, 2.0])})

What a formula may hold is listed here and nothing else is: no attribute, item, text or call beyond
`math.sqrt(…)` and dotted names such as `obj.area`. Each number is what Python's own arithmetic
gives for that row, to the last digit: where numpy's may differ (powers and functions), Python's
is used. A row that has no value (a missing number, a zero divisor) is NaN, and counted.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.kit.errors import CalanusError

Floats = NDArray[np.float64]  # (rows,)
Value = int | float | Floats

LONGEST = 1000  # characters
DEEPEST = 100  # levels of the syntax tree
LARGEST = 1100  # bits of a whole number raised to a power; a float ends at 1024

CONSTANTS: Mapping[str, float] = {"math.pi": math.pi, "math.e": math.e, "math.tau": math.tau}
ONE = "acos acosh asin asinh atan atanh cbrt ceil cos cosh degrees erf erfc exp exp2 expm1 fabs floor gamma lgamma log log10 log1p log2 radians sin sinh sqrt tan tanh trunc"  # noqa: E501
TWO = "atan2 copysign fmod hypot log pow remainder"
# (name, number of arguments) → function
FUNCTIONS: Mapping[tuple[str, int], Callable[..., float]] = {
    (f"math.{name}", count): getattr(math, name)
    for count, names in ((1, ONE), (2, TWO))
    for name in names.split()
}
CALLABLE = frozenset(name for name, _ in FUNCTIONS)
EXACT: Mapping[type[ast.operator], Callable[[Floats, Floats], Floats]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
}
PLAIN: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


class BadFormula(CalanusError):
    """A formula that cannot be computed for any row."""


@dataclass(frozen=True)
class Formula:
    """A formula that holds nothing but arithmetic."""

    text: str
    tree: ast.expr
    names: frozenset[str]  # the columns it needs: obj.area


@dataclass
class Evaluated:
    """A formula's value for each row, and in which rows it has none, by reason."""

    values: Floats
    failed: dict[str, NDArray[np.bool_]] = field(default_factory=dict[str, NDArray[np.bool_]])


def parse(text: str) -> Formula:
    """Read a formula.

    Raises:
        BadFormula: it holds anything but arithmetic, or a part without names that has no value.
    """
    clean = text.strip()
    if not clean:
        raise BadFormula("The formula is empty.")
    if len(clean) > LONGEST:
        raise BadFormula(f"A formula has {LONGEST:,} characters at most, not {len(clean):,}.")
    try:
        tree = ast.parse(clean.replace("\n", " "), mode="eval").body
    except SyntaxError as error:
        where = f" at character {error.offset}" if error.offset else ""
        raise BadFormula(f"“{clean}” is no formula: {error.msg}{where}.") from None
    except (ValueError, RecursionError, MemoryError):
        raise BadFormula(f"“{clean[:60]}” is no formula.") from None
    names: set[str] = set()
    try:
        check(tree, names, 0)
    except RecursionError:  # a.b.c.d… is nested too deeply even to be quoted
        raise BadFormula(f"“{clean[:60]}” is not arithmetic.") from None
    formula = Formula(clean, tree, frozenset(names))
    evaluate(formula, {name: np.empty(0) for name in names})
    return formula


def check(node: ast.AST, names: set[str], depth: int) -> None:
    """Pass if a part of a formula is arithmetic; the names it holds are added."""
    if depth > DEEPEST:
        raise BadFormula("The formula is nested too deeply: split it, or leave parentheses out.")
    match node:
        case ast.Constant():
            if type(node.value) not in (int, float):
                raise BadFormula(f"“{ast.unparse(node)[:40]}” is no number.")
        case ast.UnaryOp(ast.USub() | ast.UAdd(), operand):
            check(operand, names, depth + 1)
        case ast.BinOp(left, by, right) if type(by) in PLAIN:
            check(left, names, depth + 1)
            check(right, names, depth + 1)
        case ast.Attribute(ast.Name()):
            check_name(dotted(node), names)
        case ast.Call(function, arguments, []):
            check_call(function, arguments)
            for argument in arguments:
                check(argument, names, depth + 1)
        case ast.Name(name):
            raise BadFormula(
                f"“{name}” alone means nothing: write sam.{name} (sample), ssm.{name} (acquisition "
                f"or process), obj.{name} (object) or math.{name}."
            )
        case _:
            raise BadFormula(
                f"“{ast.unparse(node)[:60]}” is not arithmetic: a formula is made of numbers, "
                "+ - * / **, parentheses, names such as obj.area, and math functions."
            )


def check_name(name: str, names: set[str]) -> None:
    """A dotted name is a constant of `math`, or a column."""
    if name in CONSTANTS:
        return
    if name.startswith("math."):
        wanted = "is a function: write it with its argument" if name in CALLABLE else "is unknown"
        raise BadFormula(f"“{name}” {wanted}.")
    names.add(name)


def check_call(function: ast.expr, arguments: list[ast.expr]) -> None:
    """Only functions of `math` are called, with as many arguments as they take."""
    name = dotted(function)
    if (name, len(arguments)) in FUNCTIONS:
        return
    if name in CALLABLE:
        counts = " or ".join(str(n) for called, n in sorted(FUNCTIONS) if called == name)
        raise BadFormula(f"“{name}” takes {counts} argument(s), not {len(arguments)}.")
    shown = ast.unparse(function)[:40]
    raise BadFormula(f"“{shown}” is no function here; there are math.sqrt, math.log, math.exp …")


def dotted(node: ast.expr) -> str:
    """A name such as obj.area; empty for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def evaluate(formula: Formula, columns: Mapping[str, Floats]) -> Evaluated:
    """A formula for each row of its columns, all of one length; NaN where it has no value.

    Raises:
        BadFormula: a part without names has no value, such as 1/0.
    """
    length = len(next(iter(columns.values()))) if columns else 1
    run = Run(columns, Evaluated(np.empty(0)))
    try:
        value = run.value(formula.tree)
        values = value if isinstance(value, np.ndarray) else np.full(length, float(value))
    except (ArithmeticError, ValueError) as error:
        reason = str(error).removesuffix(".")
        raise BadFormula(f"“{formula.text}” has no value: {reason}.") from None
    for where in run.done.failed.values():
        values = np.where(where, np.nan, values)  # even where NaN ** 0 would be 1
    return Evaluated(values, run.done.failed)


@dataclass
class Run:
    """One evaluation of a formula."""

    columns: Mapping[str, Floats]
    done: Evaluated

    def value(self, node: ast.expr) -> Value:
        """A part of a formula that was checked."""
        match node:
            case ast.Constant(value):
                return value  # pyright: ignore  (checked: a number)
            case ast.UnaryOp(by, operand):
                value = self.value(operand)
                return -value if isinstance(by, ast.USub) else value
            case ast.BinOp(left, by, right):
                return self.combined(type(by), self.value(left), self.value(right))
            case ast.Call(function, arguments):
                name = dotted(function)
                values = [self.value(argument) for argument in arguments]
                if not any(isinstance(value, np.ndarray) for value in values):
                    return FUNCTIONS[name, len(values)](*values)
                return self.each(FUNCTIONS[name, len(values)], name, values)
            case _:
                name = dotted(node)
                return CONSTANTS[name] if name in CONSTANTS else self.columns[name]

    def combined(self, by: type[ast.operator], left: Value, right: Value) -> Value:
        """Two values; of columns, row by row."""
        if not isinstance(left, np.ndarray) and not isinstance(right, np.ndarray):
            return plain(by, left, right)
        if by is ast.Pow:
            return self.each(PLAIN[by], "a power", [left, right])
        with np.errstate(all="ignore"):
            a, b = np.asarray(left, np.float64), np.asarray(right, np.float64)
            if by is not ast.Div:
                return EXACT[by](a, b)
            self.fail("the divisor is zero", np.broadcast_to((b == 0) & ~np.isnan(a), rows(a, b)))
            return np.where(b == 0, np.nan, np.divide(a, b))

    def each(self, function: Callable[..., float], name: str, values: list[Value]) -> Floats:
        """A function of each row, by Python's own arithmetic."""
        length = next(len(v) for v in values if isinstance(v, np.ndarray))
        columns = [v.tolist() if isinstance(v, np.ndarray) else [v] * length for v in values]
        try:
            return np.array(list(map(function, *columns)), np.float64)
        except (ArithmeticError, ValueError, TypeError):  # TypeError: a complex number
            found = [one(function, row) for row in zip(*columns, strict=True)]
        wrong = np.array([value is None for value in found])
        self.fail(f"{name} has no value there", wrong)
        return np.array([math.nan if value is None else value for value in found], np.float64)

    def fail(self, reason: str, where: NDArray[np.bool_]) -> None:
        """Remember the rows that have no value."""
        if where.any():
            before = self.done.failed.get(reason)
            self.done.failed[reason] = where if before is None else before | where


def rows(a: Floats, b: Floats) -> tuple[int, ...]:
    """The shape of two columns, or of a column and a number."""
    return np.broadcast_shapes(a.shape, b.shape)


def plain(by: type[ast.operator], left: int | float, right: int | float) -> float:
    """Two numbers.

    Raises:
        ArithmeticError: they have no result, or one that no column can hold.
    """
    if by is ast.Pow and too_large(left, right):
        raise OverflowError("a power is too large")
    value = PLAIN[by](left, right)
    if isinstance(value, complex):
        raise ArithmeticError("a negative number has no such power")
    return value


def too_large(base: int | float, exponent: int | float) -> bool:
    """Whether a power of whole numbers is beyond any float: it might take hours to compute."""
    if not isinstance(base, int) or not isinstance(exponent, int):
        return False
    return base.bit_length() * exponent > LARGEST


def one(function: Callable[..., float], row: tuple[float, ...]) -> float | None:
    """A function of one row, if it has a value there."""
    try:
        value = function(*row)
    except (ArithmeticError, ValueError):
        return math.nan if any(map(math.isnan, row)) else None
    return None if isinstance(value, complex) else value
