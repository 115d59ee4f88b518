"""`gitops-actions init`: for each layout, what it finds, and that `validate` accepts what it writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gitops_actions import config as configuration
from gitops_actions import plugins
from gitops_actions.cli.init import command
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.validate import check_folder
from gitops_actions.errors import UsageError
from gitops_actions.model import App, Config, EditSpec
from gitops_actions.testing.nobody import Nobody

SETTINGS = Settings("text", 0, {}, 0)
KUSTOMIZATION = "resources: [../../base]\nimages:\n  - name: ghcr.io/acme/web\n    newTag: 1.0.0\n"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/web:1.0.0
        - name: proxy
          image: nginx:1.27
"""
COMPOSE = "services:\n  web:\n    image: ghcr.io/acme/web:1.0.0\n  db:\n    image: postgres:17\n"
VALUES = "image:\n  repository: ghcr.io/acme/api\n  tag: 1.0.0\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def put(here: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text, encoding="utf-8")


def init(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, obj=SETTINGS)


def written(here: Path, *arguments: str) -> Config:
    result = init(*arguments)
    assert result.exit_code == 0, result.exception
    text = (here / "gitops.yaml").read_text(encoding="utf-8")
    config = configuration.load(text, file="gitops.yaml", kinds=plugins.Editors())
    assert [str(finding) for finding in check_folder(SETTINGS, here)] == []
    return config


def edit(app: App) -> tuple[object, ...]:
    (spec,) = app.edits
    assert isinstance(spec, EditSpec)
    return spec.kind, spec.file, spec.path, spec.value


def test_kustomize_overlays(here: Path) -> None:
    put(
        here,
        {
            "apps/web/base/kustomization.yaml": "resources: []\n",
            "apps/web/base/deployment.yaml": DEPLOYMENT,
            **{
                f"apps/web/overlays/{name}/kustomization.yaml": KUSTOMIZATION
                for name in ("production", "dev", "staging")
            },
        },
    )
    config = written(here, "config")
    assert list(config.environments) == ["dev", "staging", "production"]
    assert [one.after for one in config.environments.values()] == [(), ("dev",), ("staging",)]
    assert list(config.apps) == ["web"]
    assert config.apps["web"].images == ("ghcr.io/acme/web",)
    assert edit(config.apps["web"]) == ("kustomize", "apps/web/overlays/{environment}", None, None)


def test_folders_of_environments_with_kustomizations(here: Path) -> None:
    put(here, {f"{name}/web/kustomization.yml": KUSTOMIZATION for name in ("test", "prod")})
    config = written(here, "config")
    assert list(config.environments) == ["test", "prod"]
    assert edit(config.apps["web"])[:2] == ("kustomize", "{environment}/web")


def test_helm_values(here: Path) -> None:
    put(here, {"charts/api/Chart.yaml": "name: api\n", "charts/api/values.yaml": VALUES})
    put(here, {f"charts/api/values-{name}.yaml": VALUES for name in ("dev", "uat", "live")})
    put(here, {"charts/api/values-secrets.yaml": VALUES, "charts/api/templates/deployment.yaml": "{{ .Values }}\n"})
    config = written(here, "config")
    assert list(config.environments) == ["dev", "uat", "live"]
    assert edit(config.apps["api"]) == ("helm", "charts/api/values-{environment}.yaml", "image.tag", None)


def test_plain_manifests(here: Path) -> None:
    put(here, {f"k8s/{name}/web.yaml": DEPLOYMENT for name in ("staging", "production")})
    config = written(here, "config")
    assert list(config.apps) == ["web"]
    assert edit(config.apps["web"]) == ("manifest", "k8s/{environment}/web.yaml", None, None)


def test_compose_files(here: Path) -> None:
    put(here, {"dev/compose.yaml": COMPOSE, "production/compose.yaml": COMPOSE})
    config = written(here, "config")
    assert list(config.apps) == ["web"]
    assert edit(config.apps["web"]) == ("yaml", "{environment}/compose.yaml", "services.web.image", "{image}")


def test_everything_at_once(here: Path) -> None:
    put(
        here,
        {f"apps/web/overlays/{name}/kustomization.yaml": KUSTOMIZATION for name in ("dev", "staging", "production")},
    )
    put(here, {f"charts/api/values-{name}.yaml": VALUES for name in ("dev", "production")})
    put(here, {f"edge/{name}/docker-compose.yml": COMPOSE.replace("web", "edge") for name in ("dev", "production")})
    config = written(here, "config")
    assert {name: app.environments for name, app in config.apps.items()} == {
        "web": (),
        "api": ("dev", "production"),
        "edge": ("dev", "production"),
    }


def test_parallel_environments(here: Path) -> None:
    put(here, {f"web/overlays/{name}/kustomization.yaml": KUSTOMIZATION for name in ("dev", "prod-eu", "prod-us")})
    config = written(here, "config")
    assert config.environments["prod-eu"].after == config.environments["prod-us"].after == ("dev",)


def test_what_does_not_fit_is_left_out_and_said(here: Path) -> None:
    put(here, {f"web/overlays/{name}/kustomization.yaml": KUSTOMIZATION for name in ("dev", "production")})
    twice = VALUES + "  tag: 2.0.0\n"
    put(here, {f"charts/api/values-{name}.yaml": twice for name in ("dev", "production")})
    result = init("config")
    assert "left out: app api in dev" in result.stdout
    assert list(configuration.load((here / "gitops.yaml").read_text(), file="f", kinds=plugins.Editors()).apps) == [
        "web"
    ]


@pytest.mark.parametrize(
    ("folder", "image", "words"),
    [
        ("apps/api", "<registry>/api", "must be an image"),
        ("apps/{name}", "ghcr.io/acme/api", "`{name}` is no placeholder"),
    ],
)
def test_what_gitops_yaml_cannot_hold_is_left_out_and_said(here: Path, folder: str, image: str, words: str) -> None:
    put(here, {"apps/web/dev/d.yaml": DEPLOYMENT})
    put(here, {f"{folder}/dev/d.yaml": DEPLOYMENT.replace("ghcr.io/acme/web", image)})
    assert list(written(here, "config").apps) == ["web"]
    result = init("config", "--force")
    assert f"left out: {folder}/{{environment}}/d.yaml: " in result.stdout
    assert words in result.stdout


def test_strange_names_stay_texts(here: Path) -> None:
    put(here, {f"overlays/{name}/kustomization.yaml": KUSTOMIZATION for name in ("on", "1.10", "it's", "a b", "-x")})
    assert set(written(here, "config").environments) == {"on", "1.10"}


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "a: {{ b }}\n", "\x00", "a: &a [*a]\n", "- a\n", "image: {repository: [x]}\n", ""]
)
def test_files_that_are_not_what_they_seem(here: Path, text: str) -> None:
    put(
        here, {f"overlays/dev/{name}": text for name in ("compose.yaml", "values.yaml", "kustomization.yaml", "x.yaml")}
    )
    result = init("config")
    assert isinstance(result.exception, UsageError)
    assert "found no app" in str(result.exception)
    assert not (here / "gitops.yaml").exists()


def test_an_app_repository(here: Path) -> None:
    put(
        here,
        {
            ".git/config": '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@github.com:acme/web.git\n',
            "Dockerfile": "",
        },
    )
    result = init("app")
    assert result.exit_code == 0, result.exception
    config = configuration.load((here / "gitops.yaml").read_text(), file="f", kinds=plugins.Editors())
    assert config.app == "web"
    assert config.config_repo
    assert config.config_repo.url == "git@github.com:acme/deploy"
    assert "--image ghcr.io/acme/web:TAG" in result.stdout
    assert check_folder(SETTINGS, here) == []


def test_credentials_of_the_remote_are_not_copied(here: Path) -> None:
    put(here, {".git/config": '[remote "origin"]\n\turl = https://me:hunter2@gitlab.com/acme/sub/web.git\n'})
    result = init("app")
    text = (here / "gitops.yaml").read_text()
    assert "hunter2" not in text + result.output
    assert "https://gitlab.com/acme/sub/deploy" in text


@pytest.mark.parametrize(
    ("remote", "url", "image"),
    [
        ("ssh://git@gitlab.com/acme/web.git", "ssh://git@gitlab.com/acme/deploy", "registry.gitlab.com/acme/web"),
        ("ssh://git:pw@h.example:2222/acme/web", "ssh://git@h.example:2222/acme/deploy", "registry.h.example/acme/web"),
        ("https://h.example:8443/acme/web", "https://h.example:8443/acme/deploy", "registry.h.example/acme/web"),
        ("https://me:hunt@r2@github.com/acme/web", "https://github.com/acme/deploy", "ghcr.io/acme/web"),
        ("/srv/git/web.git", "https://github.com/acme/deploy", "IMAGE"),
        ("http://gitlab.example/acme/web", "https://github.com/acme/deploy", "IMAGE"),
    ],
)
def test_addresses_of_remotes(here: Path, remote: str, url: str, image: str) -> None:
    put(here, {".git/config": f'[remote "origin"]\n\turl = {remote}\n'})
    result = init("app")
    config = configuration.load((here / "gitops.yaml").read_text(), file="f", kinds=plugins.Editors())
    assert config.config_repo
    assert config.config_repo.url == url
    assert f"--image {image}:TAG" in result.stdout


def test_an_app_without_a_remote_is_called_as_its_folder(here: Path) -> None:
    assert init("app").exit_code == 0
    assert "app: shop" in (here / "gitops.yaml").read_text()


@pytest.mark.parametrize("kind", ["app", "config"])
def test_it_does_not_overwrite(here: Path, kind: str) -> None:
    put(here, {"gitops.yaml": "mine\n", **{f"overlays/{n}/kustomization.yaml": KUSTOMIZATION for n in ("dev", "prod")}})
    result = init(kind)
    assert isinstance(result.exception, UsageError)
    assert result.exception.exit_code == 2
    assert (here / "gitops.yaml").read_text() == "mine\n"
    assert init(kind, "--force").exit_code == 0
    assert (here / "gitops.yaml").read_text() != "mine\n"
    assert sorted(path.name for path in here.iterdir()) == ["gitops.yaml", "overlays"]


def test_a_link_is_not_followed(here: Path) -> None:
    (here / "gitops.yaml").symlink_to("../elsewhere.yaml")
    assert isinstance(init("app").exception, UsageError)
    assert init("app", "--force").exit_code == 0
    assert not (here / "../elsewhere.yaml").exists()


def test_hidden_folders_links_and_other_repositories_are_not_looked_into(here: Path, tmp_path: Path) -> None:
    overlay = "overlays/{}/kustomization.yaml"
    files = {f"web/{overlay.format(name)}": KUSTOMIZATION for name in ("dev", "production")}
    for other in (".cache/x", "clone", "mirror.git", "linked"):
        at = tmp_path if other == "linked" else here
        (at / other).mkdir(parents=True)
        put(at, {f"{other}/{name}": text for name, text in files.items()})
    (here / "clone/.git").mkdir()
    for name in ("HEAD", "objects", "refs"):
        (here / "mirror.git" / name).mkdir()
    (here / "linked").symlink_to(tmp_path / "linked")
    (here / "values-dev.yaml").symlink_to("nowhere")
    result = init("config")
    assert isinstance(result.exception, UsageError)
    assert result.exception.code == "GA078"
    put(here, files)
    assert list(written(here, "config").apps) == ["web"]


RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec: {values: {}}\n"


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({}, "apps/{environment}/release.yaml"),
        ({f"flux/{name}/web.yaml": RELEASE for name in ("staging", "production")}, "flux/{environment}/web.yaml"),
    ],
)
def test_where_nothing_is_recognised_it_says_what_to_write(here: Path, files: dict[str, str], path: str) -> None:
    put(here, files)
    error = init("config").exception
    assert isinstance(error, UsageError)
    one, other = re.findall(r"`- ([^`]*)`", error.hint or "")
    text = f"version: 1\nenvironments: {{dev: {{}}}}\napps:\n  web:\n    edits:\n      - {one}\n      - {other}\n"
    config = configuration.load(text, file="f", kinds=plugins.Editors())
    assert [(edit.kind, edit.file) for edit in config.apps["web"].edits] == [
        ("yaml", path),
        ("manifest", "apps/{environment}/deployment.yaml"),
    ]


@pytest.mark.parametrize("locked", ["folder", "file"])
def test_what_cannot_be_read_is_named(nobody: Nobody, monkeypatch: pytest.MonkeyPatch, locked: str) -> None:
    monkeypatch.chdir(nobody.folder)
    put(nobody.folder, {f"web/overlays/{name}/kustomization.yaml": KUSTOMIZATION for name in ("dev", "production")})
    assert init("config").exit_code == 0  # and whatever is imported late is here now
    place = nobody.folder / ("web/overlays/dev" if locked == "folder" else "web/overlays/dev/kustomization.yaml")
    place.chmod(0o000)
    nobody.own(nobody.folder)
    with nobody():
        error = init("config", "--force").exception
    assert isinstance(error, UsageError)
    assert error.code == "GA079"
    assert error.message == f"cannot read {place.relative_to(nobody.folder)}: Permission denied"


def test_a_folder_that_may_not_be_written_to(nobody: Nobody, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(nobody.folder)
    nobody.folder.chmod(0o555)
    with nobody():
        error = init("app").exception
    assert isinstance(error, UsageError)
    assert error.message == f"cannot write {nobody.folder / 'gitops.yaml'}: Permission denied"


def test_a_folder_in_the_place_of_the_file(here: Path) -> None:
    (here / "gitops.yaml").mkdir()
    error = init("app", "--force").exception
    assert isinstance(error, UsageError)
    assert "Is a directory" in error.message
    assert [path.name for path in here.iterdir()] == ["gitops.yaml"]
