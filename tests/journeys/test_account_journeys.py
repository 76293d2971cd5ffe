"""What people do beside sorting, in a real browser: tokens for scripts, names for the tree."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from journey_world import EMAIL, PASSWORD, Installation, link_for
from post_office import PostOffice

pytest_plugins = ["journey_fixtures"]
pytestmark = pytest.mark.browser


def test_a_forgotten_password_is_chosen_anew_by_a_letter(
    window: BrowserContext, calanus: Installation, office: PostOffice
) -> None:
    email = calanus.welcome("Bo Forgetful")
    page = window.new_page()
    page.goto("/app/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_role("button", name="Send the letter").click()
    expect(page.get_by_text(f"If there is an account for {email}")).to_be_visible()

    page.goto(link_for(office, email))  # where the page is already: its last part alone is new
    expect(page.get_by_text(f"For {email}.")).to_be_visible()
    page.get_by_label("New password").first.fill("a net full of krill")
    page.get_by_label("New password, again").fill("a net full of krill")
    page.get_by_role("button", name="Change password").click()
    page.get_by_role("link", name="Sign in", exact=True).click()

    expect(page.get_by_label("E-mail")).to_have_value(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("password is not right")
    page.get_by_label("Password").fill("a net full of krill")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()


def test_an_account_is_made_and_its_owner_chooses_a_password(
    page: Page, office: PostOffice
) -> None:
    email = "nia@lab.example"
    page.goto("/app/accounts")
    page.get_by_role("button", name="New account").click()
    making = page.get_by_role("dialog", name="New account")
    making.get_by_label("E-mail").fill(EMAIL)
    making.get_by_label("First and last name").fill("Nia Newcomer")
    making.get_by_label("Organisation").fill("Sea Laboratory (SEA)")
    making.get_by_role("button", name="Make the account").click()
    expect(making.get_by_role("alert")).to_contain_text(EMAIL)

    making.get_by_label("E-mail").fill(email)
    making.get_by_role("button", name="Make the account").click()

    expect(page.get_by_text("Nia Newcomer has a letter, and chooses a password.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=email)).to_be_visible()
    page.goto(link_for(office, email))
    page.get_by_label("New password").first.fill("a net full of krill")
    page.get_by_label("New password, again").fill("a net full of krill")
    page.get_by_role("button", name="Change password").click()
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_label("Password").fill("a net full of krill")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Nia Newcomer")).to_be_visible()


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
