"""The tree of taxa, fetched once and searched here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calanus.client.errors import Invalid, Unknown
from calanus.client.types import Taxon, TaxonLike
from calanus.client.wire import Wire

if TYPE_CHECKING:
    import polars


class Taxa:
    """The taxa of an installation. `calanus.taxa["Copepoda"]` is one by its name or id."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._by_id: dict[int, Taxon] = {}
        self._by_name: dict[str, list[Taxon]] = {}
        self._since: str | None = None

    def __getitem__(self, wanted: TaxonLike) -> Taxon:
        """A taxon by its id, its display name (`egg<Actinopterygii`), or its name where only one
        bears it, in any case of letters.

        Raises:
            Unknown: there is none.
            Invalid: several bear the name.
        """
        if isinstance(wanted, Taxon):
            return wanted
        if isinstance(wanted, str):
            return self._named(wanted)
        found = self._look(wanted)
        if found is None:
            raise Unknown("taxon", wanted)
        return found

    def search(self, text: str) -> list[Taxon]:
        """Taxa that somebody may mean who types this, as the page proposes them."""
        hits = self._wire.get("/taxon_set/search", query=text)
        return [self[int(hit["id"])] for hit in hits]

    def children(self, of: TaxonLike) -> list[Taxon]:
        """The taxa right below one."""
        parent = self[of].id
        return [taxon for taxon in self._by_id.values() if taxon.parent_id == parent]

    def lineage(self, of: TaxonLike) -> list[Taxon]:
        """A taxon and all above it, from the top of the tree down to it."""
        line = [self[of]]
        while line[0].parent_id is not None:
            line.insert(0, self[line[0].parent_id])
        return line

    def create(self, name: str, *, parent: TaxonLike, type: str = "P") -> Taxon:
        """Make a taxon in this installation's own tree: P phylogenetic, M morphological."""
        body = {"name": name, "parent_id": self[parent].id, "type": type}
        made = self._wire.post("/taxa", body)
        return self[int(made["id"])]

    def frame(self) -> "polars.DataFrame":
        """The whole tree: id, name, display_name, parent_id, type, status."""
        import polars as pl

        self.refresh()
        rows = [vars(taxon) for taxon in self._by_id.values()]
        schema = {"id": pl.Int64, "name": pl.String, "display_name": pl.String}
        more = {"parent_id": pl.Int64, "type": pl.String, "status": pl.String}
        return pl.DataFrame(rows, schema=schema | more)

    def refresh(self) -> None:
        """Fetch the tree, unless it is as we know it."""
        told: Mapping[str, Any] = self._wire.get("/taxa/index", since=self._since)
        if told["ids"] or self._since is None:
            self._learn(told)
        self._since = told["updated_at"]

    def _learn(self, told: Mapping[str, Any]) -> None:
        """The tree, by id and by names."""
        keys = ("ids", "names", "display_names", "parents", "types", "statuses")
        rows = zip(*[told[key] for key in keys], strict=True)
        known = [
            Taxon(id_, name, shown, parent or None, kind, status)
            for id_, name, shown, parent, kind, status in rows
        ]
        self._by_id = {taxon.id: taxon for taxon in known}
        self._by_name = {}
        for taxon in self._by_id.values():
            for name in {taxon.name.lower(), taxon.display_name.lower()}:
                self._by_name.setdefault(name, []).append(taxon)

    def _look(self, taxon_id: int) -> Taxon | None:
        """A taxon by its id; the tree is fetched when it is not known yet."""
        if taxon_id not in self._by_id:
            self.refresh()
        return self._by_id.get(taxon_id)

    def _named(self, name: str) -> Taxon:
        """A taxon by a name."""
        wanted = name.strip().lower()
        if wanted not in self._by_name:
            self.refresh()
        found = self._by_name.get(wanted, [])
        exact = [taxon for taxon in found if taxon.display_name.lower() == wanted]
        if len(found) > 1 and len(exact) != 1:
            several = ", ".join(f"{t.display_name} ({t.id})" for t in found[:10])
            raise Invalid(f"Several taxa are called “{name}”: {several}. Give an id.")
        if not found:
            known = [taxon.display_name for taxon in self._by_id.values()]
            raise Unknown("taxon", name, known, "calanus.taxa.search(…) looks for one.")
        return exact[0] if exact else found[0]
