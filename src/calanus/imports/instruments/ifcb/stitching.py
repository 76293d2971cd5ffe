"""Two overlapping boxes of one organism, laid side by side as the camera saw them."""

import numpy as np

from calanus.imports.instruments.ifcb.files import Roi
from calanus.imports.instruments.writing import Pixels


def pixels_of(roi: Roi, data: bytes) -> Pixels:
    """The image of a ROI, (height, width)."""
    flat = np.frombuffer(data, np.uint8, roi.width * roi.height, roi.start)
    return flat.reshape(roi.height, roi.width)


def stitched(first: Roi, second: Roi, data: bytes) -> Pixels:
    """Both boxes in one; corners that neither saw are filled with the grey of the background.

    The grey is the median of the pixels on the edges of both: one shade, so that nobody takes the
    filling for water that was looked at.
    """
    left, top = min(first.x, second.x), min(first.y, second.y)
    width = max(first.x + first.width, second.x + second.width) - left
    height = max(first.y + first.height, second.y + second.height) - top
    images = [(roi, pixels_of(roi, data)) for roi in (second, first)]  # the first on top
    edges = [image[[0, -1]].ravel() for _, image in images]
    edges += [image[:, [0, -1]].ravel() for _, image in images]
    canvas = np.full((height, width), int(np.median(np.concatenate(edges))), np.uint8)
    for roi, image in images:
        y, x = roi.y - top, roi.x - left
        canvas[y : y + roi.height, x : x + roi.width] = image
    return canvas
