"""Golden cases: cases/KIND/NAME/{input.*, spec.json, output.* or error.txt}, compared by bytes, with both
YAML parsers, and with documents that come one after the other as those of large files do. ``spec.json``: the ``edit``,
and of the release the ``images``, ``version`` and ``revision``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_actions.edit import nodes, parsers
from gitops_actions.edit.source import text_of
from gitops_actions.errors import EditRefused
from gitops_actions.model import EditSpec, File, Image, Release, Source
from gitops_actions.plugins import Editors

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in CASES.rglob("spec.json"))
EDITORS = Editors()


def outcome(folder: Path) -> tuple[bytes | None, str | None]:
    """The new bytes, or the refusal as text; one of them is None."""
    case = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    (file,) = folder.glob("input.*")
    images = tuple(Image(**image) for image in case.get("images", ()))
    release = Release(case.get("version", "1"), images, Source(revision=case.get("revision")))
    spec = EditSpec(**case["edit"])
    try:
        edited = EDITORS[spec.kind].edit(text_of(File(file.read_bytes())), spec, release)
    except EditRefused as error:
        place = f"{error.line}:{error.column or ''}".strip(":") if error.line else "-"
        return None, f"{error.code} {place} {error.message}\nhint: {error.hint}\n"
    return edited.text.encode(), None


@pytest.mark.parametrize(
    ("parser", "large"),
    [(nodes.AnyParser, nodes.LARGE), (parsers.PureParser, nodes.LARGE), (nodes.AnyParser, 0)],
    ids=["libyaml", "pure", "as a large file"],
)
@pytest.mark.parametrize("folder", FOLDERS, ids=["-".join(folder.relative_to(CASES).parts) for folder in FOLDERS])
def test_case(folder: Path, parser: type, large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    monkeypatch.setattr(nodes, "LARGE", large)
    content, error = outcome(folder)
    if error is not None:
        wanted = (folder / "error.txt").read_text(encoding="utf-8")
        if parser is parsers.PureParser and wanted.startswith("GA108"):  # the parsers have words of their own
            wanted, error = wanted[:5], error[:5]
        assert error == wanted
    else:
        (expected,) = folder.glob("output.*")
        assert content == expected.read_bytes()
