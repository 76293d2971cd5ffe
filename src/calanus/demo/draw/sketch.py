"""A sketch: the parts of an organism, each an outline and how it takes the light."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from calanus.demo.draw.curves import Curve, taper


@dataclass(frozen=True)
class Ink:
    """How a part takes the light; `dark` is an optical density, negative where it lights up."""

    dark: float
    soft: float = 0.0  # blur of its edge, in pixels
    core: float = 0.0  # 0 flat … 1 darker towards its middle, as a ball is
    rim: float = 0.0  # extra density along its edge, as a clear wall has
    grain: float = 0.0  # strength of the grain inside
    grain_size: float = 3.0  # in pixels


@dataclass
class Sketch:
    """Outlines in units of the organism's length."""

    parts: list[tuple[list[Curve], Ink]] = field(default_factory=list[tuple[list[Curve], Ink]])

    def fill(self, outline: Curve | list[Curve], ink: Ink) -> Self:
        """Add outlines filled with one ink; where they overlap it is not darker."""
        self.parts.append((outline if isinstance(outline, list) else [outline], ink))
        return self

    def strokes(self, paths: list[Curve], width: float, ink: Ink, *, end: float = 0.3) -> Self:
        """Add lines of a width that narrows to a share of it at their end."""
        return self.fill([taper(path, width / 2, width * end / 2) for path in paths], ink)

    def moved(self, move: Callable[[Curve], Curve]) -> "Sketch":
        """The sketch with every outline moved, bent or turned."""
        return Sketch([([move(outline) for outline in part], ink) for part, ink in self.parts])

    def add(self, other: "Sketch") -> Self:
        """Put another sketch on top of this one."""
        self.parts.extend(other.parts)
        return self

    def broken(self, at: float) -> "Sketch":
        """What is left when the body is cut across at this x: the side of the head."""

        def kept(outline: Curve) -> Curve:
            return np.stack((np.maximum(outline[:, 0], at), outline[:, 1]), axis=1)

        parts = ([o for o in part if o[:, 0].max() > at] for part, _ in self.parts)
        inks = (ink for _, ink in self.parts)
        left = Sketch([(part, ink) for part, ink in zip(parts, inks, strict=True) if part])
        return left.moved(kept)
