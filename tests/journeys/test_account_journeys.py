"""What people do beside sorting, in a real browser: tokens for scripts, names for the tree."""

import re

import pytest
from playwright.sync_api import Page, expect

pytest_plugins = ["journey_fixtures"]
pytestmark = pytest.mark.browser


def test_a_token_is_shown_once_and_can_be_taken_back(page: Page) -> None:
    page.goto("/app/me")
    page.get_by_role("button", name="New token").click()
    page.get_by_label("What is it for?").fill("a notebook")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_label("The token")).to_have_value(re.compile("^.{30,}$"))
    page.get_by_role("button", name="Done").click()

    line = page.get_by_role("row", name=re.compile("a notebook"))
    expect(line).to_contain_text("Never")
    expect(page.get_by_label("The token")).to_have_count(0)
    line.get_by_role("button", name="Revoke a notebook").click()
    page.get_by_role("button", name="Revoke", exact=True).click()

    expect(page.get_by_text("no longer opens anything")).to_be_visible()
    expect(line).to_have_count(0)


def test_a_taxon_is_looked_up_and_one_is_made_below_it(page: Page) -> None:
    page.goto("/app/taxonomy")
    page.get_by_role("searchbox").fill("copepoda")
    page.get_by_role("list", name="Taxa found").get_by_text("Copepoda").first.click()
    page.get_by_role("button", name="New taxon below it").click()

    page.get_by_label(re.compile("^Name")).fill("Baycalanus")
    page.get_by_role("button", name="Make it").click()

    expect(page.get_by_role("navigation", name="Lineage")).to_contain_text("Copepoda")
    expect(page.get_by_role("heading", name=re.compile("Baycalanus"))).to_be_visible()
