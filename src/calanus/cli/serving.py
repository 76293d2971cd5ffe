"""Commands that last: serve and worker."""

from typing import TYPE_CHECKING

from calanus.app import create_app
from calanus.cli import Asked
from calanus.cli.shell import begin, progress_bar, say, settings_of
from calanus.kit.settings import Settings
from calanus.worker import serve_everything
from calanus.worker import work as work_forever

if TYPE_CHECKING:
    from fastapi import FastAPI


def serve(
    asked: Asked, *, host: str | None, port: int | None, demo: bool, open_browser: bool
) -> None:
    """Serve the page, the API, a worker and the database until told to stop."""

    def make(settings: Settings, database_url: str) -> "FastAPI":
        user = begin(settings, database_url, acting=asked.acting)
        if demo:
            from calanus.demo.service import DemoFailed, make_demo

            say("Making the demo project")
            try:
                with progress_bar() as on_progress:
                    make_demo(settings, database_url, user, on_progress=on_progress)
            except DemoFailed as error:
                say(str(error))  # what else is there can be sorted all the same
        return create_app(settings, database_url)

    serve_everything(
        settings_of(asked),
        make,
        host=host,
        port=port,
        open_browser=open_browser,
        on_ready=lambda address: say(f"Calanus is at {address} (Ctrl-C to stop)"),
    )


def work(asked: Asked) -> None:
    """Do background jobs until told to stop."""
    say("Waiting for jobs (Ctrl-C to stop)")
    work_forever(settings_of(asked))
