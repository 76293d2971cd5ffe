"""What people do all day, in a real browser: these must never break."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from journey_world import PASSWORD, sign_in

pytest_plugins = ["journey_fixtures"]
pytestmark = pytest.mark.browser


def sort(page: Page, project: int, query: str = "") -> None:
    """Open the workspace of a project, and wait for its first picture."""
    page.goto(f"/app/projects/{project}/sort{query}")
    expect(page.locator(".tile img").first).to_be_visible()


def tile(page: Page, n: int) -> str:
    """What is said of a tile to somebody who cannot see it."""
    return page.get_by_role("gridcell").nth(n).get_attribute("aria-label") or ""


def saved(page: Page) -> None:
    """Wait until the server has everything."""
    expect(page.get_by_label("Status")).to_contain_text("All saved")


def test_who_mistypes_the_password_is_told_and_tries_again(window: BrowserContext) -> None:
    page = window.new_page()
    sign_in(page, "no such password")
    expect(page.get_by_role("alert")).to_contain_text("password")

    sign_in(page, PASSWORD)

    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()


def test_a_folder_of_images_becomes_a_project(page: Page, images: Path) -> None:
    page.get_by_role("button", name=re.compile("New project|first one")).first.click()
    page.get_by_label("Title").fill("A folder")
    page.get_by_role("button", name="Create the project").click()
    page.get_by_role("link", name="Import images").click()

    page.get_by_label("A folder to import").set_input_files(images)
    page.get_by_role("radio", name="Make them taxa").click()
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/app/jobs/*")
    page.get_by_role("link", name="Sort the project").click(timeout=60_000)

    expect(page.get_by_role("toolbar")).to_contain_text("36 objects")
    expect(page.get_by_role("gridcell").first).to_have_attribute("aria-selected", "false")


def test_a_decision_is_kept_at_once_and_can_be_taken_back(page: Page, project: int) -> None:
    sort(page, project, "?state=U")
    cells = page.get_by_role("gridcell")
    cells.nth(0).click()
    cells.nth(2).click(modifiers=["Shift"])
    page.mouse.move(700, 285)  # where the second taxon of the list will lie, not to be chosen

    page.keyboard.type("cop")
    expect(page.get_by_role("option").nth(1)).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.get_by_text("3 validated as Copepoda")).to_be_visible()
    assert [tile(page, n) for n in (0, 2, 3)] == [
        "Copepoda, validated",
        "Copepoda, validated",
        "unidentified, unidentified",
    ]
    saved(page)
    sort(page, project, "?state=U")
    expect(page.get_by_role("toolbar")).to_contain_text("9 objects")

    expect(page.get_by_role("grid")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Filter", exact=True)).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("grid")).to_be_focused()

    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    saved(page)
    sort(page, project, "?state=U")
    expect(page.get_by_role("toolbar")).to_contain_text("12 objects")


def test_an_old_link_shows_what_it_showed_until_a_filter_is_taken_off(
    page: Page, project: int
) -> None:
    page.goto(f"/prj/{project}?statusfilter=U&month=13&ipp=100&sortby=orig_id&sortorder=asc")
    expect(page.get_by_role("toolbar")).to_contain_text("0 objects")

    page.get_by_role("button", name="Remove the filter month 13").click()

    expect(page.get_by_role("toolbar")).to_contain_text("12 objects")
    assert re.search(r"\?state=U&order=obj.orig_id$", page.url)


def test_an_object_has_a_page_of_its_own(page: Page, project: int) -> None:
    page.goto(f"/objectdetails/{project}00000001")

    expect(page.locator("figure img")).to_be_visible()
    expect(page.get_by_text("Where and when")).to_be_visible()
    page.get_by_role("link", name="Sort its sample").click()
    expect(page.locator(".tile img").first).to_be_visible()

    page.set_viewport_size({"width": 800, "height": 600})  # nothing lies over anything
    page.get_by_role("button", name="Application manager").click()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()


def test_a_page_that_could_not_be_fetched_says_so_and_is_fetched_again(page: Page) -> None:
    page.goto("/app/nowhere")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.goto("/app/projects")
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()

    page.route("**/_app/**", lambda route: route.abort())
    page.get_by_role("link", name="Taxa").click()
    expect(page.get_by_text("Calanus does not answer")).to_be_visible()
    page.unroute("**/_app/**")
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("heading", name="The tree of taxa")).to_be_visible()


def test_an_image_is_dragged_onto_its_taxon(page: Page, project: int) -> None:
    sort(page, project, "?state=U")
    picture = page.locator(".tile .picture").first.bounding_box()
    line = page.get_by_role("treeitem", name=re.compile("^detritus")).first.bounding_box()
    assert picture is not None
    assert line is not None

    page.mouse.move(picture["x"] + 30, picture["y"] + 30)
    page.mouse.down()
    page.mouse.move(line["x"] + 60, line["y"] + 10, steps=8)
    page.mouse.up()

    expect(page.get_by_role("gridcell").first).to_have_attribute(
        "aria-label", "detritus, validated"
    )
    saved(page)

    told = page.get_by_role("complementary", name="Object").locator("details dd").first
    name = told.inner_text()
    page.get_by_text("Where and when").click()
    page.keyboard.press("ArrowRight")
    expect(told).not_to_have_text(name)
    expect(told).to_be_hidden()  # what was closed stays closed from object to object


def test_what_is_done_without_network_arrives_once_it_is_back(page: Page, project: int) -> None:
    def lost(route: Route) -> None:
        route.abort()

    sort(page, project, "?state=U")
    page.route("**/batches", lost)
    page.get_by_role("gridcell").first.click()
    page.keyboard.type("detritus")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Status")).to_contain_text("1 act kept here")

    sort(page, project, "?state=U")  # as after a crash: the page begins anew
    expect(page.get_by_role("gridcell").first).to_have_attribute(
        "aria-label", "detritus, validated"
    )
    page.unroute("**/batches", lost)

    saved(page)
    sort(page, project, "?state=U")
    expect(page.get_by_role("toolbar")).to_contain_text("11 objects")
