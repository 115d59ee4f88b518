"""`gitops-actions validate`: every kind of finding, in text and JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gitops_actions.cli.connection import local_config
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.validate import command
from gitops_actions.errors import UsageError
from gitops_actions.testing.nobody import Nobody

CONFIG = """\
version: 1
environments:
  dev:
  production: {after: dev}
apps:
  web:
    image: ghcr.io/acme/web
    edits:
      - kustomize: web/{environment}
"""
KUSTOMIZATION = "images:\n  - name: ghcr.io/acme/web\n    newTag: 1.0.0\n"
GOOD = {
    "gitops.yaml": CONFIG,
    "web/dev/kustomization.yaml": KUSTOMIZATION,
    "web/production/kustomization.yaml": KUSTOMIZATION,
}


def validate(root: Path, files: dict[str, str], output: str = "text", **environ: str) -> Result:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return CliRunner().invoke(command, [str(root)], obj=Settings(output, 0, environ, 0))  # type: ignore[arg-type]


def test_everything_is_fine(tmp_path: Path) -> None:
    result = validate(tmp_path, GOOD)
    assert (result.exit_code, result.stdout) == (0, "Everything is fine.\n")
    result = validate(tmp_path, {}, "json")
    assert json.loads(result.stdout) == {"schema_version": 1, "command": "validate", "findings": []}


def test_no_configuration(tmp_path: Path) -> None:
    assert isinstance(validate(tmp_path, {}).exception, UsageError)


def test_all_problems_of_the_configuration(tmp_path: Path) -> None:
    result = validate(tmp_path, {"gitops.yaml": "version: 1\napp: a b\nx: 1\n"}, "json")
    assert result.exit_code == 2
    findings = json.loads(result.stdout)["findings"]
    assert [(one["line"], one["column"], one["severity"]) for one in findings] == [(2, 6, "error"), (3, 1, "error")]
    assert findings[0].keys() == {"code", "severity", "message", "file", "line", "column", "hint"}
    assert "gitops.yaml:2:6: `app`" in validate(tmp_path, {}).stdout


def test_a_configuration_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "gitops.yaml").write_bytes(b"version: \xff\n")
    result = validate(tmp_path, {})
    assert result.exit_code == 2
    assert "gitops.yaml:1: " in result.stdout


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    result = validate(tmp_path, {name: GOOD[name] for name in list(GOOD)[:2]})
    assert result.exit_code == 2
    assert "gitops.yaml:9:9: app web in production: there is no web/production" in result.stdout
    assert "web/production/Kustomization on disk in this folder" in result.stdout


def test_a_place_that_does_not_exist(tmp_path: Path) -> None:
    other = KUSTOMIZATION.replace("acme/web", "acme/other")
    result = validate(tmp_path, {**GOOD, "web/production/kustomization.yaml": other})
    assert result.exit_code == 2
    assert "web/production/kustomization.yaml" in result.stdout
    assert "app web in production: " in result.stdout


def test_a_place_that_can_be_created(tmp_path: Path) -> None:
    config = CONFIG.replace("web/{environment}\n", "web/{environment}\n        on-missing: create\n")
    without_images = "resources: []\n"
    assert validate(tmp_path, {**GOOD, "web/dev/kustomization.yaml": without_images}).exit_code == 2
    assert validate(tmp_path, {"gitops.yaml": config}).exit_code == 0
    assert validate(tmp_path, {"web/dev/kustomization.yaml": "images: web\n"}).exit_code == 2


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    (tmp_path / "outside.yaml").write_text(KUSTOMIZATION)
    validate(root, GOOD)
    (root / "web/dev/kustomization.yaml").unlink()
    (root / "web/dev/kustomization.yaml").symlink_to("../../../outside.yaml")
    result = validate(root, {})
    assert result.exit_code == 2
    assert "symbolic link" in result.stdout


def test_a_folder_that_is_a_symbolic_link_holds_nothing(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    validate(root, GOOD)
    (root / "web/dev").rename(tmp_path / "dev")
    (root / "web/dev").symlink_to(tmp_path / "dev")
    assert validate(root, {}).exit_code == 2


RECORD = 'app: "web"\nenvironment: "dev"\nversion: "1.0.0"\n'


@pytest.mark.parametrize(
    ("path", "text", "code", "severity"),
    [
        ("dev/web.yaml", "- x\n", "GA320", "error"),
        ("production/web.yaml", RECORD, "GA320", "error"),
        ("dev/gone.yaml", RECORD.replace("web", "gone"), "GA074", "warning"),
        ("gone/web.yaml", RECORD.replace("dev", "gone"), "GA074", "warning"),
        ("dev/web.txt", RECORD, "GA072", "warning"),
        ("dev/a/web.yaml", RECORD, "GA072", "warning"),
    ],
)
def test_records(tmp_path: Path, path: str, text: str, code: str, severity: str) -> None:
    result = validate(
        tmp_path, {**GOOD, ".gitops/releases/dev/web.yaml": RECORD, f".gitops/releases/{path}": text}, "json"
    )
    findings = [(one["code"], one["severity"]) for one in json.loads(result.stdout)["findings"]]
    assert findings == [(code, severity)]
    assert result.exit_code == (2 if severity == "error" else 0)


def test_apps_that_are_found(tmp_path: Path) -> None:
    config = CONFIG.replace("  web:\n", '  "*":\n').replace("acme/web", "acme/{app}")
    config = config.replace("web/{environment}", "'{app}/{environment}'")
    assert validate(tmp_path, {**GOOD, "gitops.yaml": config}).exit_code == 0
    result = validate(tmp_path, {"gitops.yaml": config.replace("{app}/{env", "services/{app}/{env")}, "json")
    assert result.exit_code == 0
    assert [one["code"] for one in json.loads(result.stdout)["findings"]] == ["GA071"]
    result = validate(tmp_path, {"gitops.yaml": config, "web/dev/kustomization.yaml": "images: []\n"})
    assert result.exit_code == 2


def test_apps_without_environments(tmp_path: Path) -> None:
    result = validate(tmp_path, {"gitops.yaml": "version: 1\napps:\n  web: {edits: [{kustomize: web}]}\n"}, "json")
    assert [one["code"] for one in json.loads(result.stdout)["findings"]] == ["GA070"]


def test_environments_that_live_elsewhere(tmp_path: Path) -> None:
    config = CONFIG.replace("dev:\n", "dev: {branch: env/dev}\n", 1)
    result = validate(tmp_path, {**GOOD, "gitops.yaml": config}, "json")
    assert result.exit_code == 0
    assert [(one["code"], one["severity"]) for one in json.loads(result.stdout)["findings"]] == [("GA076", "notice")]
    assert validate(tmp_path, {}, "json", GITHUB_BASE_REF="env/dev").stdout.count("GA076") == 0
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/env/dev\n")
    assert validate(tmp_path, {}).stdout == "Everything is fine.\n"


def git(*arguments: str, at: Path) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=at, check=True, capture_output=True)


def test_a_config_repository(tmp_path: Path) -> None:
    """The base branch, and the branches that environments live on."""
    work, bare = tmp_path / "work", tmp_path / "config.git"
    config = CONFIG.replace("{after: dev}", "{after: dev, branch: env/production}")
    validate(work, {**GOOD, "gitops.yaml": config, "web/production/kustomization.yaml": "images: []\n"})
    git("init", "-q", "-b", "main", at=work)
    git("add", ".", at=work)
    git("commit", "-q", "-m", "a", at=work)
    git("clone", "-q", "--bare", str(work), str(bare), at=tmp_path)

    def findings() -> list[dict[str, object]]:
        settings = Settings("json", 0, {}, 0)
        result = CliRunner().invoke(command, ["--config-repo", str(bare)], obj=settings)
        found: list[dict[str, object]] = json.loads(result.stdout)["findings"]
        assert result.exit_code == (2 if found else 0)
        return found

    (missing,) = findings()
    assert "env/production" in str(missing["message"])
    git("push", "-q", str(bare), "HEAD:refs/heads/env/production", at=work)
    (place,) = findings()
    assert place["file"] == "web/production/kustomization.yaml"
    (work / "web/production/kustomization.yaml").write_text(KUSTOMIZATION)
    git("commit", "-q", "-a", "-m", "b", at=work)
    git("push", "-q", str(bare), "HEAD:refs/heads/env/production", at=work)
    assert findings() == []


def test_a_configuration_that_is_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "gitops.yaml").symlink_to("/etc/passwd")
    result = validate(tmp_path, {})
    assert result.exit_code == 2
    assert "symbolic link" in result.stdout
    assert "root" not in result.stdout


@pytest.mark.parametrize("path", ["a[", "image.{environment}["])
def test_a_path_that_cannot_be_read_is_told_once(tmp_path: Path, path: str) -> None:
    edit = f"yaml: web/{{environment}}/kustomization.yaml\n        path: '{path}'\n        value: '{{version}}'"
    config = CONFIG.replace("kustomize: web/{environment}", edit)
    result = validate(tmp_path, {**GOOD, "gitops.yaml": config}, "json")
    assert result.exit_code == 2
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["code"], finding["file"], finding["line"], finding["column"]) == ("GA120", "gitops.yaml", 9, 9)
    assert finding["message"].startswith("app web: path ")


@pytest.mark.parametrize("name", ["gitops.yml", ".gitops.yaml", "Gitops.yaml"])
def test_a_configuration_of_another_name(tmp_path: Path, name: str) -> None:
    error = validate(tmp_path, {name: CONFIG}).exception
    assert isinstance(error, UsageError)
    assert f"found {name}; the name must be gitops.yaml" in error.message


def test_a_configuration_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "gitops.yaml").mkdir()
    error = validate(tmp_path, {}).exception
    assert isinstance(error, UsageError)
    assert error.message == f"gitops.yaml in {tmp_path} is not a file"


def test_the_defaults_of_a_folder_are_not_read_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("hunter2")
    (tmp_path / "gitops.yaml").symlink_to("secret")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^gitops\.yaml: this is a symbolic link"):
        local_config()


def test_the_defaults_of_a_folder_that_cannot_be_read(nobody: Nobody, monkeypatch: pytest.MonkeyPatch) -> None:
    (nobody.folder / "gitops.yaml").write_text(CONFIG)
    (nobody.folder / "gitops.yaml").chmod(0o000)
    monkeypatch.chdir(nobody.folder)
    with nobody(), pytest.raises(UsageError, match=r"cannot read gitops\.yaml: Permission denied"):
        local_config()


@pytest.mark.parametrize("name", ["gitops.yaml", "web/dev", "web/dev/kustomization.yaml"])
def test_what_cannot_be_read_is_named(nobody: Nobody, name: str) -> None:
    assert validate(nobody.folder, GOOD).exit_code == 0
    (nobody.folder / name).chmod(0o000)
    nobody.own(nobody.folder)
    with nobody():
        error = validate(nobody.folder, {}).exception
    assert isinstance(error, UsageError)
    assert error.code == "GA079"
    assert error.message.startswith(f"cannot read {nobody.folder / name}")
    assert error.message.endswith(": Permission denied")


def test_a_path_that_is_too_long_for_a_file_is_not_there(tmp_path: Path) -> None:
    config = CONFIG.replace("web/{environment}", "w" * 300 + "/{environment}")
    result = validate(tmp_path, {**GOOD, "gitops.yaml": config})
    assert result.exit_code == 2
    assert "there is no www" in result.stdout
