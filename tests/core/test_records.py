"""Release records."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.core import records
from gitops_actions.errors import EditRefused
from gitops_actions.model import Image, Record, Release, Source

FULL = Record(
    "web",
    "staging",
    Release(
        "1.10",
        (Image("a/front", "a/front", "1.10"), Image("a/back", "a/back", "0123", "sha256:" + "0" * 64)),
        Source("acme/web", "4" * 40, 7),
    ),
    promoted_from="dev",
)

names = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
# Control characters never get into a release: `deploy` refuses them.
texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1)
sources = st.builds(Source, st.none() | texts, st.none() | texts, st.none() | st.integers(0, 2**63 - 1))


def test_path() -> None:
    assert records.path("dev", "web") == ".gitops/releases/dev/web.yaml"


def test_what_is_written() -> None:
    assert records.render(FULL).decode().splitlines()[1:] == [
        'app: "web"',
        'environment: "staging"',
        'version: "1.10"',
        "images:",
        '  - "a/front:1.10"',
        f'  - "a/back:0123@sha256:{"0" * 64}"',
        "source:",
        '  repository: "acme/web"',
        f'  revision: "{"4" * 40}"',
        "  sequence: 7",
        'promoted-from: "dev"',
    ]


@given(names, names, texts, sources, st.none() | names)
def test_what_is_written_reads_back_fast_and_as_yaml(
    app: str, environment: str, version: str, source: Source, origin: str | None
) -> None:
    record = Record(app, environment, Release(version, (), source), origin)
    content, path = records.render(record), records.path(environment, app)
    assert records.read(content, path) == record
    # A person's comment takes the record off the fast path; what it says stays the same.
    assert records.read(b"# seen\n" + content, path) == record
    assert yaml.safe_load(content)["version"] == version


def test_images_and_all_fields_survive() -> None:
    path = records.path("staging", "web")
    assert records.read(records.render(FULL), path) == FULL
    assert records.read(records.render(FULL) + b"\n", path) == FULL


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"app: web\n", "`environment` must be a text"),
        (b"app: [\n", "it is not YAML"),
        (b"- app\n", "it is not a mapping"),
        (b"app: ../x\nenvironment: dev\nversion: 1\n", "may only hold letters"),
        (b"app: web\nenvironment: dev\nversion: 1\nsource: here\n", "`source` must be a mapping"),
        (b"app: web\nenvironment: dev\nversion: 1\nsource: {sequence: x}\n", "`sequence` must be a number"),
        (b"app: web\nenvironment: dev\nversion: 1\nimages: ['!']\n", "is not an image"),
        (b"\xff\xfe", "it is not a mapping"),
        (b"[" * 100_000, "it is not YAML"),
    ],
)
def test_what_is_not_a_record(content: bytes, message: str) -> None:
    with pytest.raises(EditRefused, match=message) as caught:
        records.read(content, ".gitops/releases/dev/web.yaml")
    assert caught.value.file == ".gitops/releases/dev/web.yaml"
    assert caught.value.hint


def test_a_record_that_was_copied_is_not_believed() -> None:
    with pytest.raises(EditRefused, match="it says that it is of web in staging"):
        records.read(records.render(FULL), ".gitops/releases/dev/web.yaml")
