"""Pages of docs whose blocks are run: those fenced as ```bash run or ```console run.

All blocks of a page are one session of bash, in their order. In `console` a line that begins with
`$ ` is a command, and what follows is what it must answer, where … stands for anything.
"""

import re
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(bash|console) run\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARK = "\x1e"  # what no command says; the record separator of ASCII


@dataclass(frozen=True)
class Step:
    """A block, or one command of it, and what it must answer; nothing where that is left open."""

    command: str
    answer: str | None = None

    def answered(self, said: str) -> bool:
        """Whether what was said is what the page says."""
        if self.answer is None:
            return True
        parts = [re.escape(part) for part in self.answer.strip().split("…")]
        return re.fullmatch(".*".join(parts), said.strip(), re.DOTALL) is not None


def steps(page: Path) -> list[Step]:
    """What a page would have run."""
    found: list[Step] = []
    for language, text in BLOCK.findall(page.read_text("utf-8")):
        found += [Step(text)] if language == "bash" else asked(text)
    return found


def asked(text: str) -> list[Step]:
    """The commands of a console, each with its answer."""
    commands = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    pairs = [command.partition("\n") for command in commands]
    return [Step(command, answer) for command, _, answer in pairs]


def script(wanted: list[Step]) -> str:
    """All steps as one session, which ends where one of them fails."""
    marked = [f"printf '{MARK}'\n{step.command}\n" for step in wanted]
    return "\n".join(["set -euo pipefail", *marked])
