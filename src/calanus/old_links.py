"""Addresses of EcoTaxa's pages, which people have in their notes, and where ours show the same."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from calanus.objects.fields import OBJECT, TAXON
from calanus.objects.filters import ProjectFilters

router = APIRouter(include_in_schema=False)

# An address of EcoTaxa, as a pattern, and ours; the numbers found are filled in.
PAGES: Mapping[str, str] = {
    r"/(gui|gui/index|explore)": "/app/",
    r"/(gui/)?prj(/(listall|listothers))?": "/app/projects",
    r"/gui/prj/\w+": "/app/projects",
    r"/gui/prj/about/(?P<id>\d+)": "/app/projects/{id}",
    r"/gui/prj/editannot/(?P<id>\d+)": "/app/projects/{id}/history",
    r"/gui/prj/\w+/(?P<id>\d+)": "/app/projects/{id}/settings",
    r"/gui/jobs?(/listall)?": "/app/jobs",
    r"/(gui/job|Job|Task)/(show|question|Show|monitor|Monitor)/(?P<id>\d+)": "/app/jobs/{id}",
    r"/gui/collections?(/(list|create))?": "/app/collections",
    r"/gui/collection/\w+/(?P<id>\d+)": "/app/collections/{id}",
    r"/gui/me/profile(/\w+)?": "/app/me",
    r"/gui/(login|register)(/.*)?": "/app/login",
    r"/gui/.*": "/app/",
}
# Jobs that EcoTaxa's pages start: ours start them from the project's own pages.
STARTED: Mapping[str, str] = {
    r"\w*Import": "import",
    r"\w*Export": "export",
    r"Prediction": "predict",
    r"Subset": "settings",
}
# What the sorting page names its own way; the other filters keep EcoTaxa's names.
SORTED_BY: Mapping[str, str] = {
    "classifname": "txo.display_name",
    "classif_name": "txo.display_name",
    "score": "obj.classif_score",
}


@router.get("/prj/{project_id}")
def sorting_page(project_id: int, request: Request) -> RedirectResponse:
    """The page where a project is sorted, with the filters and the order of the link."""
    told = sorting(request.query_params)
    return sent_to(f"/app/projects/{project_id}/sort", told)


@router.get("/objectdetails/{object_id}")
def object_page(object_id: int) -> RedirectResponse:
    """One object, with all that is known of it."""
    return sent_to(f"/app/objects/{object_id}")


@router.get("/gui/job/create/{kind}")
@router.get("/Job/Create/{kind}")
def starting_page(kind: str, request: Request) -> RedirectResponse:
    """Where a job of this kind is started for the project, or the collection, of the link."""
    asked = request.query_params
    project_id = next((asked[n] for n in ("projid", "p", "prjid") if n in asked), "")
    page = next((ours for theirs, ours in STARTED.items() if re.fullmatch(theirs, kind)), "")
    if project_id.isdecimal() and page:
        return sent_to(f"/app/projects/{project_id}/{page}")
    collection_id = asked.get("collection_id", "")
    if collection_id.isdecimal():
        return sent_to(f"/app/collections/{collection_id}")
    return sent_to("/app/projects")


@router.get("/prj")
@router.get("/explore")
@router.get("/gui")
@router.get("/gui/{page:path}")
@router.get("/Job/{page:path}")
@router.get("/Task/{page:path}")
def page(request: Request) -> RedirectResponse:
    """The page of ours that shows what a page of EcoTaxa's did."""
    path = request.url.path.rstrip("/")
    for theirs, ours in PAGES.items():
        if found := re.fullmatch(theirs, path):
            return sent_to(ours.format_map(found.groupdict()))
    return sent_to("/app/")


def sent_to(address: str, told: Mapping[str, str] | None = None) -> RedirectResponse:
    """A redirect: for now, so that no browser remembers it for ever."""
    query = f"?{urlencode(told, safe=',')}" if told else ""
    return RedirectResponse(address + query, 302)


def sorting(asked: Mapping[str, str]) -> dict[str, str]:
    """EcoTaxa's filters and order, in the words of our page's address."""
    given = ProjectFilters.model_validate(dict(asked)).given()
    told: dict[str, str] = {}
    below = given.pop("taxochild", "") == "Y"
    if re.fullmatch(r"\d+", given.get("taxo", "")):
        told["taxon"] = given.pop("taxo")
        if not below:
            told["children"] = "no"
    elif below and "taxo" in given:
        given["taxochild"] = "Y"
    for name, ours in (("statusfilter", "state"), ("samples", "samples")):
        if name in given:
            told[ours] = given.pop(name)
    if given.get("freenum") in ("score", "oscore"):
        bounds = {"least": given.pop("freenumst", ""), "most": given.pop("freenumend", "")}
        told |= {name: value for name, value in bounds.items() if value}
        del given["freenum"]
    order = ordering(asked.get("sortby", ""), descending=asked.get("sortorder") == "desc")
    return told | given | ({"order": order} if order else {})


def ordering(name: str, *, descending: bool) -> str:
    """EcoTaxa's order of a page as the API's; nothing where it has none of this name."""
    name = SORTED_BY.get(name, name)
    if name in OBJECT:
        name = f"obj.{name}"
    prefix, _, rest = name.partition(".")
    known = {"obj": OBJECT, "txo": TAXON}.get(prefix, {})
    if rest in known or prefix == "fre" or re.fullmatch(r"ss-I\d+", name):
        return f"-{name}" if descending else name
    return ""
