"""Ids, and how they encode their project.

Sample p·10⁶+n, acquisition p·10⁷+n, object p·10⁸+n, image p·10⁹+n: EcoTaxa's ranges. An id alone
tells its project, and no room is needed to read it.
"""

import re
from typing import NewType

UserId = NewType("UserId", int)
TaxonId = NewType("TaxonId", int)
JobId = NewType("JobId", int)
ProjectId = NewType("ProjectId", int)
SampleId = NewType("SampleId", int)
AcquisitionId = NewType("AcquisitionId", int)
ObjectId = NewType("ObjectId", int)
ImageId = NewType("ImageId", int)
BatchId = NewType("BatchId", int)
ExtractorId = NewType("ExtractorId", int)

# A number of at most 18 digits that has no sign: a - that stands between two numbers is none.
ID = re.compile(r"(?<![0-9])(?<!(?<![0-9])-)[0-9]{1,18}(?![0-9])")

SAMPLES = 1_000_000
ACQUISITIONS = 10_000_000
OBJECTS = 100_000_000
IMAGES = 1_000_000_000


def project_of_object(object_id: int) -> ProjectId:
    """The project an object belongs to."""
    return ProjectId(object_id // OBJECTS)


def project_of_image(image_id: int) -> ProjectId:
    """The project an image belongs to."""
    return ProjectId(image_id // IMAGES)


def project_of_sample(sample_id: int) -> ProjectId:
    """The project a sample belongs to."""
    return ProjectId(sample_id // SAMPLES)


def project_of_acquisition(acquisition_id: int) -> ProjectId:
    """The project an acquisition, or its process, belongs to."""
    return ProjectId(acquisition_id // ACQUISITIONS)


def id_list(text: str) -> list[int]:
    """Ids separated by whatever is no digit, as EcoTaxa reads them; none is of 19 digits.

    Nor is one negative: -1 stands for no taxon, and is passed over.
    """
    return [int(digits) for digits in ID.findall(text)]
