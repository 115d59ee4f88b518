"""The JSON Schema and `load` agree on everything that one value is enough to judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gitops_actions.config import load, schema
from gitops_actions.config.problems import Problems
from gitops_actions.config.tree import read
from gitops_actions.errors import ConfigInvalid
from tests.config.kinds import OTHERS as KINDS

HERE = Path(__file__).parent
VALIDATOR = Draft202012Validator(schema(KINDS), format_checker=Draft202012Validator.FORMAT_CHECKER)

# What takes more than one value to see, or knowledge that a pattern cannot hold.
ONLY_LOAD = {
    "another environment": "environments: {a: {after: b}}",
    "a cycle": "environments: {a: {after: b}, b: {after: a}}",
    "a placeholder": "apps: {a: {edits: [{helm: '{env}'}]}}",
    "a day": "freezes: [{name: x, dates: {from: 2026-02-30, to: 2026-03-01}}]",
    "a time zone": "freezes: [{name: x, dates: {from: 2026-02-01, to: 2026-03-01}, timezone: Mars/Base}]",
    "an order": "freezes: [{name: x, dates: {from: 2026-02-02, to: 2026-02-01}}]",
    "a group": "apps: {a: {edits: [{text: a, value: b, pattern: c}]}}",
    "app in the paths": "apps: {'*': {edits: [{helm: a}]}}",
    "gates without after": "environments: {a: {gates: {soak: 1h}}}",
}

TEXTS = [
    "web", "a.b", "a_b-c", "1", "x" * 100, "x" * 101, "", " ", "a b", "a\n", "\na", "a\nb", "a\tb", "a/b",
    "a//b", "/a", "a/",
    "-a", ".a", "a.", "a..b", "..", ".", "../a", "a/..", "a/../b", "./a", "a/./b", "a/.", "a.lock",
    "a.lock/b", "a/.b", ".git",
    "a/.git/b", ".GIT", "a\\b", "a:b", "a:1/b", "a@b", "@", "@{0}", "HEAD", "refs/heads/a", "a~1", "a^", "a?",
    "a*", "a[b",
    "a,b", "${{ x }}", "{app}", "{app}/{environment}", "$(id)", "`id`", "a'b", 'a"b', "é", "日本", "\u202eb",
    "\x7f", "a\x85b",
    "4h", "90s", "0m", "2d", "4", "h", "4 h", "4H", "-1h", "٤h", "1234567890s",
    "Fri 16:00", "Fri 24:00", "fri 16:00", "Fri 16:00\n", "2026-12-20", "2026-12-20\n", "20.12.2026",
    "https://example.com/a", "https://user@example.com/a", "https://u:p@example.com/a",
    "https://example.com/a?b", "http://example.com/a",
    "http://localhost:3000/a", "http://127.0.0.1/a", "http://[::1]:1/a", "http://127.0.0.1.evil.example/a",
    "ssh://git@example.com/a",
    "ssh://git:p@example.com/a", "git@example.com:a/b.git", "ext::id", "file:///a/b", "ftp://example.com/a",
    "../deploy", "/srv/deploy",
    "push", "pull-request", "merge", "squash", "app", "environment", "error", "create", "github", "true",
    "null", "https://example.com/@a", "x" * 1000, "x" * 1001, "x" * 16384, "x" * 16385,
]  # fmt: skip
VALUES: list[Any] = [*TEXTS, 0, 1, -1, 1.5, True, False, None, [], ["a"], ["a", "a"], [1], {}, {"a": 1}]

EDIT = {"yaml": "{environment}/{app}", "path": "a", "value": "b"}
FIELDS: dict[str, Any] = {
    "version": lambda v: {"version": v},
    "key": lambda v: {"version": 1, str(v): None},
    "records": lambda v: {"version": 1, "records": v},
    "app": lambda v: {"version": 1, "app": v},
    "environments": lambda v: {"version": 1, "environments": v},
    "environment": lambda v: {"version": 1, "environments": {"web": v}},
    "environment-name": lambda v: {"version": 1, "environments": {str(v): None}},
    **{
        key: lambda v, key=key: {"version": 1, "environments": {"web": {key: v}}}
        for key in (
            "deliver", "auto-merge", "reviewers", "team-reviewers", "labels", "milestone", "merge-method", "group",
            "branch", "repository", "deployments",
        )
    },
    "label": lambda v: {"version": 1, "environments": {"web": {"labels": [v]}}},
    "gates": lambda v: {"version": 1, "environments": {"a": None, "b": {"after": "a", "gates": v}}},
    "soak": lambda v: {"version": 1, "environments": {"a": None, "b": {"after": "a", "gates": {"soak": v}}}},
    "statuses": lambda v: {"version": 1, "environments": {"a": None, "b": {"after": "a", "gates": {"statuses": v}}}},
    "freezes": lambda v: {"version": 1, "freezes": v},
    "freeze": lambda v: {"version": 1, "freezes": [{"name": v, "weekly": {"from": "Mon 00:00", "to": "Tue 00:00"}}]},
    "moment": lambda v: {"version": 1, "freezes": [{"name": "a", "weekly": {"from": v, "to": "Tue 00:00"}}]},
    "day": lambda v: {"version": 1, "freezes": [{"name": "a", "dates": {"from": v, "to": "2030-01-01"}}]},
    "apps": lambda v: {"version": 1, "apps": v},
    "app-section": lambda v: {"version": 1, "apps": {"web": v}},
    "app-name": lambda v: {"version": 1, "apps": {str(v): {"edits": [EDIT]}}},
    "wildcard": lambda v: {"version": 1, "apps": {"*": {"edits": [EDIT], "source": v}}},
    **{
        key: lambda v, key=key: {"version": 1, "apps": {"web": {"edits": [EDIT], key: v}}}
        for key in ("image", "images", "path", "source")
    },
    "image-and-images": lambda v: {"version": 1, "apps": {"web": {"edits": [EDIT], "image": "a", "images": v}}},
    "edits": lambda v: {"version": 1, "apps": {"web": {"edits": v}}},
    "edit": lambda v: {"version": 1, "apps": {"web": {"edits": [v]}}},
    "file": lambda v: {"version": 1, "apps": {"web": {"edits": [{"helm": v}]}}},
    "two-kinds": lambda v: {"version": 1, "apps": {"web": {"edits": [{"helm": "a", "kustomize": v}]}}},
    "pattern-of-helm": lambda v: {"version": 1, "apps": {"web": {"edits": [{"helm": "a", "pattern": v}]}}},
    "remote": lambda v: {"version": 1, "apps": {"web": {"edits": [{"kustomize": "a", "remote": v}]}}},
    "remote-of-helm": lambda v: {"version": 1, "apps": {"web": {"edits": [{"helm": "a", "remote": v}]}}},
    "value-of-kustomize": lambda v: {"version": 1, "apps": {"web": {"edits": [{"kustomize": "a", "value": v}]}}},
    "value-beside-remote": lambda v: {
        "version": 1, "apps": {"web": {"edits": [{"kustomize": "a", "remote": "b", "value": v}]}}
    },
    **{
        f"{key}-of-another-kind-beside-{'-'.join(rest)}": lambda v, key=key, rest=rest: {
            "version": 1, "apps": {"web": {"edits": [{"hcl": "a", **rest, key: v}]}}
        }
        for key, rest in (
            ("path", {}), ("path", {"label": "a"}), ("label", {}), ("label", {"path": "a"}),
            *((key, {"path": "a", "label": "b"}) for key in ("module", "value", "document", "images", "remote")),
            *((key, {"path": "a", "label": "b"}) for key in ("on-missing", "pattern")),
        )
    },
    "unknown-key": lambda v: {"version": 1, "apps": {"web": {"edits": [{"helm": "a", "x": v}]}}},
    **{
        f"edit-{key}": lambda v, key=key: {"version": 1, "apps": {"web": {"edits": [{**EDIT, key: v}]}}}
        for key in ("path", "value", "document", "on-missing")
    },
    "messages": lambda v: {"version": 1, "messages": v},
    **{key: lambda v, key=key: {"version": 1, "messages": {key: v}} for key in ("title", "body")},
    "url": lambda v: {"version": 1, "config-repo": {"url": v}},
    "base": lambda v: {"version": 1, "config-repo": {"url": "a", "base": v}},
    "config-repo": lambda v: {"version": 1, "config-repo": v},
    "pipeline": lambda v: {"version": 1, "pipeline": v},
    "use": lambda v: {"version": 1, "pipeline": {"use": v}},
    "platform": lambda v: {"version": 1, "pipeline": {"use": "a", "platforms": [v]}},
    "with": lambda v: {"version": 1, "pipeline": {"use": "a", "with": v}},
}  # fmt: skip


def accepted(document: dict[str, Any]) -> str | None:
    """What `load` says to a document; JSON is YAML. None: nothing."""
    try:
        load(json.dumps(document).replace("\x7f", "\\u007f"), file="gitops.yaml", kinds=KINDS)
    except ConfigInvalid as error:
        return str(error)
    return None


def plain(text: str) -> Any:
    """What an editor would check against the schema."""
    root = read(text, Problems("gitops.yaml"))
    assert root
    return root.plain()


def test_it_is_a_schema_that_editors_understand() -> None:
    document = schema(KINDS)
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(document)) == document
    assert "Shape" not in json.dumps(document)


def test_everything_has_a_description() -> None:
    document = schema(KINDS)
    for name, definition in {"the file": document, **document["$defs"]}.items():
        assert definition["description"], name
        for key, value in definition["properties"].items():
            assert value.get("description") or "$ref" in value or "$ref" in str(value.get("anyOf")), f"{name}.{key}"


@pytest.mark.parametrize("field", FIELDS)
def test_same_verdict(field: str) -> None:
    verdicts = set()
    for value in VALUES:
        document = FIELDS[field](value)
        complaint = accepted(document)
        assert VALIDATOR.is_valid(document) == (complaint is None), f"{document}: {complaint}"
        verdicts.add(complaint is None)
    assert False in verdicts


@pytest.mark.parametrize("case", ONLY_LOAD)
def test_what_only_load_can_see(case: str) -> None:
    text = f"version: 1\n{ONLY_LOAD[case]}\n"
    assert VALIDATOR.is_valid(plain(text))
    with pytest.raises(ConfigInvalid):
        load(text, file="gitops.yaml", kinds=KINDS)


def test_the_example_is_valid() -> None:
    document = plain((HERE / "example.yaml").read_text(encoding="utf-8"))
    assert list(VALIDATOR.iter_errors(document)) == []
