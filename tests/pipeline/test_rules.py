"""The rules that every pipeline keeps, whoever wrote its template; those of GitHub are in `test_generate.py`."""

from __future__ import annotations

import pytest
import yaml

from gitops_actions.errors import UsageError
from gitops_actions.pipeline import gitlab

GOOD = {
    "stages": ["test"],
    "include": [{"local": "/x.yml"}],
    "one": {"stage": "test", "image": {"name": "a/b:1"}, "timeout": "5 minutes", "script": ["echo $CI_JOB_ID"]},
    "two": {"trigger": {"include": [{"artifact": "x.yml", "job": "one"}]}},
    ".three": {"variables": {"A": "b"}},
}


def test_what_is_allowed() -> None:
    gitlab.check(yaml.safe_dump(GOOD))
    gitlab.check(yaml.safe_dump({"include": GOOD["include"]}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"one": {"script": ["x"], "timeout": "1h", "image": "alpine"}}, "neither tag nor digest"),
        ({"one": {"script": ["x"], "timeout": "1h", "services": ["docker"]}}, "neither tag nor digest"),
        ({"one": {"script": ["x"], "timeout": "1h", "services": [{"name": "docker"}]}}, "neither tag nor digest"),
        ({"default": {"image": {"name": "alpine"}}}, "neither tag nor digest"),
        ({"default": ["alpine"]}, "not a mapping"),
        ({"one": {"script": ["x"]}}, "no `timeout`"),
        ({"one": {"timeout": "1h"}}, "neither `script` nor `trigger`"),
        ({"one": {"script": ["echo $[[ inputs.x ]]"], "timeout": "1h"}}, "hand it over by `variables`"),
        ({"one": {"script": ["x"], "timeout": "1h", "imgae": "x:1"}}, "not known here"),
        ({"one": ["x"]}, "not a mapping"),
        ({"include": [{"remote": "https://example.com/x.yml"}]}, "only files of the repository"),
        ({"include": ["https://example.com/x.yml"]}, "only files of the repository"),
        ({"include": "https://example.com/x.yml"}, "only files of the repository"),
        ({"include": {"remote": "https://example.com/x.yml"}}, "only files of the repository"),
        ({"one": {"trigger": {"include": [{"remote": "https://example.com/x.yml"}]}}}, "`local` or `artifact`"),
        ({"one": {"trigger": {"include": "https://example.com/x.yml"}}}, "`local` or `artifact`"),
    ],
)
def test_what_is_not(change: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        gitlab.check(yaml.safe_dump(GOOD | change))
    assert caught.value.code == "GA557"


def test_a_pipeline_has_jobs() -> None:
    with pytest.raises(UsageError, match="no job"):
        gitlab.check("stages: [test]\n")
