"""GitLab CI/CD: whatever is written is read as what it is, and as nothing else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.ci.gitlab import GitLabCI
from gitops_actions.model import Finding, Severity
from gitops_actions.report.outputs import sealed
from gitops_actions.testing.hostile import ORDERS
from gitops_actions.testing.job import DOTENV, Job

EVIL = st.lists(st.sampled_from(ORDERS) | st.text(max_size=3), max_size=12).map("".join)
SECRET = {"GITOPS_TOKEN": "s3cr3t"}


def runtime(environ: Mapping[str, str]) -> tuple[GitLabCI, list[str]]:
    """A runtime, and the lines that it writes to the log."""
    lines: list[str] = []
    return GitLabCI(environ, lines.append, lambda: 1_790_000_000.5), lines


DOLLARS = st.sampled_from(["$GITOPS_TOKEN", "${GITOPS_TOKEN}", "$$", "'", '"', "`id`", "\nGITOPS_CHANGED=true", "\\n"])


@given(st.dictionaries(st.sampled_from(["outcome", "version", "commit-sha"]), EVIL | DOLLARS))
def test_every_value_is_one_variable_or_left_out(values: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        job = Job(Path(name))
        left_out = runtime(job.environ)[0].output({key: (text,) for key, text in values.items()})
        kept = {key: text for key, text in values.items() if text and key not in left_out}
        variables = {"GITOPS_" + key.upper().replace("-", "_"): text for key, text in kept.items()}
        assert job.variables(known=SECRET) == {
            key: text.encode("utf-8", "replace").decode() for key, text in variables.items()
        }
        assert [path.name for path in job.folder.iterdir()] == ["gitops.env"]


@given(st.lists(EVIL | DOLLARS))
def test_a_document_stays_what_it_is(values: list[str]) -> None:
    document = {"values": [text.encode("utf-8", "replace").decode() for text in values]}
    with tempfile.TemporaryDirectory() as name:
        job = Job(Path(name))
        assert runtime(job.environ)[0].output({"result": (sealed(document),)}) == []
        text = job.variables(known=SECRET)["GITOPS_RESULT"]
        assert not set(" $'`#&<>") & set(text)
        assert json.loads(text) == document


def test_what_does_not_fit_is_left_out(tmp_path: Path) -> None:
    job = Job(tmp_path)
    long = "x" * (DOTENV - len("GITOPS_VERSION=\n") - 1)
    assert runtime(job.environ)[0].output({"version": (long + "x", long), "outcome": ("y",)}) == ["outcome"]
    assert job.variables() == {"GITOPS_VERSION": long}


def test_the_file_is_replaced_and_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine", encoding="utf-8")
    job = Job(tmp_path / "project")
    job.folder.mkdir()
    (job.folder / "gitops.env").symlink_to(outside)
    runtime(job.environ)[0].output({"version": ("1",)})
    runtime(job.environ)[0].output({"version": ("2",)})
    assert job.variables() == {"GITOPS_VERSION": "2"}
    assert outside.read_text(encoding="utf-8") == "mine"
    runtime({**job.environ, "GITOPS_DOTENV": "out/web.env"})[0].output({"version": ("3",)})
    assert job.variables("out/web.env") == {"GITOPS_VERSION": "3"}


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "gitops.env").mkdir()
    for name in ("file/gitops.env", "gitops.env"):
        with pytest.raises(OSError, match=r"file|directory"):
            runtime({"CI_PROJECT_DIR": str(tmp_path), "GITOPS_DOTENV": name})[0].output({"version": ("1",)})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "gitops.env"]


# --- code quality ---

KINDS = st.sampled_from(["error", "warning", "notice"])
PLACES = st.tuples(KINDS, st.none() | EVIL, st.none() | st.integers(1, 9), EVIL)


@given(st.lists(PLACES, max_size=5))
def test_findings_are_a_code_quality_report(places: list[tuple[Severity, str | None, int | None, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        job = Job(Path(name))
        shown, _ = runtime({**job.environ, "GITOPS_CODE_QUALITY": "quality.json"})
        for kind, file, line, message in places:
            file = file and file.encode("utf-8", "replace").decode()
            message = message.encode("utf-8", "replace").decode()
            assert not shown.annotate(Finding("GA010", kind, message, file, line))
        shown.finish()
        assert [line for _, _, line in job.findings("quality.json")] == [
            line or 1 for _, file, line, _ in places if file is not None
        ]


def test_a_report_without_findings_is_empty_and_none_is_written_unasked(tmp_path: Path) -> None:
    job = Job(tmp_path)
    runtime({**job.environ, "GITOPS_CODE_QUALITY": ""})[0].finish()
    assert list(tmp_path.iterdir()) == []
    runtime({**job.environ, "GITOPS_CODE_QUALITY": "quality.json"})[0].finish()
    assert job.findings("quality.json") == []


def test_a_fingerprint_does_not_depend_on_the_line(tmp_path: Path) -> None:
    marks = []
    for line in (3, 4):
        shown, _ = runtime({"CI_PROJECT_DIR": str(tmp_path), "GITOPS_CODE_QUALITY": "quality.json"})
        shown.annotate(Finding("GA010", "error", "wrong", "gitops.yaml", line))
        shown.finish()
        marks.append(json.loads((tmp_path / "quality.json").read_text(encoding="utf-8"))[0]["fingerprint"])
    assert marks[0] == marks[1]


# --- the log ---


@given(EVIL)
def test_a_fold_has_an_end(title: str) -> None:
    job = Job(Path())
    shown, lines = runtime({})
    for _ in range(2):
        with pytest.raises(ValueError, match="inside"), shown.group(title):
            raise ValueError("inside")
    for line in lines:
        assert "\n" not in line
        job.read(line)
    assert job.sections == [(kind, name) for name in ("gitops_1", "gitops_2") for kind in ("start", "end")]
    assert lines[0].startswith("\x1b[0Ksection_start:1790000000:gitops_1[collapsed=true]\r")


# --- what it knows ---


@pytest.mark.parametrize(
    ("environ", "name", "text"),
    [
        ({}, "revision", "c0ffee" + "0" * 34),
        ({"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "b" * 40}, "revision", "b" * 40),
        ({"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": ""}, "revision", "c0ffee" + "0" * 34),
        ({"CI_COMMIT_SHA": "--x"}, "revision", None),
        ({}, "source", "acme/web"),
        ({"CI_PROJECT_PATH": "acme/group/web"}, "source", "acme/group/web"),
        ({"CI_PROJECT_PATH": "acme web"}, "source", None),
        ({}, "sequence", "7"),
        ({"CI_PIPELINE_IID": "7\n"}, "sequence", None),
        ({}, "run", "https://gitlab.com/acme/web/-/jobs/99"),
        ({"CI_JOB_URL": "", "CI_PIPELINE_URL": "http://[x"}, "run", None),
        ({"CI_JOB_URL": "", "CI_PIPELINE_URL": "https://gitlab.com/acme/web/-/pipelines/5"}, "run", "https://gitlab.com/acme/web/-/pipelines/5"),
        ({}, "actor", "alice"),
        ({"GITLAB_USER_LOGIN": "a b"}, "actor", None),
        ({}, "debug", None),
        ({"CI_DEBUG_TRACE": "true"}, "debug", "true"),
    ],
)  # fmt: skip
def test_what_it_knows(environ: dict[str, str], name: str, text: str | None) -> None:
    assert runtime({**Job(Path()).environ, **environ})[0].event().get(name) == text
