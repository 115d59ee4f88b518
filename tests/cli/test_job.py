"""The run as its CI system sees it, in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from gitops_actions.ci.plain import Plain
from gitops_actions.cli.job import Job
from gitops_actions.model import Finding, Outcome, Result
from gitops_actions.testing.runner import Step, command

PLUGIN = """
import re

class Buildbarn:
    name = "buildbarn"
    obeyed = re.compile(r"^!!", re.MULTILINE)

    def __init__(self, environ, log):
        self.environ, self.log = environ, log

    @staticmethod
    def detect(environ):
        return environ["BUILD_ID"] == "barn"

    def event(self):
        return {"revision": "a" * 40}

    def mask(self, secret):
        self.log("!!hide " + secret)

    def output(self, values):
        raise RuntimeError("no outputs today")

    def annotate(self, finding):
        raise RuntimeError("s3cr3t")

    def summary(self, markdown):
        return False

    def finish(self):
        raise OSError(28, "No space left on device")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package with a runtime."""
    (tmp_path / "buildbarn.py").write_text(PLUGIN, encoding="utf-8")
    info = tmp_path / "buildbarn-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: buildbarn\nVersion: 1.0\n", encoding="utf-8")
    points = "[gitops_actions.runtimes]\nbuildbarn = buildbarn:Buildbarn\nnone = buildbarn:Buildbarn\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "buildbarn", raising=False)
    return tmp_path


def test_an_installed_runtime_is_found_and_does_no_harm(plugin: Path, capfd: pytest.CaptureFixture[str]) -> None:
    job = Job.begin({"BUILD_ID": "barn"}, ["t0ken-of-ours"])
    try:
        print("!!obeyed, with t0ken-of-ours")
    finally:
        job.close()
    assert capfd.readouterr().out == "!! obeyed, with ***\n"
    assert sys.stdout is not None
    assert job.event == {"revision": "a" * 40}
    assert job.finding(Finding("GA001", "error", "x")) is False
    problems = [*job.results("deploy", []), *job.finish()]
    assert [(each.code, each.severity, each.message) for each in problems] == [
        ("GA090", "warning", "the runtime buildbarn could not show a finding: RuntimeError"),
        ("GA090", "warning", "the runtime buildbarn could not be given the outputs: RuntimeError"),
        ("GA090", "warning", "the runtime buildbarn could not be told that the run is over: No space left on device"),
    ]


def test_a_runtime_that_cannot_be_asked_is_a_warning(plugin: Path) -> None:
    job = Job.begin({}, [])
    (problem,) = job.finish()
    assert problem.message == "the runtime buildbarn cannot be asked whether it runs us: KeyError"
    assert job.event == {}


def test_a_built_in_runtime_goes_first(plugin: Path, tmp_path: Path) -> None:
    step = Step(tmp_path / "step")
    job = Job.begin({**step.environ, "BUILD_ID": "barn"}, [])
    try:
        assert job.event["source"] == "acme/web"
    finally:
        job.close()


class Recorder(Plain):
    """A runtime that keeps the findings."""

    name = "recorder"

    def __init__(self) -> None:
        super().__init__({}, lambda _: None)
        self.findings: list[Finding] = []
        self.values: Mapping[str, Sequence[str]] = {}

    def annotate(self, finding: Finding) -> bool:
        self.findings.append(finding)
        return True

    def output(self, values: Mapping[str, Sequence[str]]) -> Sequence[str]:
        self.values = values
        return ()


@pytest.mark.parametrize(
    ("verb", "here", "file", "shown"),
    [
        ("deploy", None, "gitops.yaml", (None, None, "gitops.yaml:3:5: wrong")),
        ("validate", False, "gitops.yaml", (None, None, "gitops.yaml:3:5: wrong")),
        ("validate", True, "gitops.yaml", ("sub/gitops.yaml", 3, "wrong")),
        ("edit", None, "values.yaml", ("sub/values.yaml", 3, "wrong")),
        ("edit", None, "../values.yaml", ("values.yaml", 3, "wrong")),
        ("edit", None, "../../values.yaml", (None, None, "../../values.yaml:3:5: wrong")),
        ("edit", None, "-", (None, None, "-:3:5: wrong")),
        ("edit", None, None, (None, None, "wrong")),
    ],
)
def test_a_place_is_one_of_the_repository_or_a_part_of_the_words(
    verb: str,
    here: bool | None,
    file: str | None,
    shown: tuple[str | None, int | None, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "repo" / "sub")
    runtime = Recorder()
    job = Job(runtime)
    job.command = verb
    place = (3, 5) if file else (None, None)
    assert job.finding(Finding("GA010", "error", "wrong", file, *place), here=here)
    (finding,) = runtime.findings
    assert (finding.file, finding.line, finding.message) == shown


def test_what_a_failure_says_does_not_hide_results() -> None:
    runtime = Recorder()
    job = Job(runtime)
    assert job.results("deploy", [Result("dev", ("web",), Outcome.COMMITTED, True)]) == ()
    assert job.judged([Finding("GA061", "error", "stdout is full")], {}, 6) == ()
    assert runtime.values["outcome"] == ("committed",)


def test_a_secret_is_hidden_before_it_changes_its_form(tmp_path: Path) -> None:
    secret = "p@ss'w#rd$1 é"
    step = Step(tmp_path / "step")
    job = Job.begin(step.environ, [secret])
    try:
        note = Finding("GA310", "notice", f"hm {secret}", hint=secret)
        result = Result("dev", ("web",), Outcome.COMMITTED, True, secret, findings=(note,), diff=f"+{secret}\n")
        assert job.results("deploy", [result]) == ()
        assert step.outputs["outcome"] == "committed"
        assert {"***", "hm ***"} <= set(json.loads(step.outputs["result"])["results"][0]["findings"][0].values())
        job = Job.begin(step.environ, [secret])
        job.judged([note], {"findings": [{"message": secret}]}, 2)
        assert json.loads(step.outputs["result"]) == {"findings": [{"message": "***"}]}
        assert "ss'w" not in step.summary
    finally:
        job.close()


def test_masks_are_for_a_pipe_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Step(tmp_path / "step")
    with (tmp_path / "log").open("w", encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stderr", file)
        job = Job.begin(step.environ, ["t0ken-of-ours"])
        sys.stderr.write("t0ken-of-ours\n")
        job.hide("an0ther-one")
        sys.stderr.write("an0ther-one\n")
        job.close()
    assert (tmp_path / "log").read_text(encoding="utf-8") == "***\n***\n"
    assert command("::add-mask::x") is not None
