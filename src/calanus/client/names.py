"""What names mean in one project: taxa, samples, columns."""

from collections.abc import Mapping
from typing import Any

from calanus.client.errors import Invalid, Unknown
from calanus.client.fields import Columns
from calanus.client.taxa import Taxa
from calanus.client.types import TaxonLike
from calanus.client.wire import Wire


class Names:
    """The names of a project; its samples are asked for when one is named."""

    def __init__(self, wire: Wire, taxa: Taxa, described: Mapping[str, Any]) -> None:
        self.wire = wire
        self.taxa = taxa
        self.project_id: int = described["projid"]
        self.columns = Columns(described, lambda: wire.get(f"/projects/{self.project_id}"))

    def taxon_id(self, taxon: TaxonLike) -> int:
        """A taxon by what it is called; a number is taken as it is."""
        if isinstance(taxon, bool) or not isinstance(taxon, int):
            return self.taxa[taxon].id
        return taxon

    def sample_id(self, sample: int | str) -> int:
        """A sample by its name; a number is taken as it is."""
        if isinstance(sample, int):
            return sample
        told = self.wire.get("/samples/search", project_ids=self.project_id, id_pattern="")
        named = {one["orig_id"]: one["sampleid"] for one in told}
        if sample not in named:
            raise Unknown("sample", sample, [*named], "project.samples() lists them.")
        return named[sample]

    def number_field(self, name: str) -> str:
        """A measured number, as filters name it."""
        return self.columns.number(name)

    def text_place(self, name: str) -> str:
        """A free text, as filters name it."""
        return self.columns.text_place(name)

    def numbers(self) -> list[str]:
        """The measured numbers, by their bare names."""
        return [name for name, code in self.columns.free.items() if code.startswith("n")]

    def taxa_of(self, taxa: Any, objects: int) -> list[int]:
        """The taxon of each of some objects: one for all, or one for each."""
        if isinstance(taxa, str | int) or not hasattr(taxa, "__iter__"):
            return [self.taxon_id(taxa)] * objects
        given: list[Any] = list(taxa)
        if len(given) != objects:
            raise Invalid(f"{objects:,} objects and {len(given):,} taxa: each needs one.")
        known = {taxon: self.taxon_id(taxon) for taxon in dict.fromkeys(map(native, given))}
        return [known[native(taxon)] for taxon in given]


def native(value: Any) -> Any:
    """A number of numpy as one of Python; a missing taxon is told as such."""
    if value is None or value != value:  # NaN alone differs from itself
        raise Invalid("A taxon is missing; leave out the objects that are not to be identified.")
    return value.item() if hasattr(value, "item") else value
