"""Objects in an order in which those that look alike stand side by side."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calanus.features.types import Features


def side_by_side(features: Features) -> NDArray[np.int64]:
    """The order of the rows of (objects, dimensions): neighbours in it look alike.

    The leaves of an average-linkage tree, turned so that neighbours are nearest (Bar-Joseph et
    al., Bioinformatics 2001). Meant for a page: 200 objects take 10 ms, 1,000 half a second.
    """
    if len(features) < 3:
        return np.arange(len(features))
    hierarchy: Any = import_module("scipy.cluster.hierarchy")  # late: it costs 0.2 s
    known = np.nan_to_num(features.astype(np.float64))
    tree = hierarchy.linkage(known, "average", optimal_ordering=True)
    return hierarchy.leaves_list(tree).astype(np.int64)
