"""Names of taxa: what may be one, how they are folded for search, how a question is understood."""

import re
import unicodedata
from dataclasses import dataclass

from calanus.taxonomy.types import TaxonType

# Both by EcoTaxa's rules (contract 6.3): `Calanus finmarchicus`, `nauplii`, `dead-like`.
NAME_OF_TYPE = {
    TaxonType.PHYLO: (
        re.compile(r"[A-Z][a-z+\-']*( [a-z+\-']+)*"),
        "begins with a capital and goes on in lower-case letters, with + - ' and single spaces",
    ),
    TaxonType.MORPHO: (
        re.compile(r"[a-z0-9+\-']+( [a-z0-9+\-']+)*"),
        "is made of lower-case letters and digits, with + - ' and single spaces",
    ),
}
SHORTEST, LONGEST = 3, 100


def complaint(name: str, type_: TaxonType) -> str | None:
    """Why this cannot be the name of a new taxon, or nothing."""
    if not SHORTEST <= len(name) <= LONGEST:
        return f"A taxon's name has {SHORTEST} to {LONGEST} characters; “{name}” has {len(name)}."
    pattern, rule = NAME_OF_TYPE[type_]
    if not pattern.fullmatch(name):
        kind = "taxon" if type_ == TaxonType.PHYLO else "morphological taxon"
        return f"“{name}” cannot be the name of a {kind}: it {rule}."
    return None


def fold(text: str) -> str:
    """Lower case, without accents: what search compares."""
    # Taken apart before, too: a modifier letter such as ᴬ has a lower case only then.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def match_key(name: str) -> str:
    """How names are compared at import: in lower case, blanks at the ends ignored."""
    return name.strip().lower()


def spellings(key: str) -> list[str]:
    """A key as written, and “X (Y)” as the child<parent that it also means."""
    found = re.fullmatch(r"(.+?)\s*\((.+)\)", key)
    return [key, f"{found[1].strip()}<{found[2].strip()}"] if found else [key]


@dataclass(frozen=True)
class Question:
    """What a search asks for, as patterns over folded display names and names."""

    pattern: str  # EcoTaxa's: LIKE, anchored at the start, its % and _ as they are typed
    words: list[str]  # each the beginning of a word of the display name, in any order
    ancestors: list[str]  # LIKE, over the names of any ancestor: what stands after a <


def understand(query: str) -> Question:
    """A search in the words of somebody in a hurry: `cop naup`, `naup<cop`, `*idae`."""
    folded = fold(query)
    child, *ancestors = folded.split("<")
    return Question(
        pattern=ecotaxas_pattern(folded),
        words=[rf"(^|[^[:alnum:]]){re.escape(word)}" for word in words_of(child)],
        ancestors=[f"{escaped(name)}%" for part in ancestors if (name := part.strip())],
    )


def ecotaxas_pattern(text: str) -> str:
    """LIKE from the start on: a blank and * are any characters; % and _ are what they are there."""
    return re.sub(r"[ *]", "%", text.replace("\\", r"\\")) + "%"


def words_of(text: str) -> list[str]:
    """The words of a text; a star stands between words."""
    return re.findall(r"[^\s*]+", text)


def escaped(text: str) -> str:
    """A text that LIKE takes as it is."""
    return re.sub(r"([\\%_])", r"\\\1", text)
