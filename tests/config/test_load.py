"""What a valid gitops.yaml becomes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gitops_actions.config import load
from gitops_actions.errors import ConfigInvalid
from gitops_actions.model import Config, ConfigRepo, EditSpec, Freeze, Gates, Messages, Template
from gitops_actions.plugins import Editors
from tests.config.kinds import KINDS, OTHERS

EXAMPLE = Path(__file__).parent / "example.yaml"


def loaded(text: str) -> Config:
    return load(text, file="gitops.yaml", kinds=KINDS)


def test_every_section_of_the_example() -> None:
    config = loaded(EXAMPLE.read_text(encoding="utf-8"))
    assert list(config.environments) == ["dev", "staging", "production"]
    assert config.environments["dev"].deliver == "push"
    assert config.environments["staging"].auto_merge
    production = config.environments["production"]
    assert (production.after, production.reviewers, production.team_reviewers) == (("staging",), ("alice",), ("sre",))
    assert (production.merge_method, production.branch, production.repository) == ("squash", "main", None)
    assert production.gates == Gates(4 * 3600, ("gitops/staging",))
    assert config.freezes == (
        Freeze("weekend", ("production",), ("Fri 16:00", "Mon 08:00"), None, "Europe/Berlin"),
        Freeze("year-end", (), None, (date(2026, 12, 20), date(2027, 1, 3))),
    )
    api = config.apps["api"]
    assert (api.images, api.environments) == (("ghcr.io/acme/api",), ("dev", "production"))
    assert api.edits[2] == EditSpec(
        "text",
        "envs/{environment}/main.tf",
        value="{revision}",
        pattern="ref=(?P<value>[0-9a-f]{40})",
        line=47,
        column=9,
    )
    assert config.apps["*"].images == ("ghcr.io/acme/{app}",)
    assert config.config_repo == ConfigRepo("https://github.com/acme/deploy", "main")
    assert config.app == "web"
    (pipeline,) = config.pipelines
    assert (pipeline.name, pipeline.use, pipeline.platforms) == ("container", "container", ("github", "gitlab"))
    assert pipeline.values == {"image": "ghcr.io/acme/web", "test": "make test"}
    assert (pipeline.place("image"), pipeline.place("test"), pipeline.place("other", 3)) == (
        (61, 17),
        (61, 41),
        (61, 9),
    )


def test_several_pipelines() -> None:
    one, other = loaded(
        "version: 1\npipeline:\n"
        "  - {use: package, platforms: [github], with: {kind: python}}\n"
        "  - {use: container, name: web, platforms: [gitlab], with: {images: [{name: a}]}}\n"
    ).pipelines
    assert (one.name, other.name, one.values, other.place("images", 0, "name")) == (
        "package", "web", {"kind": "python"}, (4, 77)
    )  # fmt: skip


def test_a_version_is_enough() -> None:
    assert loaded("version: 1\n") == Config()
    assert loaded("\ufeffversion: 1\r\nenvironments:\r\napps:\r\nfreezes:\r\n") == Config()


def test_records_can_be_turned_off() -> None:
    assert not loaded("version: 1\nrecords: false\n").records


def test_aliases_and_merge_keys() -> None:
    config = loaded(
        "version: 1\n"
        "environments:\n"
        "  dev: &common {labels: &labels [a], auto-merge: true}\n"
        "  staging: {<<: *common, after: dev}\n"
        "  production: {<<: [{auto-merge: false}, *common], after: staging, reviewers: *labels}\n"
    )
    assert config.environments["staging"].labels == ("a",)
    assert config.environments["staging"].auto_merge
    assert not config.environments["production"].auto_merge
    assert config.environments["production"].reviewers == ("a",)


def test_words_of_yaml_1_1_stay_texts() -> None:
    config = loaded("version: 1\nenvironments:\n  on:\n  no: {after: on, labels: [yes, 12:30:45, 2026-01-01]}\n")
    assert config.environments["no"].after == ("on",)
    assert config.environments["no"].labels == ("yes", "12:30:45", "2026-01-01")


def test_a_diamond_is_not_a_cycle() -> None:
    text = "version: 1\nenvironments:\n  a:\n  b: {after: a}\n  c: {after: [a, a]}\n  d: {after: [b, c]}\n"
    assert loaded(text).environments["c"].after == ("a",)


def test_environments_on_branches_of_their_own_may_share_paths() -> None:
    text = (
        "version: 1\nenvironments:\n  dev: {branch: env/dev}\n  production: {after: dev, branch: env/production}\n"
        "apps:\n  web: {edits: [{helm: values.yaml}]}\n"
    )
    assert loaded(text).apps["web"].edits[0].file == "values.yaml"


def test_a_document_may_be_a_number() -> None:
    text = "version: 1\napps:\n  web: {edits: [{helm: values.yaml, document: 1}, {helm: v.yaml, document: kind=A}]}\n"
    assert [edit.document for edit in loaded(text).apps["web"].edits] == ["1", "kind=A"]


def test_a_marker_is_the_apps_unless_the_edit_says_otherwise() -> None:
    edits = "edits: [{marker: a.yaml}, {marker: b.yaml, path: 'flux-system:web'}, {argocd: c.yaml}]"
    app = load(f"version: 1\napps:\n  web: {{{edits}}}\n", file="gitops.yaml", kinds=Editors()).apps["web"]
    assert [edit.path for edit in app.edits] == ["{app}", "flux-system:web", None]


def test_a_kind_from_a_plugin() -> None:
    edits = "[{hcl: main.tf, pattern: '(?P<value>x)'}, {hcl: x, path: a, label: b, module: m}]"
    text = f"version: 1\napps:\n  web: {{edits: {edits}}}\n"
    first, second = load(text, file="gitops.yaml", kinds=OTHERS).apps["web"].edits
    assert (first.kind, first.value, first.options) == ("hcl", "{version}", {"module": "{app}"})
    assert (second.path, second.options) == ("a", {"module": "m", "label": "b"})
    with pytest.raises(ConfigInvalid, match="no edit kind 'hcl'"):
        loaded(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "version: 1\n" + "".join(" " * depth + "a:\n" for depth in range(500)),
        "version: 1\nb: &b {"
        + ", ".join(f"k{number}: 1" for number in range(9000))
        + "}\nx: {<<: ["
        + ",".join(["*b"] * 50_000)
        + "]}\n",
        "version: 1\n#" + "x" * 2_000_000,
        "version: '\ud800'\n",
        "version: " + "9" * 5000,
    ],
    ids=["deep", "deep-block", "merge-bomb", "large", "surrogate", "digits"],
)
def test_hostile_files_are_refused(text: str) -> None:
    with pytest.raises(ConfigInvalid):
        loaded(text)


def test_a_long_chain_of_environments() -> None:
    names = "".join(f"  e{number}: {{after: e{number + 1}}}\n" for number in range(1500))
    assert len(loaded(f"version: 1\nenvironments:\n{names}  e1500:\n").environments) == 1501


def test_messages_know_their_place() -> None:
    config = loaded("version: 1\nmessages:\n  title: <@ subject @>\n  body: |\n    one\n    two\n")
    assert config.messages.title == Template("<@ subject @>", "gitops.yaml", 3, 10)
    assert config.messages.body == Template("one\ntwo\n", "gitops.yaml", 4, 9)
    assert loaded("version: 1\nmessages:\n").messages == Messages()
    assert loaded("version: 1\nmessages: {title: null}\n").messages == Messages()
