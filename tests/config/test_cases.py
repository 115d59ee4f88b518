"""Golden cases: every class of problem, with its place, its words and its hint."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gitops_actions.config import load
from gitops_actions.errors import ConfigInvalid
from tests.config.kinds import KINDS, OTHERS

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
WORDS_OF_LIBYAML = ("not-yaml", "tab-indent", "unquoted-placeholder")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_problems(case: Path) -> None:
    if case.name in WORDS_OF_LIBYAML and not yaml.__with_libyaml__:
        pytest.skip("PyYAML's own parser says it in other words")
    text = (case / "gitops.yaml").read_bytes().decode()
    with pytest.raises(ConfigInvalid) as caught:
        load(text, file="gitops.yaml", kinds=OTHERS if "hcl:" in text else KINDS)
    assert f"{caught.value}\n" == (case / "problems.txt").read_text(encoding="utf-8")
    assert "hunter2" not in str(caught.value)
    assert all(finding.line and finding.column for finding in caught.value.findings())
