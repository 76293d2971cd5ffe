"""The sizes in which images are kept, beside the files that were given; for any process."""

THUMBNAILS = (320, 160, 64)  # pixels, of the longer side; only of images larger than the first
FULL_SIZE = 32_767  # names what a screen shows in the place of a file that no browser shows right
