"""Whole clusters of look-alikes are named in one gesture, in a real browser."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, Route, expect

from journey_world import Installation

pytest_plugins = ["journey_fixtures"]
pytestmark = pytest.mark.browser
A_JOB = 120_000  # milliseconds


@pytest.fixture
def tow(calanus: Installation, tmp_path: Path) -> int:
    """A project of twenty rings and twenty sticks that nobody has named, and four named rings."""
    for n in range(40):
        vignette = Image.new("L", (70, 60), 255)
        draw = ImageDraw.Draw(vignette)
        if n % 2:
            draw.line((6, 50 - n // 4, 64, 6 + n // 4), fill=20, width=4)
        else:
            draw.ellipse((12, 8, 50 + n // 4, 50), outline=60 + n, width=7)
        folder = tmp_path / ("Rings" if n % 10 == 0 else "unlabelled")
        folder.mkdir(exist_ok=True)
        vignette.save(folder / f"{n}.png")
    return calanus.load(tmp_path)


def found(page: Page, project: int) -> Locator:
    """The cards of the clusters of a project, once they are found."""
    page.goto(f"/app/projects/{project}/clusters")
    page.get_by_role("button", name="Find clusters").click()
    cards = page.get_by_role("article")
    expect(cards.first).to_be_visible(timeout=A_JOB)
    return cards


def saved(page: Page) -> None:
    """Wait until the server has everything."""
    expect(page.get_by_label("Status")).to_contain_text("All saved")


def left(page: Page, project: int) -> Locator:
    """Where the workspace says how many objects wait for a name, on a page of its own."""
    workspace = page.context.new_page()
    workspace.goto(f"/app/projects/{project}/sort?state=U")
    return workspace.get_by_role("toolbar")


def size(card: Locator) -> int:
    """How many objects a card says it has."""
    expect(card.locator("img").first).to_be_visible()
    return int(card.get_by_role("heading").inner_text().split()[0])


def name(page: Page, project: int, objects: list[int]) -> int:
    """What somebody else names meanwhile; the status of the answer."""
    body = {
        "client_key": str(uuid4()),
        "operation": "classify",
        "taxon_id": 1,
        "objects": objects,
    }
    return page.request.post(f"/api/projects/{project}/batches", data=body).status


def shown(page: Page, project: int) -> list[int]:
    """Some objects of the first cluster, as the interface tells them."""
    told = page.request.get(f"/api/projects/{project}/clusters").json()
    return list(told["clusters"][0]["shown"])


def test_a_cluster_is_named_without_what_was_taken_out_and_it_can_be_undone(
    page: Page, tow: int
) -> None:
    card = found(page, tow).first
    objects = size(card)
    second = card.get_by_role("gridcell").nth(1)

    second.click()
    expect(second).to_have_attribute("aria-label", re.compile("left out"))
    page.keyboard.press("Escape")
    page.keyboard.type("rin")
    page.keyboard.press("Enter")
    go = card.get_by_role("button", name=f"Name {objects - 1} objects", exact=True)
    expect(go).to_be_focused()
    page.keyboard.press("Enter")

    expect(card).to_contain_text(f"{objects - 1} objects are Rings")
    expect(card).to_contain_text("1 left out")
    saved(page)
    expect(left(page, tow)).to_contain_text(f"{36 - objects + 1} objects")

    page.keyboard.press("Control+z")

    expect(card.get_by_role("heading")).to_have_text(f"{objects} objects")
    saved(page)

    page.keyboard.press("Control+Shift+z")

    expect(card).to_contain_text(f"{objects - 1} objects are Rings")
    saved(page)
    expect(left(page, tow)).to_contain_text(f"{36 - objects + 1} objects")

    page.keyboard.press("Control+z")

    expect(card.get_by_role("heading")).to_have_text(f"{objects} objects")
    saved(page)
    expect(left(page, tow)).to_contain_text("36 objects")


def test_a_suggestion_is_taken_by_one_key_and_the_rest_is_looked_at_in_the_workspace(
    page: Page, tow: int
) -> None:
    cards = found(page, tow)
    objects = size(cards.first) - 3
    assert name(page, tow, shown(page, tow)[:3]) == 200  # what is of a cluster speaks for the rest
    expect(cards.first.get_by_role("button", name="100 %")).to_be_visible()

    page.keyboard.press("j")
    expect(cards.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    expect(cards.first).to_contain_text(f"{objects - 1} objects are Biota")
    saved(page)

    cards.first.get_by_role("button", name="Name it").click()
    expect(cards.first.get_by_role("heading")).to_have_text("1 object")
    cards.first.get_by_role("button", name="Look at them in Sort").click()

    expect(page.get_by_role("toolbar")).to_contain_text("1 object")
    expect(page.get_by_role("gridcell")).to_have_count(1)


def test_what_others_name_goes_away_by_itself(page: Page, tow: int) -> None:
    card = found(page, tow).first
    objects = size(card)

    assert name(page, tow, shown(page, tow)[:3]) == 200

    expect(card.get_by_role("heading")).to_have_text(f"{objects - 3} objects")


def test_who_is_faster_keeps_the_name_and_the_rest_of_the_cluster_is_named(
    page: Page, tow: int
) -> None:
    card = found(page, tow).first
    objects = size(card)
    first = shown(page, tow)[:1]
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/batches", hold)
    page.keyboard.press("j")
    page.keyboard.type("rin")
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name=f"Name {objects} objects")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card).to_contain_text(f"{objects} objects are Rings")
    expect(page.get_by_label("Status")).to_contain_text("Saving")
    page.wait_for_timeout(500)

    assert name(page, tow, first) == 200
    held[0].continue_()

    expect(card).to_contain_text(f"{objects - 1} objects are Rings")
    expect(page.get_by_text("1 had been changed by others and keeps that change.")).to_be_visible()
    saved(page)
