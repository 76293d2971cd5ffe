"""What people do with what was learnt, in a real browser: compare, check, audit, go back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from journey_world import Installation

pytest_plugins = ["journey_fixtures"]
pytestmark = pytest.mark.browser
A_JOB = 60_000  # milliseconds


def test_look_alikes_are_found_before_anything_was_predicted(page: Page, project: int) -> None:
    page.goto(f"/app/projects/{project}/sort?state=U")
    page.get_by_role("gridcell").first.click()
    page.get_by_text("Look-alikes", exact=True).click()

    page.get_by_role("button", name="Compute them").click()

    found = page.get_by_role("list", name="What looks like this object").get_by_role("listitem")
    expect(found.first).to_be_visible(timeout=A_JOB)
    expect(page.get_by_role("button", name="Compute them")).to_have_count(0)
    page.get_by_role("button", name="Sort the grid by likeness").click()
    expect(page).to_have_url(re.compile("order=ss-I"))
    expect(page.locator(".tile img").first).to_be_visible()


def test_how_good_it_would_be_is_read_before_anything_is_written(page: Page, project: int) -> None:
    page.goto(f"/app/projects/{project}/predict")
    page.get_by_role("button", name="Check first").click()
    expect(page.get_by_role("heading", name="What is taken for what")).to_be_visible(timeout=A_JOB)
    report = page.url

    page.get_by_role("button", name=re.compile("Copepoda")).first.click()  # of the confusions
    expect(page.locator(".tile img").first).to_be_visible()
    page.goto(f"/app/projects/{project}/sort?state=P")
    expect(page.get_by_role("toolbar")).to_contain_text("0 objects")

    page.goto(report)
    page.get_by_role("button", name="Write the predictions").click()
    page.get_by_role("link", name="Sort the project").click(timeout=A_JOB)
    expect(page.get_by_role("toolbar")).to_contain_text("12 objects")
    expect(page.get_by_role("gridcell").first).to_have_attribute(
        "aria-label", re.compile("predicted")
    )


def test_an_audit_says_what_it_looked_at(page: Page, project: int) -> None:
    page.goto(f"/app/projects/{project}/audit")
    page.get_by_role("button", name="Audit the validated objects").click()

    page.get_by_role("link", name="See the audit").click(timeout=A_JOB)

    expect(page.get_by_text(re.compile("of 24 examined"))).to_be_visible()


def test_what_an_audit_doubts_is_looked_at_among_the_objects(page: Page, project: int) -> None:
    page.goto(f"/app/projects/{project}/sort")
    page.get_by_role("gridcell", name="detritus, validated").first.click()
    page.keyboard.type("copepoda")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Status")).to_contain_text("All saved")
    page.goto(f"/app/projects/{project}/audit")
    page.get_by_role("button", name="Audit the validated objects").click()
    page.get_by_role("link", name="See the audit").click(timeout=A_JOB)
    expect(page.get_by_text("1 name of 24 examined looks doubtful")).to_be_visible()

    page.get_by_role("link", name="Look at them").first.click()
    expect(page.get_by_role("group", name="Filters")).to_contain_text("Audit: doubtful names")
    expect(page.get_by_role("gridcell")).to_have_count(1)
    doubt = page.get_by_text("The audit thinks of")
    doubt.get_by_role("button", name="detritus").click()

    expect(page.get_by_role("gridcell")).to_have_attribute("aria-label", "detritus, validated")
    expect(doubt).to_have_count(0)
    expect(page.get_by_label("Status")).to_contain_text("All saved")
    page.go_back()
    expect(page.get_by_text("0 names of 24 examined look doubtful")).to_be_visible()


def test_scores_are_refreshed_in_place_until_one_sorts_anew(
    page: Page, calanus: Installation, many_images: Path
) -> None:
    project = calanus.load(many_images)
    page.goto(f"/app/projects/{project}/predict")
    page.get_by_role("checkbox", name="Deep features").uncheck()
    page.get_by_role("button", name="Predict 30 objects").click()
    page.get_by_role("link", name="Sort the project").click(timeout=A_JOB)
    page.goto(f"/app/projects/{project}/sort?state=P&group=none")
    page.get_by_role("button", name="View").click()
    page.get_by_label("Learn again while sorting").check()
    page.keyboard.press("Escape")
    tiles = page.get_by_role("gridcell")
    tiles.first.click()
    for _ in range(19):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.type("detritus")
    page.keyboard.press("Enter")

    anew = page.get_by_role("button", name="Sort anew")
    expect(anew).to_be_visible(timeout=A_JOB)
    expect(page.get_by_label("Status")).to_contain_text("Learnt from 44")
    expect(page.get_by_label("Status")).not_to_contain_text("Waiting")
    expect(page.get_by_role("toolbar")).to_contain_text("30 objects")
    expect(tiles.first).to_have_attribute("aria-label", "detritus, validated")
    anew.click()

    expect(page.get_by_role("toolbar")).to_contain_text("10 objects")
    expect(tiles.first).to_have_attribute("aria-label", re.compile("predicted"))
    expect(anew).to_have_count(0)


def test_learning_while_one_sorts_is_switched_on_for_all_and_stays_so(
    page: Page, project: int
) -> None:
    page.goto(f"/app/projects/{project}/sort?state=U")
    expect(page.locator(".tile img").first).to_be_visible()
    page.get_by_role("button", name="View").click()
    page.get_by_label("Learn again while sorting").check()
    expect(page.get_by_label("Status")).to_contain_text("Learns as you sort")

    page.reload()
    expect(page.get_by_label("Status")).to_contain_text("Learns as you sort")


def test_the_past_is_looked_at_before_it_comes_back(page: Page, project: int) -> None:
    page.goto(f"/app/projects/{project}/sort?state=U")
    page.get_by_role("gridcell").first.click()
    page.keyboard.type("copepoda")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Status")).to_contain_text("All saved")
    page.goto(f"/app/projects/{project}/sort")
    expect(page.locator(".tile img").first).to_be_visible()

    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Revert to history…").click()
    page.get_by_role("button", name="Put 25 objects back").click()

    expect(page.get_by_text("put back to an earlier identification")).to_be_visible()
    page.goto(f"/app/projects/{project}/sort?state=U")
    expect(page.get_by_role("toolbar")).to_contain_text("36 objects")
