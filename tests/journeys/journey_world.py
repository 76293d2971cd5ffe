"""A running Calanus as the journeys meet it, and how one signs in."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page

import given
from calanus.jobs.types import JobState
from calanus.kit.db import connect
from calanus.kit.settings import Settings
from calanus.projects import service as projects
from calanus.projects.types import NewProject
from calanus.users import service as users
from lab import Lab
from post_office import PostOffice

CALANUS = Path(sys.executable).parent / "calanus"  # the installed command
EMAIL, PASSWORD = "ada@lab.example", given.PASSWORD


@dataclass(frozen=True)
class Installation:
    """A running Calanus."""

    url: str
    data: Path
    database_url: str
    env: dict[str, str]

    def load(self, images: Path) -> int:
        """A new project of Ada's with these images, each folder a taxon."""
        with connect(self.database_url) as conn:
            ada = users.find_by_email(conn, EMAIL)
            assert ada
            project_id = projects.create(conn, NewProject("Tow 12"), by=ada)
        lab = Lab(self.database_url, Settings(data=self.data), ada, project_id, images)
        job = lab.load_images(images, folders_as_taxa=True, parent_taxon=1, create_taxa=True)
        assert job.state == JobState.FINISHED, job.errors
        return project_id

    def welcome(self, name: str) -> str:
        """An account of somebody, with the password of all; its address."""
        with connect(self.database_url) as conn:
            return given.user(conn, name=name).email

    def run(self, *words: str) -> dict[str, object]:
        """One command of its command line; the JSON that it prints."""
        command = [CALANUS, "--data", self.data, *words, "--json"]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


def draw(folder: Path, shade: int, numbers: range) -> None:
    """A folder of ellipses, each a little larger and lighter than the one before."""
    folder.mkdir(exist_ok=True)
    for n in numbers:
        vignette = Image.new("L", (60 + n, 50), 255)
        ImageDraw.Draw(vignette).ellipse((8, 8, 30 + 2 * n, 40), fill=shade + 3 * n)
        vignette.save(folder / f"{n}.png")


def link_for(office: PostOffice, email: str) -> str:
    """The link of the first letter to somebody, once it has come."""
    for _ in range(240):
        if letters := office.to(email):
            [link] = re.findall(r"https?://\S+#\S+", letters[0])
            return link
        time.sleep(0.25)
    raise TimeoutError(f"No letter came to {email}")


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Until the server answers, for a minute at most."""
    for _ in range(240):
        assert server.poll() is None, "calanus serve ended at once"
        try:
            urllib.request.urlopen(url, timeout=5)  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.25)
        else:
            return
    raise TimeoutError(url)


def sign_in(page: Page, password: str) -> None:
    """Fill in the form at the door."""
    page.goto("/app/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
