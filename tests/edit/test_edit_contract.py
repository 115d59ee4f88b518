from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gitops_actions.edit import nodes, places
from gitops_actions.edit.argocd import ArgoCD
from gitops_actions.edit.chart import Chart
from gitops_actions.edit.flux import Flux
from gitops_actions.edit.helm import HelmValues
from gitops_actions.edit.json import JsonValue
from gitops_actions.edit.kustomize import Kustomize
from gitops_actions.edit.manifest import Manifest
from gitops_actions.edit.marker import Marker
from gitops_actions.edit.text import TextPattern
from gitops_actions.edit.toml import TomlValue
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused
from gitops_actions.model import EditSpec, Image, Release, Take
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

    def test_a_null_is_no_value(self) -> None:
        text = "image:\n  repository: r/web\n  tag: ~\n  digest: null\n"
        found = [(value.role, value.value) for value in self.editor.read(text, self.spec)]
        assert found == [("tag", ""), ("repository", "r/web")]

    @pytest.mark.parametrize(
        ("text", "path", "hint"),
        [
            ("web: {image: {repository: r/web, tag: 1}}\n", None, "images of this file are at web.image.tag"),
            ("web:\n- image: r/web:1\n- imageTag: 1\n  image: r/api\n", "x.tag", "at web[0].image, web[1].imageTag"),
            ("a: 1\n", None, "the document has the keys 'a'"),
            ("source: {repository: https://git.example/x}\n", None, "the document has the keys 'source'"),
        ],
    )
    def test_reading_says_which_images_there_are(self, text: str, path: str | None, hint: str) -> None:
        with pytest.raises(EditRefused) as caught:
            self.editor.read(text, EditSpec("helm", "values.yaml", path=path))
        assert hint in (caught.value.hint or "")


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

    def test_a_long_list_is_gone_through_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        count = 300
        item = "- {apiVersion: v1, kind: Pod, spec: {containers: [{image: 'ghcr.io/acme/web:1.9'}]}}\n"
        met: list[object] = []
        items = places.items

        def counted(parsed: nodes.Parsed, spot: places.Spot) -> Iterator[places.Spot]:
            for each in items(parsed, spot):
                met.append(each)
                yield each

        monkeypatch.setattr(places, "items", counted)
        text = "apiVersion: v1\nkind: List\nitems:\n" + item * count
        assert len(self.editor.edit(text, self.spec, self.release).changes) == count
        assert len(met) <= 3 * count

    def test_what_runs_instead_is_looked_up_only_when_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        parsed: list[str] = []
        parse = nodes.parse

        def counted(text: str) -> nodes.Parsed:
            parsed.append(text)
            return parse(text)

        monkeypatch.setattr(nodes, "parse", counted)
        with pytest.raises(EditRefused) as caught:
            self.editor.edit(self.lacking, self.spec, self.release)
        assert parsed == []
        assert caught.value.findings()[0].hint == "the containers run 'ghcr.io/acme/api'"
        assert caught.value.hint
        assert len(parsed) == 1


class TestChart(EditorContract):
    editor = Chart()
    text = "apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: '1.9' # of the image\n"
    spec = EditSpec("chart", "charts/web")
    release = RELEASE
    lacking = "apiVersion: v2\nname: web\nversion: 0.1.0\n"

    def test_a_folder_stands_for_its_chart(self) -> None:
        assert self.editor.paths(self.spec) == ("charts/web/Chart.yaml",)
        assert self.editor.paths(EditSpec("chart", ".")) == ("Chart.yaml",)
        assert self.editor.paths(EditSpec("chart", "x/requirements.yaml")) == ("x/requirements.yaml",)


class TestChartDependency(EditorContract):
    editor = Chart()
    text = "dependencies:\n- name: web\n  version: ^1.4.0\n- name: web-worker\n  version: 1.4.1\n"
    spec = EditSpec("chart", "Chart.yaml", path="dependencies[?name=='web'].version", value="1.4.2")
    release = RELEASE
    lacking = "dependencies:\n- name: web-worker\n  version: 1.4.1\n"


class TestKustomizeRemote(EditorContract):
    editor = Kustomize()
    text = "resources:\n  - https://github.com/acme/deploy//web?ref=v1 # here\n  - a.yaml\n"
    spec = EditSpec("kustomize", "apps/web", value="v2", options={"remote": "acme/deploy"})
    release = RELEASE
    lacking = "resources:\n  - https://github.com/acme/deploy-infra//web?ref=v1\n"


class TestArgoCD(EditorContract):
    editor = ArgoCD()
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    kustomize:\n      images:\n"
        f"        - web=ghcr.io/acme/web:1.9@{OLD} # here\n        - ghcr.io/acme/api:1.9\n"
        "    helm:\n      parameters:\n        - name: image.repository\n          value: ghcr.io/acme/web\n"
        "        - name: image.tag\n          value: '1.9'\n"
    )
    spec = EditSpec("argocd", "app.yaml")
    release = RELEASE
    lacking = text.replace("acme/web", "acme/other")

    def test_a_path_is_read_as_the_version_and_a_value_as_what_it_says(self) -> None:
        text = "spec: {source: {targetRevision: 1.9}}\n"
        spec = EditSpec("argocd", "app.yaml", path="spec.source.targetRevision")
        assert [found.role for found in self.editor.read(text, spec)] == ["version"]
        assert [found.role for found in self.editor.read(text, replace(spec, value="{tag}"))] == ["value"]

    def test_parts_are_read_under_the_name_of_their_image(self) -> None:
        found = [(value.name, value.role, value.value) for value in self.editor.read(self.text, self.spec)]
        assert found == [
            ("web", "repository", "ghcr.io/acme/web"),
            ("web", "digest", OLD),
            ("web", "tag", "1.9"),
            ("ghcr.io/acme/api", "repository", "ghcr.io/acme/api"),
            ("ghcr.io/acme/api", "tag", "1.9"),
            ("ghcr.io/acme/web", "tag", "1.9"),
            ("ghcr.io/acme/web", "repository", "ghcr.io/acme/web"),
        ]

    def test_what_is_wrong_with_other_images_does_not_matter(self) -> None:
        other = "    helm: {valuesObject: {api: {repository: r/api, tag: &t '1'}, b: {repository: r/b, tag: *t}}}\n"
        text = self.text[: self.text.index("    helm:")] + other
        assert len(self.editor.edit(text, self.spec, self.release).changes) == 1
        assert {value.name for value in self.editor.read(text, self.spec)} == {"web", "ghcr.io/acme/api"}

    def test_values_that_are_a_text_are_not_taken_for_none(self) -> None:
        text = f"{self.text[: self.text.index('    kustomize:')]}    helm: {{values: 'image: r/web:1'}}\n"
        with pytest.raises(EditRefused, match="a text and not values"):
            self.editor.read(text, self.spec)


class TestFlux(EditorContract):
    editor = Flux()
    text = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    image:\n"
        f"      repository: ghcr.io/acme/web\n      tag: '1.9'\n---\n"
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  images:\n"
        f"    - name: ghcr.io/acme/web\n      newTag: 1.9 # tag\n      digest: {OLD}\n"
    )
    spec = EditSpec("flux", "release.yaml")
    release = RELEASE
    lacking = text.replace("acme/web", "acme/other")

    def test_an_artifact_is_read_by_its_url(self) -> None:
        text = (
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
            f"spec: {{url: oci://r/web, ref: {{tag: '1', digest: '{OLD}'}}}}\n"
        )
        found = [(value.name, value.role, value.value) for value in self.editor.read(text, self.spec)]
        assert found == [("r/web", "tag", "1"), ("r/web", "digest", OLD), ("r/web", "repository", "r/web")]

    def test_an_image_by_its_name_alone_has_no_values_yet(self) -> None:
        text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {images: [{name: r/web}]}\n"
        assert self.editor.read(text, self.spec) == ()


class TestMarker(EditorContract):
    editor = Marker()
    text = (
        'image: ghcr.io/acme/web:1.9 # {"$imagepolicy": "apps:web"}\n'
        'tag: "1.9" # {"$imagepolicy": "apps:web:tag"}\n'
        f'digest: {OLD} # {{"$gitops": "web:digest"}}\n'
        'other: 1.9 # {"$gitops": "api:version"}\n'
    )
    spec = EditSpec("marker", "values.yaml", path="web")
    release = RELEASE
    lacking = text.replace("web", "worker")

    def test_each_field_has_its_role(self) -> None:
        text = "".join(
            f'{field}: {value} # {{"$gitops": "web:{field}"}}\n'
            for field, value in {
                "image": "r/web:1",
                "name": "r/web",
                "tag": f"1@{OLD}",
                "digest": OLD,
                "version": "1",
                "revision": "abc",
                "short_revision": "abc",
            }.items()
        )
        found = [(value.path, value.role, value.value) for value in self.editor.read(text, self.spec)]
        assert found == [
            ("image", "repository", "r/web"),
            ("image", "tag", "1"),
            ("name", "repository", "r/web"),
            ("tag", "digest", OLD),
            ("tag", "tag", "1"),
            ("digest", "digest", OLD),
            ("version", "version", "1"),
            ("revision", "revision", "abc"),
            ("short_revision", "value", "abc"),
        ]

    def test_what_is_wrong_with_markers_of_others_does_not_matter(self) -> None:
        broken = 'a: [x:1] # {"$imagepolicy": "apps:api"}\nb: {c: x:1, # {"$imagepolicy": "apps:api:nam"}\n  d: 1}\n'
        broken += 'api: x:1 # {"$imagepolicy": "apps:api"}\n'
        own = self.editor.read(self.text, self.spec)
        assert self.editor.read(self.text + broken, self.spec)[: len(own)] == own
        assert self.editor.edit(self.text + broken, self.spec, self.release).text.endswith(broken)

    def test_a_policy_is_read_only_where_it_is_asked_for_or_known(self) -> None:
        text = 'a: 1 # {"$imagepolicy": "apps:a:tag"}\nb: 2 # {"$imagepolicy": "apps:b:tag"}\n'
        spec = EditSpec("marker", "values.yaml", path="apps:b")
        assert [value.path for value in self.editor.read(text, spec)] == ["b"]
        with pytest.raises(EditRefused, match="no marker is of 'web'"):
            self.editor.read(text, self.spec)


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


class Silent(YamlValue):
    """An editor that does not declare all that it looks at, or needs."""

    def __init__(self, without: str, **changed: Take) -> None:
        self.takes = {key: take for key, take in YamlValue.takes.items() if key != without} | changed


@pytest.mark.parametrize(
    ("editor", "says"),
    [
        (Silent("document"), "it looks at document"),
        (Silent("on-missing"), "it looks at on-missing"),
        (Silent("typed"), "it looks at typed"),
        (Silent("", document=Take(needed=True)), "it needs document"),
    ],
)
def test_the_contract_finds_a_declaration_that_is_not_true(editor: YamlValue, says: str) -> None:
    contract = TestYaml()
    contract.editor = editor
    with pytest.raises(AssertionError, match=says):  # noqa: PT012 (either may find it)
        contract.test_it_looks_at_nothing_but_what_it_takes()
        contract.test_it_takes_what_the_edit_says_and_misses_what_it_needs()
