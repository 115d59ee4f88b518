"""From configuration to places."""

from __future__ import annotations

import pytest

from gitops_actions import plugins
from gitops_actions.core import graph, naming, promote, targets
from gitops_actions.errors import UsageError
from gitops_actions.model import App, Config, EditSpec, Environment, Image, Release, Source

ENVIRONMENTS = {
    "production": Environment("production", ("staging", "load")),
    "dev": Environment("dev"),
    "staging": Environment("staging", ("dev",)),
    "load": Environment("load", ("dev",)),
}
FOUND = App(
    "*", images=("ghcr.io/acme/{app}",), edits=(EditSpec("kustomize", "services/{app}/overlays/{environment}"),)
)


def test_apps_are_found_by_their_paths() -> None:
    config = Config(environments=ENVIRONMENTS, apps={"*": FOUND, "web": App("web")})
    names = [
        "services/api/overlays/dev/kustomization.yaml",
        "services/api/overlays/staging/kustomization.yaml",
        "services/web/overlays/dev/kustomization.yaml",
        "services/bad name/overlays/dev/kustomization.yaml",
        "services/x/overlays/elsewhere/kustomization.yaml",
        "services/deep/er/overlays/dev/kustomization.yaml",
    ]
    apps = targets.found_apps(config, dict.fromkeys(ENVIRONMENTS, names))
    assert list(apps) == ["web", "api"]
    assert targets.environments_of(config, apps["api"]) == ("dev", "staging")
    assert apps["api"].images == ("ghcr.io/acme/api",)
    assert targets.specs(apps["api"], "dev")[0].file == "services/api/overlays/dev"


def test_options_are_filled_in() -> None:
    edit = EditSpec("kustomize", "{app}", options={"remote": "acme/{app}//{environment}", "other": 1})
    (spec,) = targets.specs(App("web", edits=(edit,)), "dev")
    assert spec.options == {"remote": "acme/web//dev", "other": 1}


def test_an_app_is_found_where_all_its_edits_have_a_file() -> None:
    app = App(
        "*", edits=(EditSpec("yaml", "{app}/{environment}.yaml"), EditSpec("text", "{app}/{app}-{environment}.tf"))
    )
    config = Config(environments={"dev": Environment("dev")}, apps={"*": app})
    names = ["a/dev.yaml", "a/a-dev.tf", "b/dev.yaml", "c/dev.yaml", "c/a-dev.tf"]
    assert list(targets.found_apps(config, {"dev": names})) == ["a"]


def test_an_unknown_app_is_told_with_the_nearest_one() -> None:
    error = targets.unknown_app("wbe", ["web", "api"])
    assert "there is no app 'wbe'" in error.message
    assert "known: api, web" in error.message
    assert error.hint == "did you mean 'web'?"


@pytest.mark.parametrize(
    ("kind", "file", "path", "folder"),
    [
        ("kustomize", "apps/web/overlays/{environment}", None, "apps/web/overlays/dev"),
        ("kustomize", "apps/my.app/v1.2/", None, "apps/my.app/v1.2"),
        ("kustomize", "apps/web/{environment}/kustomization.yaml", None, "apps/web/dev"),
        ("kustomize", "apps/web/{environment}/Kustomization", None, "apps/web/dev"),
        ("kustomize", ".", None, ""),
        ("text", "apps/web/{environment}/.env", None, "apps/web/dev"),
        ("text", "apps/web/Dockerfile", None, "apps/web"),
        ("yaml", "values-{environment}.yaml", None, ""),
        ("yaml", "x/{environment}.yaml", "deploy/{app}/{environment}/", "deploy/web/dev"),
    ],
)
def test_what_the_agent_applies(kind: str, file: str, path: str | None, folder: str) -> None:
    app = App("web", path=path, edits=(EditSpec(kind, file),))
    assert targets.folder(app, "dev", lambda spec: plugins.Editors()[spec.kind].paths(spec)) == folder


def test_values_are_filled_in_and_braces_of_others_stay() -> None:
    release = Release("1.2", (Image("a/web", "a/web", "1.2", "sha256:" + "0" * 64),), Source("acme/web", "4" * 40))
    spec = EditSpec("text", "f", value="{version} {tag} {short_revision} {app}@{environment} {40} {other}")
    assert targets.filled(spec, release, "web", "dev").value == "1.2 1.2 4444444 web@dev {40} {other}"
    with pytest.raises(UsageError, match=r"writes \{revision\}") as caught:
        targets.filled(EditSpec("text", "f", value="{revision}"), Release("1.2"), "web", "dev")
    assert caught.value.hint == "give --revision SHA"


def test_the_graph() -> None:
    config = Config(environments=ENVIRONMENTS, apps={})
    assert graph.ordered(config) == ["dev", "staging", "load", "production"]
    assert graph.before(config, "production") == {"staging", "load", "dev"}
    assert graph.sources(config, App("web"), "production") == ["staging", "load"]
    assert graph.sources(config, App("web", environments=("dev", "production")), "production") == ["dev"]
    assert graph.sources(config, App("web", environments=("production",)), "production") == []


def test_names_of_environments_must_fit_together() -> None:
    config = Config(environments=ENVIRONMENTS, apps={})
    assert [one.name for one in promote.targets(config)] == ["staging", "load", "production"]
    with pytest.raises(UsageError, match="there is no environment 'prod'"):
        promote.targets(config, target="prod")
    with pytest.raises(UsageError, match="dev does not come after staging"):
        promote.targets(config, source="staging", target="dev")


def test_branches() -> None:
    assert naming.branch("dev", "web") == "gitops/dev/web"
    assert naming.branch("dev", None) == "gitops/dev/_all"
    one, other = naming.set_branch(["a/b.yaml"]), naming.set_branch(["a-b.yaml"])
    assert one.startswith("gitops/set/a-b-yaml-")
    assert one != other
    assert naming.set_branch(["x.yaml", "y.yaml", "x.yaml"]) == naming.set_branch(["y.yaml", "x.yaml"])
