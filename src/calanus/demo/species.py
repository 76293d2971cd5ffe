"""What lives in the demo: its taxa, how they look, how many there are and where."""

from dataclasses import dataclass
from typing import Literal

from calanus.demo.draw import crustaceans, jellies, others, protists
from calanus.demo.draw.vignette import Model


@dataclass(frozen=True)
class Species:
    """A taxon of the demo; names as in EcoTaxa."""

    name: str  # as the package writes it: the display name of the taxon
    parent: str
    type: Literal["P", "M"]
    abundance: float  # relative
    model: Model
    night: float = 1.0  # times as many near the surface at night
    deep: float = 1.0  # times as many below the surface layer
    offshore: float = 1.0  # times as many at the farthest station


SPECIES: tuple[Species, ...] = (
    Species("detritus", "not-living", "M", 330, Model(None, 72, 0.45), deep=1.5, offshore=0.7),
    Species("Calanoida", "Copepoda", "P", 150, Model(crustaceans.calanoid, 125, 0.38, 0.06), 1.8),
    Species("Oithona", "Cyclopoida", "P", 80, Model(crustaceans.oithona, 82, 0.26, 0.06), 1.2),
    Species("fiber<detritus", "detritus", "M", 66, Model(others.fibre, 125, 0.4), offshore=0.5),
    Species("Appendicularia", "Tunicata", "P", 52, Model(jellies.appendicularian, 100, 0.3)),
    Species("nauplii<Copepoda", "Copepoda", "M", 46, Model(crustaceans.nauplius, 46, 0.2)),
    Species("Bacillariophyta", "Ochrophyta", "P", 40, Model(protists.diatom_chain, 115, 0.35),
            deep=0.4, offshore=0.4),
    Species("Chaetognatha", "Animalia", "P", 30, Model(jellies.chaetognath, 235, 0.18, 0.05), 1.6),
    Species("fecal pellet<detritus", "detritus", "M", 30, Model(others.pellet, 55, 0.32), deep=1.6),
    Species("bubble", "artefact", "M", 24, Model(others.bubble, 60, 0.35), deep=0.3),
    Species("Tripos", "Dinophyceae", "P", 22, Model(protists.tripos, 62, 0.16), deep=0.6),
    Species("egg<Actinopterygii", "Actinopterygii", "M", 20, Model(others.fish_egg, 85, 0.18),
            deep=0.2, offshore=0.4),
    Species("Limacina", "Pteropoda", "P", 20, Model(others.limacina, 75, 0.25), 1.6),
    Species("Acantharia", "Radiozoa", "P", 20, Model(protists.acantharian, 80, 0.25),
            deep=0.5, offshore=2.0),
    Species("Ostracoda", "Crustacea", "P", 18, Model(crustaceans.ostracod, 68, 0.25), 2.2, 1.4),
    Species("Foraminifera", "Radiozoa", "P", 17, Model(protists.foraminifer, 75, 0.28),
            offshore=1.6),
    Species("Hydrozoa", "Cnidaria", "P", 17, Model(jellies.medusa, 115, 0.25)),
    Species("Doliolida", "Thaliacea", "P", 15, Model(jellies.doliolid, 125, 0.2), deep=0.5),
    Species("pluteus<Echinoidea", "Echinoidea", "M", 12, Model(others.pluteus, 72, 0.15),
            offshore=0.3),
    Species("Siphonophorae", "Hydrozoa", "P", 10, Model(jellies.siphonophore, 215, 0.16), 1.2),
    Species("Collodaria", "Polycystinea", "P", 8, Model(protists.colony, 125, 0.25),
            deep=0.3, offshore=3.0),
)  # fmt: skip
