"""A runner of GitHub Actions for one composite action: its steps really run, its expressions are evaluated by GitHub's
own code.

Of https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax it knows what our action uses:
steps with `run`, `shell: bash`, `env`, `id` and `working-directory`. Anything else is an error, not ignored.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gitops_actions.testing.runner import Command, Step
from tests.checkers import BIN, node, npm_package

ROOT = Path(__file__).parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gitops-actions-tests"
# How this machine reaches PyPI.
REACHING = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
EVALUATE = Path(__file__).with_name("evaluate.mjs")
BASH = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]


@dataclass
class Ran:
    """What a run of the action came to."""

    code: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    @property
    def commands(self) -> list[Command]:
        """The workflow commands that the runner obeyed."""
        return [one for step in self.steps for one in step.commands]

    @property
    def annotations(self) -> list[Command]:
        """What the page of the run shows."""
        return [one for step in self.steps for one in step.annotations]

    @property
    def summary(self) -> str:
        """The same."""
        return "".join(step.summary for step in self.steps)

    @property
    def text(self) -> str:
        """The log as a reader sees it: masked, without commands."""
        return "\n".join(line for step in self.steps for line in step.log)


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
        step = Step(self.folder / "temp" / "_runner_file_commands" / str(uuid.uuid4()))
        ran.steps.append(step)
        changes = {name: step.folder / name for name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE")}
        for file in changes.values():
            file.touch()
        environ = {
            **self.machine,
            **env,
            **{key.removeprefix("env."): value for key, value in texts.items() if key.startswith("env.")},
            **step.environ,
            **{name: str(file) for name, file in changes.items()},
            "GITHUB_ACTION_PATH": str(action),
            # as the real one has them in such a step: https://github.com/actions/runner/issues/2473
            "GITHUB_ACTION_REPOSITORY": "", "GITHUB_ACTION_REF": "",
            "GITHUB_WORKSPACE": str(self.folder / "work"), "RUNNER_TEMP": str(self.folder / "temp"),
            "RUNNER_TOOL_CACHE": str(self.folder / "tools"),
        }  # fmt: skip
        script = step.folder / "script.sh"
        script.write_text(texts["run"], encoding="utf-8")
        done = subprocess.run(
            [*BASH, str(script)], cwd=self.folder / "work" / texts["folder"], env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=240,
        )  # fmt: skip
        ran.code = done.returncode
        step.read(done.stdout.decode())
        assert not b"".join(file.read_bytes() for file in changes.values()), "the job was changed"
        return step.outputs


def machine(folder: Path, *programs: str) -> dict[str, str]:
    """The environment of a runner with these programs, which are found beside our Python, and nothing else of ours."""
    shelf = folder / "programs"
    shelf.mkdir(parents=True)
    (shelf / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    for name in programs:
        (shelf / name).symlink_to(BIN / name)
    return REACHING | {
        "PATH": f"{shelf}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "UV_CACHE_DIR": str(CACHE / "uv"),
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "LC_ALL": "C.UTF-8",
        # what a runner's owner may have set, and what must not count
        "PIP_TARGET": str(folder / "elsewhere"), "PIP_USER": "1", "UV_SYSTEM_PYTHON": "1", "PYTHONHOME": "/nowhere",
    }  # fmt: skip


def environments(job: Job) -> list[Path]:
    """The environments that the action has made."""
    return sorted((job.folder / "tools" / "gitops-actions").iterdir())


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
