"""Fit the projection that ships with an extractor: `python -m calanus.features.fit_projection`.

Only images whose licence allows it may be used for what we ship (docs/reference/models.md).
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from calanus.features import lite0, projection
from calanus.features.extractors import NetworkExtractor
from calanus.features.folders import raw_features, read_folder
from calanus.features.preparation import Preparation
from calanus.features.projection import Projection

DIMENSIONS = 256


def fit_folders(folders: Sequence[Path], dimensions: int = DIMENSIONS) -> tuple[Projection, str]:
    """The projection of these folders, each counting the same, and what it was fitted on."""
    bare = Projection(np.zeros(lite0.DIMENSIONS, np.float32), np.eye(lite0.DIMENSIONS, dtype="f2"))
    network = NetworkExtractor("", lite0.onnx_file, lite0.SHA256, bare, Preparation(lite0.SIZE))
    sets = [raw_features(network, read_folder(folder)) for folder in folders]
    fitted = projection.fit(sets, dimensions)
    counts = [
        f"{folder.name}: {len(raw)} images" for folder, raw in zip(folders, sets, strict=True)
    ]
    return fitted, "\n".join([*counts, f"{dimensions} dimensions, {fitted.passport}"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit and save; says what was used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=projection.SHIPPED)
    chosen = parser.parse_args(arguments)
    fitted, report = fit_folders(chosen.folders)
    fitted.save(chosen.out)
    sys.stdout.write(f"{report}\n")


if __name__ == "__main__":
    main()
