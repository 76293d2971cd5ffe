"""The formulae of a project: how much of a sample was seen, and how large its objects are.

They are stored as EcoTaxa 0.0.47 writes them, one `name: expression` a line; `bodc_variables` of
EcoTaxa 0.0.45 is another view of the same text.
"""

from collections.abc import Mapping

from calanus.kit.arithmetic import BadFormula, Formula, parse
from calanus.projects.types import BadProject, ProjectRow

# What each formula gives, and in which unit.
VARIABLES: Mapping[str, str] = {
    "subsample_coef": "fraction of the sample that was looked at",
    "total_water_volume": "m³ of water sampled",
    "individual_volume": "mm³ of each object",
}
DEFAULTS: Mapping[str, str] = {
    "subsample_coef": "1/ssm.sub_part",
    "total_water_volume": "sam.tot_vol/1000",
    "individual_volume": "4.0/3.0*math.pi*(math.sqrt(obj.area/math.pi)*ssm.pixel_size)**3",
}
# sam: samples; ssm: acquisitions and processes ("subsamples"); obj: objects.
PREFIXES = ("sam", "ssm", "obj")


def read(text: str) -> dict[str, str]:
    """The formulae of a text, by name, in order."""
    lines = [line.partition(":") for line in text.splitlines()]
    return {name.strip(): formula.strip() for name, colon, formula in lines if colon}


def variables(text: str) -> dict[str, str]:
    """A text as EcoTaxa's three variables; clients read texts, so an absent one is empty."""
    found = read(text)
    return {name: found.get(name, "") for name in VARIABLES}


def written(formulae: Mapping[str, str | None]) -> str:
    """Formulae as a text; what is blank is left out."""
    lines = [
        f"{name}: {' '.join(formula.split())}"
        for name, formula in formulae.items()
        if formula and formula.strip()
    ]
    return "\n".join(lines)


def parsed(name: str, text: str) -> Formula:
    """A formula by the name of its variable.

    Raises:
        BadFormula: it is none, or a name in it has a prefix that no table has.
    """
    try:
        formula = parse(text)
        for column in sorted(formula.names):
            if column.partition(".")[0] not in PREFIXES:
                raise BadFormula(
                    f"“{column}” is in no table: write sam. for samples, ssm. for acquisitions and "
                    "processes, obj. for objects, math. for functions."
                )
    except BadFormula as error:
        raise BadFormula(f"{name}: {error}") from None
    return formula


def check(formulae: Mapping[str, str | None]) -> None:
    """Pass if each is a known variable with a formula that can be read.

    Raises:
        BadProject: a variable is unknown, or its formula cannot be read.
    """
    unknown = sorted(set(formulae) - set(VARIABLES))
    if unknown:
        raise BadProject(
            f"There is no variable {', '.join(unknown)}; there are {', '.join(VARIABLES)}."
        )
    for name, text in formulae.items():
        if text and text.strip():
            try:
                parsed(name, text)
            except BadFormula as error:
                raise BadProject(str(error)) from None


def check_text(text: str) -> None:
    """Pass if each line is a variable with a formula that can be read.

    Raises:
        BadProject: a line is not.
    """
    for line in text.splitlines():
        if line.strip() and ":" not in line:
            raise BadProject(f"Write a formula as “name: expression”, not “{line.strip()[:60]}”.")
    check(read(text))


def changed(
    project: ProjectRow, text: str | None, given: Mapping[str, str | None] | None
) -> str | None:
    """What the formulae of a project become, given either view of them, or both.

    Clients send back all they read: of two views, the one that differs from what is stored was
    edited. Nothing when neither was.

    Raises:
        BadProject: the edited one cannot be read.
    """
    stored = variables(project.formulae)
    edited = {**stored, **{name: (wanted or "").strip() for name, wanted in (given or {}).items()}}
    if edited != stored:
        check(edited)
        return written({**read(project.formulae), **edited})
    if text is not None and text != project.formulae:
        check_text(text)
        return text
    return None
