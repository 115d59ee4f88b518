"""A step on a runner of GitHub Actions: what it makes of a process's output and of the files that the process leaves.

After `ActionCommand.cs`, `ActionCommandManager.cs` and `FileCommandManager.cs` of https://github.com/actions/runner.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

COMMANDS = {
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice", "remove-matcher",
    "save-state", "set-env", "set-output", "stop-commands", "warning",
}  # fmt: skip
SUMMARY = 1024 * 1024
_ANNOTATIONS = 10


class Malformed(Exception):
    """What the runner would fail the step for."""


@dataclass(frozen=True)
class Command:
    """A workflow command."""

    name: str
    properties: Mapping[str, str]
    data: str


@dataclass
class Step:
    """A step whose files are in ``folder``. ``environ`` is for its process, and holds more than that of no CI system.

    After `read`: ``log`` are the lines that people see, ``commands`` those that were obeyed, in their order.
    """

    folder: Path
    event: Mapping[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("output", "summary"):
            (self.folder / name).touch()

    @property
    def environ(self) -> dict[str, str]:
        """The variables that the runner sets."""
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/web",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_SHA": "c0ffee" + "0" * 34,
            "GITHUB_RUN_ID": "99",
            "GITHUB_RUN_NUMBER": "7",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_ACTOR": "alice",
            **self.event,
        }

    def read(self, stream: str) -> None:
        """Take what a process wrote to stdout or stderr, with its line ends as they were."""
        for line in re.split(r"\r\n|\r|\n", stream.removesuffix("\n")):
            found = command(line)
            if found is None:
                self.log.append(self.masked(line))
            else:
                self.commands.append(found)

    def masked(self, text: str) -> str:
        """The text as people see it after the masks so far."""
        for mask in sorted((found.data for found in self.commands if found.name == "add-mask"), key=len, reverse=True):
            text = text.replace(mask, "***")
        return text

    def named(self, *names: str) -> list[Command]:
        """The commands of these names."""
        return [found for found in self.commands if found.name in names]

    @property
    def annotations(self) -> list[Command]:
        """Those that the page of a run shows: ten of a kind."""
        return [found for name in ("error", "warning", "notice") for found in self.named(name)[:_ANNOTATIONS]]

    @property
    def outputs(self) -> dict[str, str]:
        """The step's outputs. Raises Malformed where the runner fails."""
        return outputs((self.folder / "output").read_bytes().decode("utf-8", "replace"))

    @property
    def summary(self) -> str:
        """What the page of the run shows: nothing at all, where it is too much."""
        content = (self.folder / "summary").read_bytes()
        return content.decode() if len(content) <= SUMMARY else ""


def command(line: str) -> Command | None:
    """The command that a line is, if it is one."""
    # .NET compares as people read: what has no width is not there.
    seen = "".join(character for character in line if unicodedata.category(character) not in ("Cf", "Mn", "Me"))
    return _command(line) or _command(seen)


def _command(line: str) -> Command | None:
    start = line.lstrip()
    if start.startswith("::") and "::" in start[2:]:
        info, _, data = start[2:].partition("::")
        name, _, rest = info.partition(" ")
        if name.lower() in COMMANDS:
            return Command(name.lower(), _properties(rest.strip().split(","), (":%3A", ",%2C")), _unescaped(data))
    _, prefix, rest = line.partition("##[")
    if prefix and "]" in rest:
        info, _, data = rest.partition("]")
        name, _, properties = info.partition(" ")
        if name.lower() in COMMANDS:
            more = (";%3B", "]%5D")
            return Command(name.lower(), _properties(properties.split(";"), more), _unescaped(data, more))
    return None


def outputs(text: str) -> dict[str, str]:
    """The values in a file of `GITHUB_OUTPUT`. Raises Malformed."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n") if not text.endswith("\n") else text[:-1].split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, value = line.partition("=")
        elif heredoc >= 0:
            name, _, mark = line.partition("<<")
            if not mark:
                raise Malformed(f"no delimiter: {line!r}")
            value = "\n".join(_until(lines, mark))
        else:
            raise Malformed(f"neither NAME=VALUE nor NAME<<DELIMITER: {line!r}")
        if not name:
            raise Malformed(f"no name: {line!r}")
        found[name] = value
    return found


def _until(lines: Iterator[str], mark: str) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line == mark:
            return found
        found.append(line)
    raise Malformed(f"no end: {mark!r}")


def _properties(texts: list[str], more: tuple[str, ...]) -> dict[str, str]:
    pairs = (text.split("=", 1) for text in texts if "=" in text)
    return {key: _unescaped(value, more) for key, value in pairs if key and value}


def _unescaped(text: str, more: tuple[str, ...] = ()) -> str:
    for pair in (*more, "\r%0D", "\n%0A", "%%25"):
        text = text.replace(pair[1:], pair[0])
    return text
