from __future__ import annotations

from gitops_actions.edit.helm import HelmValues
from gitops_actions.edit.json import JsonValue
from gitops_actions.edit.kustomize import Kustomize
from gitops_actions.edit.manifest import Manifest
from gitops_actions.edit.text import TextPattern
from gitops_actions.edit.toml import TomlValue
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.model import EditSpec, Image, Release
from gitops_actions.testing.editor import EditorContract

OLD, NEW = "sha256:" + "0" * 64, "sha256:" + "1" * 64
WEB = Image("ghcr.io/acme/web", "ghcr.io/acme/web", "1.10", NEW)
RELEASE = Release("1.10", (WEB,))


class TestKustomize(EditorContract):
    editor = Kustomize()
    text = f"# top\nimages:\n  - name: ghcr.io/acme/web\n    newTag: 1.9 # tag\n    digest: '{OLD}'\n\nresources: []\n"
    spec = EditSpec("kustomize", "apps/web")
    release = RELEASE
    lacking = "images:\n  - name: ghcr.io/acme/api\n    newTag: 1.9\n"

    def test_a_folder_may_hold_any_of_three_names(self) -> None:
        assert self.editor.paths(self.spec) == (
            "apps/web/kustomization.yaml",
            "apps/web/kustomization.yml",
            "apps/web/Kustomization",
        )
        assert self.editor.paths(EditSpec("kustomize", "."))[0] == "kustomization.yaml"
        assert self.editor.paths(EditSpec("kustomize", "x/"))[0] == "x/kustomization.yaml"
        for file in ("x/Kustomization", "x/kustomization.yml"):
            assert self.editor.paths(EditSpec("kustomize", file)) == (file,)

    def test_it_reads_every_entry_under_its_name(self) -> None:
        text = "images:\n- name: a\n  newName: b\n  newTag: '1'\n- name: c\n  digest: x\n- newTag: y\n"
        found = [(value.name, value.role, value.value, value.line) for value in self.editor.read(text, self.spec)]
        assert found == [
            ("a", "repository", "b", 3),
            ("a", "tag", "1", 4),
            ("c", "digest", "x", 6),
            (None, "tag", "y", 7),
        ]


class TestHelm(EditorContract):
    editor = HelmValues()
    text = f"image:\n  repository: ghcr.io/acme/web\n  tag: '1.9'\n  digest: {OLD}\nreplicas: 1\n"
    spec = EditSpec("helm", "values.yaml")
    release = RELEASE
    lacking = "image:\n  repository: ghcr.io/acme/web\n"

    def test_it_reads_what_is_beside_the_tag(self) -> None:
        text = f"image:\n  registry: ghcr.io\n  repository: acme/web\n  tag: 1.9@{OLD}\n"
        found = [(value.name, value.role, value.value) for value in self.editor.read(text, self.spec)]
        name = "ghcr.io/acme/web"
        assert found == [(name, "tag", "1.9"), (name, "digest", OLD), (name, "repository", name)]

    def test_a_whole_reference_is_read_as_one(self) -> None:
        (found,) = self.editor.read("image: r:5000/web:1\n", EditSpec("helm", "values.yaml", path="image"))
        assert (found.role, found.value, found.name) == ("image", "r:5000/web:1", "r:5000/web")


class TestManifest(EditorContract):
    editor = Manifest()
    text = (
        "apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:\n      containers:\n"
        f"        - name: web\n          image: ghcr.io/acme/web:1.9@{OLD}\n        - name: noimage\n"
    )
    spec = EditSpec("manifest", "job.yaml")
    release = RELEASE
    lacking = text.replace("acme/web", "acme/api")

    def test_aliased_containers_are_met_once_and_refused_only_where_they_matter(self) -> None:
        text = (
            "apiVersion: v1\nkind: Pod\nspec:\n  initContainers:\n"
            "    - &other {name: a, image: 'busybox:1'}\n    - *other\n"
            "  containers:\n    - {name: web, image: 'ghcr.io/acme/web:1.9'}\n"
        )
        changes = self.editor.edit(text, self.spec, self.release).changes
        assert [(change.path, change.new) for change in changes] == [
            ("spec.containers[0].image", "ghcr.io/acme/web:1.10")
        ]


class TestYaml(EditorContract):
    editor = YamlValue()
    text = "# top\napps:\n  - name: web\n    version: 1.9 # here\n  - name: api\n    version: 1.9\n"
    spec = EditSpec("yaml", "versions.yaml", path="apps[?name=='web'].version", value="1.10")
    release = RELEASE
    lacking = "apps: []\n"


class TestYamlTemplate(EditorContract):
    editor = YamlValue()
    text = (
        "{{- if .x }}\n{{- end }}\n# top\napps:\n- name: web\n  version: 1.9 # here\n- name: {{ .y }}\n  version: 1.9\n"
    )
    spec = EditSpec("yaml", "versions.yaml.gotmpl", path="apps[?name=='web'].version", value="1.10")
    release = RELEASE
    lacking = "{{- if .x }}\n{{- end }}\napps:\n- name: api\n"


class TestHelmTemplate(EditorContract):
    editor = HelmValues()
    text = f"{{{{ if .x }}}}\n{{{{ end }}}}\nimage:\n  repository: ghcr.io/acme/web\n  tag: '1.9'\n  digest: {OLD}\n"
    spec = EditSpec("helm", "values.yaml.gotmpl")
    release = RELEASE
    lacking = "{{ if .x }}\n{{ end }}\nimage:\n  repository: ghcr.io/acme/web\n"


class TestJson(EditorContract):
    editor = JsonValue()
    text = '{\n  "apps": [\n    {"name": "web", "version": "1.9"},\n    {"name": "api", "version": "1.9"}\n  ]\n}\n'
    spec = EditSpec("json", "versions.json", path="apps[?name=='web'].version", value="1.10")
    release = RELEASE
    lacking = '{"apps": []}\n'


class TestToml(EditorContract):
    editor = TomlValue()
    text = "# top\n[[apps]]\nname = \"web\"\nversion = '1.9' # here\n\n[[apps]]\nname = \"api\"\nversion = '1.9'\n"
    spec = EditSpec("toml", "versions.toml", path="apps[?name=='web'].version", value="1.10")
    release = RELEASE
    lacking = "apps = []\n"


class TestText(EditorContract):
    editor = TextPattern()
    text = 'a = "1"\nref = "1.9"\n'
    spec = EditSpec("text", "main.tf", pattern='ref = "(?P<value>[^"]*)"', value="1.10")
    release = RELEASE
    lacking = 'a = "1"\n'
