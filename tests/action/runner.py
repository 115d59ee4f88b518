"""A runner of GitHub Actions for one composite action: its steps really run, its expressions are evaluated by GitHub's
own code.

Of https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax it knows what our action uses:
steps with `run`, `shell: bash`, `env`, `id` and `working-directory`. Anything else is an error, not ignored.
"""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.checkers import node, npm_package

EVALUATE = Path(__file__).with_name("evaluate.mjs")
# ::name key=value,key=value::data (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands)
COMMAND = re.compile(r"::(?P<name>[\w-]+)(?: (?P<properties>[^:]*))?::(?P<data>.*)")
BASH = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]


@dataclass
class Ran:
    """What a run of the action came to. ``log`` is what a reader sees: masked, without commands."""

    code: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    annotations: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    masks: list[str] = field(default_factory=list)
    summary: str = ""

    @property
    def text(self) -> str:
        """The log as one text."""
        return "\n".join(self.log)


@dataclass(frozen=True)
class Job:
    """A job on a runner whose files live in a folder. ``machine`` is the environment of the runner itself."""

    folder: Path
    machine: Mapping[str, str]

    def __post_init__(self) -> None:
        for name in ("work", "temp", "tools"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def uses(
        self, action: Path, given: Mapping[str, str], env: Mapping[str, str] | None = None, *, ref: str = "v0"
    ) -> Ran:
        """Run the action of a folder, as `uses: ...@ref` with `with:` and `env:` does."""
        document = yaml.safe_load((action / "action.yml").read_text(encoding="utf-8"))
        assert document["runs"].keys() == {"using", "steps"}
        assert document["runs"]["using"] == "composite"
        unexpected = given.keys() - document["inputs"].keys()
        assert not unexpected, f"Unexpected input(s): {unexpected}"
        inputs = {name: str((one or {}).get("default", "")) for name, one in document["inputs"].items()} | dict(given)
        github = {"action_repository": "gitops-actions/gitops-actions", "action_ref": ref}
        contexts: dict[str, Any] = {"inputs": inputs, "env": dict(env or {}), "steps": {}, "github": github}
        ran = Ran()
        with Expressions() as expressions:
            for step in document["runs"]["steps"]:
                assert step.keys() <= {"name", "id", "shell", "run", "env", "working-directory"}
                assert step["shell"] == "bash"
                texts = {f"env.{name}": str(value) for name, value in step.get("env", {}).items()}
                texts |= {"run": step["run"], "folder": step.get("working-directory", ".")}
                outputs = self._run(action, expressions.filled(contexts, texts), contexts["env"], ran)
                contexts["steps"][step["id"]] = {"outputs": outputs}
                if ran.code:
                    break
            values = {name: one["value"] for name, one in document["outputs"].items()}
            ran.outputs = expressions.filled(contexts, values)
        return ran

    def _run(self, action: Path, texts: Mapping[str, str], env: Mapping[str, str], ran: Ran) -> dict[str, str]:
        """Run one step; what it set."""
        files = self.folder / "temp" / "_runner_file_commands" / str(uuid.uuid4())
        files.mkdir(parents=True)
        names = ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH", "STATE")
        for name in names:
            (files / name).touch()
        environ = {
            **self.machine,
            **env,
            **{key.removeprefix("env."): value for key, value in texts.items() if key.startswith("env.")},
            **{f"GITHUB_{name}": str(files / name) for name in names},
            "GITHUB_ACTION_PATH": str(action), "GITHUB_ACTIONS": "true", "CI": "true",
            # as the real one has them in such a step: https://github.com/actions/runner/issues/2473
            "GITHUB_ACTION_REPOSITORY": "", "GITHUB_ACTION_REF": "",
            "GITHUB_WORKSPACE": str(self.folder / "work"), "RUNNER_TEMP": str(self.folder / "temp"),
            "RUNNER_TOOL_CACHE": str(self.folder / "tools"),
        }  # fmt: skip
        script = files / "script.sh"
        script.write_text(texts["run"], encoding="utf-8")
        done = subprocess.run(
            [*BASH, str(script)], cwd=self.folder / "work" / texts["folder"], env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=240,
        )  # fmt: skip
        ran.code = done.returncode
        read(done.stdout.decode(), ran)
        ran.summary += (files / "STEP_SUMMARY").read_text(encoding="utf-8")
        assert not (files / "ENV").read_bytes() + (files / "PATH").read_bytes(), "the job was changed"
        return file_command((files / "OUTPUT").read_bytes().decode())


class Expressions:
    """GitHub's own evaluator, in a process of its own while the block runs."""

    def __enter__(self) -> Expressions:
        module = npm_package("@actions/expressions", "0.3.61") / "dist" / "index.js"
        command = [str(node()), str(EVALUATE), str(module)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.communicate(timeout=60)

    def filled(self, contexts: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, str]:
        """The texts with their expressions filled in."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"contexts": contexts, "texts": texts}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, str] = json.loads(self._process.stdout.readline())
        return answer


def file_command(text: str) -> dict[str, str]:
    """A file of `name=value` and `name<<DELIMITER` as the runner reads it
    (https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs)."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, sign, rest = re.fullmatch(r"([^=<]*)(=|<<)(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
        if sign == "=":
            found[name] = rest
            continue
        value = []
        for one in lines:
            if one == rest:
                break
            value.append(one)
        else:
            raise ValueError(f"the delimiter {rest!r} is missing")
        found[name] = "\n".join(value)
    return found


def read(output: str, ran: Ran) -> None:
    """The output of a step, as the runner reads it: masks, annotations, and the rest."""
    stopped = ""
    for line in output.splitlines():
        match = COMMAND.fullmatch(line.strip())
        if match is None or (stopped and match["name"] != stopped):
            for secret in ran.masks:
                line = line.replace(secret, "***")
            ran.log.append(line)
            continue
        name, data = match["name"], unescaped(match["data"])
        pairs = (pair.partition("=") for pair in (match["properties"] or "").split(",") if pair)
        properties = {key.strip(): unescaped(value) for key, _, value in pairs}
        if name == stopped:
            stopped = ""
        elif name == "stop-commands":
            stopped = data
        elif name == "add-mask":
            ran.masks += [one for one in data.splitlines() if one]
        elif name in ("error", "warning", "notice"):
            ran.annotations.append((name, properties, data))
        elif name not in ("group", "endgroup", "debug"):
            raise AssertionError(f"the workflow command {line!r}")


def unescaped(text: str) -> str:
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text
