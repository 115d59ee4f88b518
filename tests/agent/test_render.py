"""`kustomize` and `helm` as the agent runs them. Small programs of these names stand on PATH: the outside world."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_actions.agent import program
from gitops_actions.agent.program import output_of
from gitops_actions.agent.render import AppFolder, Mode, Rendered, found_tools, render
from gitops_actions.errors import DeploymentFailed, UsageError
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import Finding
from gitops_actions.testing.machine import manifest
from gitops_actions.testing.repos import bare

# Joins the files that a kustomization names, as `kustomize build` does in the simplest case.
KUSTOMIZE = """#!/bin/sh
test "$1" = build || exit 9
env > "$(dirname "$0")/seen"
cd "$2" || exit 1
sed -n 's/^- //p' kustomization.yaml | while read -r name; do
  test -f "$name" || { echo "Error: accumulating resources: $PWD/$name: no such file" >&2; exit 1; }
  echo ---; cat "$name"
done
"""
HELM = """#!/bin/sh
test "$1" = template && test "$4" = -f && test "$6" = --include-crds || exit 9
echo "apiVersion: v1"; echo "kind: $(sed -n 's/^kind: //p' "$5")"
echo "metadata: {name: $2}"
"""
FILES = {
    "base/cm.yaml": manifest("base"),
    "base/secret-link": "/etc/passwd",
    "web/dev/kustomization.yaml": "resources:\n- ../../base/cm.yaml\n- own.yaml\n",
    "web/dev/own.yaml": manifest("own"),
    "charts/api/Chart.yaml": "name: api\n",
    "charts/api/templates/x.yaml": "{{- if .Values.x }}\n",
    "envs/dev/api.yaml": "kind: Job\n",
    "broken/kustomization.yaml": "resources:\n- nope.yaml\n",
    "plain/x.json": "{}",
}
WEB, API = AppFolder("web", "web/dev"), AppFolder("api", "charts/api", ("envs/dev/api.yaml",))


class Renderer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo = bare(folder / "config.git", FILES, modes={"base/secret-link": "120000"})
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.environ = {"PATH": f"{self.programs}:/bin", "GITOPS_TOKEN": "s3cret", "HOME": "/root"}
        # Only what these scripts need: the machine's own kubectl must not be found.
        for name in ("sh", "sed", "cat", "env", "dirname", "sleep", "head", "yes"):
            (self.programs / name).symlink_to(f"/usr/bin/{name}")
        self.environ["PATH"] = str(self.programs)

    def install(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def __call__(self, *apps: AppFolder, mode: Mode = "auto") -> tuple[dict[str, Rendered], tuple[Finding, ...]]:
        scratch = self.folder / "scratch"
        scratch.mkdir()
        with Repository(str(self.repo), temporary=self.folder) as repository:
            return render(GitStore(repository), "main", apps, mode, found_tools(self.environ), scratch)


@pytest.fixture
def renderer(tmp_path: Path) -> Renderer:
    return Renderer(tmp_path)


def test_kustomize_builds_from_an_export_with_a_clean_environment(renderer: Renderer) -> None:
    renderer.install("kustomize", KUSTOMIZE)
    rendered, findings = renderer(WEB)
    assert rendered["web"].method == "kustomize"
    assert list(rendered["web"].files) == ["manifests.yaml"]
    assert rendered["web"].objects == ("v1/ConfigMap//base", "v1/ConfigMap//own")
    assert findings == ()
    seen = (renderer.programs / "seen").read_text()
    assert "s3cret" not in seen
    assert "HOME=/root" not in seen


def test_kubectl_stands_in_for_kustomize(renderer: Renderer) -> None:
    renderer.install("kubectl", KUSTOMIZE.replace("= build", "= kustomize"))
    assert renderer(WEB)[0]["web"].objects == ("v1/ConfigMap//base", "v1/ConfigMap//own")


def test_helm_gets_the_values_files_of_the_environment(renderer: Renderer) -> None:
    renderer.install("helm", HELM)
    rendered, _ = renderer(API)
    assert (rendered["api"].method, rendered["api"].objects) == ("helm", ("v1/Job//api",))


def test_without_the_programs_the_files_are_published_and_it_is_said(renderer: Renderer) -> None:
    rendered, findings = renderer(WEB, API, AppFolder("plain", "plain"))
    assert {name: app.method for name, app in rendered.items()} == {"web": "none", "api": "none", "plain": "none"}
    assert sorted(rendered["api"].files) == ["Chart.yaml", "templates/x.yaml"]
    assert rendered["plain"].objects == ("file plain/x.json",)
    words = [finding.message.partition(":")[0] for finding in findings]
    assert words == [
        "app web is a kustomization and kustomize is not installed here",
        "app api is a Helm chart and helm is not installed here",
    ]


def test_none_asks_no_program(renderer: Renderer) -> None:
    renderer.install("kustomize", "#!/bin/sh\nexit 1\n")
    rendered, findings = renderer(WEB, mode="none")
    assert (rendered["web"].method, findings) == ("none", ())


@pytest.mark.parametrize("mode", ["kustomize", "helm"])
def test_a_program_that_is_wanted_and_not_there(renderer: Renderer, mode: Mode) -> None:
    with pytest.raises(UsageError, match="on the PATH"):
        renderer(WEB, mode=mode)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'a: ['", "no valid YAML"),
        ("echo 'a: 1'; exit 3", "kustomize ended with exit code 3: it gave no reason"),
        ("printf 'bad \\033[31m thing' >&2; exit 1", r"exit code 1: bad \[31m thing"),
        ("yes", "printed more than 1000 bytes"),
        ("sleep 100 & exit 0", "did not end within"),
        ("sleep 100", "did not end within"),
    ],
)
def test_a_program_that_fails(renderer: Renderer, monkeypatch: pytest.MonkeyPatch, script: str, words: str) -> None:
    monkeypatch.setattr(program, "RENDER_BYTES", 1000)
    monkeypatch.setattr(program, "RENDER_SECONDS", 0.5)
    renderer.install("kustomize", f"#!/bin/sh\n{script}\n")
    with pytest.raises(DeploymentFailed, match=words):
        renderer(WEB)


def test_a_missing_base_is_told_in_the_program_s_words(renderer: Renderer) -> None:
    renderer.install("kustomize", KUSTOMIZE)
    with pytest.raises(DeploymentFailed, match="accumulating resources") as caught:
        renderer(AppFolder("broken", "broken"))
    assert str(renderer.folder) not in str(caught.value)


def test_programs_are_not_looked_for_in_the_config_repo(tmp_path: Path) -> None:
    assert program.search_path({"PATH": f".::bin:{tmp_path}:../x"}) == str(tmp_path)


def test_output_is_what_was_printed(tmp_path: Path) -> None:
    assert output_of(["/bin/echo", "x"], folder=tmp_path, home=tmp_path, environ={"PATH": "/bin"}) == b"x\n"
