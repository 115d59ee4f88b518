"""What an edit may say: documents, options, and what is answered when it says too little or too much."""

from __future__ import annotations

import pytest

from gitops_actions.edit.chart import Chart
from gitops_actions.edit.kustomize import Kustomize
from gitops_actions.edit.manifest import Manifest
from gitops_actions.edit.text import MAX_CHARACTERS, TextPattern
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import EditSpec, Image, Release
from gitops_actions.plugins import Editors

EDITORS = Editors()
RELEASE = Release("1")
DOCUMENTS = "---\n".join(
    f"kind: {kind}\nmetadata: {{name: {name}}}\nv: 0\n" for kind, name in (("A", "x"), ("B", "x"), ("B", "y"))
)


@pytest.mark.parametrize(
    ("document", "line"),
    [("0", 3), ("2", 11), ("kind=A", 3), ("kind=B,metadata.name=x", 7), (" metadata.name = y ", 11), ("/kind=A", 3)],
)
def test_a_document_is_picked(document: str, line: int) -> None:
    spec = EditSpec("yaml", "f", path="v", value="1", document=document)
    (change,) = YamlValue().edit(DOCUMENTS, spec, RELEASE).changes
    assert change.line == line


@pytest.mark.parametrize(
    ("document", "code"), [("3", "GA101"), ("kind=C", "GA101"), ("kind=B", "GA102"), ("nothing.there=1", "GA101")]
)
def test_no_document_or_several_are_refused(document: str, code: str) -> None:
    with pytest.raises(EditRefused) as caught:
        YamlValue().edit(DOCUMENTS, EditSpec("yaml", "f", path="v", value="1", document=document), RELEASE)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "spec",
    [
        EditSpec("yaml", "f", path="v", value="1", document="B"),
        EditSpec("yaml", "f", path="v", value="1", document="=x"),
        EditSpec("yaml", "f", path="v", value="1", document="a..b=x"),
        EditSpec("yaml", "f", value="1"),
        EditSpec("yaml", "f", path="v"),
        EditSpec("yaml", "f", path="v..", value="1"),
    ],
)
def test_a_yaml_edit_that_says_too_little(spec: EditSpec) -> None:
    with pytest.raises(UsageError) as caught:
        YamlValue().edit(DOCUMENTS, spec, RELEASE)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (None, "1"),
        ("(?P<value>x)", None),
        ("x", "1"),
        ("(?P<value>", "1"),
        ("(?P<value>x{99999999999999999999})", "1"),
        ("(?P<value>x)", "a\nb"),
        ("(?P<value>x)", "\ud800"),
    ],
)
def test_a_text_edit_that_says_too_little(pattern: str | None, value: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        TextPattern().edit("x", EditSpec("text", "f", pattern=pattern, value=value), RELEASE)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "pattern", "code"),
    [
        ("x" * (MAX_CHARACTERS + 1), "(?P<value>y)", "GA109"),
        ("ab", "a(?P<value>c)?", "GA101"),
        ("a\n\nb", "a(?P<value>\\s+)b", "GA106"),
        ("aa", "(?P<value>a)", "GA102"),
    ],
)
def test_a_text_that_is_refused(text: str, pattern: str, code: str) -> None:
    with pytest.raises(EditRefused) as caught:
        TextPattern().edit(text, EditSpec("text", "f", pattern=pattern, value="1"), RELEASE)
    assert caught.value.code == code


def test_lines_of_added_keys_are_those_of_the_new_text() -> None:
    text = "images:\n- name: a\n- name: b\n  newTag: '0'\n- name: c\n"
    images = tuple(Image(name, name, "1") for name in "cba")
    edited = Kustomize().edit(text, EditSpec("kustomize", "f", on_missing="create"), Release("1", images))
    assert [(change.path, change.line) for change in edited.changes] == [
        ("images[0].newTag", 3),
        ("images[1].newTag", 5),
        ("images[2].newTag", 7),
    ]
    lines = edited.text.splitlines()
    assert all("newTag" in lines[change.line - 1] for change in edited.changes)


@pytest.mark.parametrize(
    "text",
    [
        "images:\n- name: z\n  newTag: v1\nx: 1\n",
        "# all\nresources: []\n",
        "images: [{name: q}]\n",
        "images:\n- {name: q}\n- {name: c, newTag: v1}\n",
        "images: []\n",
    ],
)
def test_what_is_created_is_told_where_it_is_found(text: str) -> None:
    digest = "sha256:" + "1" * 64
    images = (Image("b", "r/b", "v2", digest), Image("c", "c", "v3"), Image("a", "a", None, digest))
    spec = EditSpec("kustomize", "f", on_missing="create")
    edited = Kustomize().edit(text, spec, Release("1", images))
    found = {(value.path, value.line, value.value) for value in Kustomize().read(edited.text, spec)}
    assert {(change.path, change.line, change.new) for change in edited.changes} <= found
    assert {value for _, _, value in found} >= {"r/b", "v2", "v3", digest}
    assert Kustomize().edit(edited.text, spec, Release("1", images)).changes == ()


def test_an_image_without_tag_and_digest_is_wrong_usage() -> None:
    text = "images:\n- name: a\n  newTag: '0'\n"
    with pytest.raises(UsageError, match="neither tag nor digest"):
        Kustomize().edit(text, EditSpec("kustomize", "f"), Release("1", (Image("a", "a"),)))


def test_two_images_from_one_repository_cannot_be_told_apart() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'r/x:0'}]}\n"
    images = (Image("a", "r/x", "1"), Image("b", "r/x", "2"))
    with pytest.raises(EditRefused) as caught:
        Manifest().edit(text, EditSpec("manifest", "f"), Release("1", images))
    assert caught.value.code == "GA102"


APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {kustomize: {images: ['r/web:1']}}}\n"
)
MARKED = 'image: r/web:1 # {"$gitops": "web"}\nrevision: abc # {"$gitops": "web:revision"}\n'


@pytest.mark.parametrize(
    ("text", "spec", "message"),
    [
        (APPLICATION, EditSpec("argocd", "f", value="1"), "needs a path"),
        (APPLICATION, EditSpec("argocd", "f", path="spec.source.kustomize.images[0]"), "without a value"),
        ("a: 'sha256:00'\n", EditSpec("flux", "f", path="a"), "without a value"),
        (MARKED, EditSpec("marker", "f", path="web"), "has none"),
    ],
)
def test_an_agents_edit_that_says_too_little(text: str, spec: EditSpec, message: str) -> None:
    release = Release("2", (Image("r/web", "r/web", "2"),))
    with pytest.raises(UsageError, match=message) as caught:
        EDITORS[spec.kind].edit(text, spec, release)
    assert caught.value.hint


def test_a_value_without_a_path_is_already_wrong_to_read() -> None:
    for spec in (EditSpec("argocd", "f", value="1"), EditSpec("flux", "f", value="1")):
        with pytest.raises(UsageError, match="needs a path"):
            EDITORS[spec.kind].read(APPLICATION, spec)


def test_a_value_at_a_path_may_be_a_reference_when_it_says_so() -> None:
    spec = EditSpec("argocd", "f", path="spec.source.kustomize.images[0]", value="r/web:2")
    (change,) = EDITORS["argocd"].edit(APPLICATION, spec, RELEASE).changes
    assert change.new == "r/web:2"


def test_a_release_of_two_images_from_one_repository_is_refused() -> None:
    images = (Image("a", "r/web", "2"), Image("b", "r/web", "3"))
    with pytest.raises(EditRefused, match="2 images from"):
        EDITORS["argocd"].edit(APPLICATION, EditSpec("argocd", "f"), Release("2", images))


@pytest.mark.parametrize(
    "path", ["name", "version.x", "dependencies.web.version", "dependencies[0].name", "/dependencies"]
)
def test_a_chart_has_only_versions(path: str) -> None:
    with pytest.raises(UsageError, match="no path") as caught:
        Chart().edit("version: 0.1.0\n", EditSpec("chart", "Chart.yaml", path=path), RELEASE)
    assert "dependencies[?name==" in (caught.value.hint or "")


@pytest.mark.parametrize("version", ["1", "1.4", "v1.4.2", "01.4.2", "1.4.2-01", "latest", "1.4.2\n", "", "1.4.2+"])
@pytest.mark.parametrize("path", ["version", "dependencies[0].version", "/dependencies/0/version"])
def test_helm_wants_semver(version: str, path: str) -> None:
    text = "version: 0.1.0\ndependencies:\n- name: web\n  version: 0.1.0\n"
    with pytest.raises(UsageError, match="SemVer") as caught:
        Chart().edit(text, EditSpec("chart", "Chart.yaml", path=path), Release(version))
    assert "--version" in (caught.value.hint or "")


@pytest.mark.parametrize("remote", ["", "/", ["acme/deploy"]])
def test_a_remote_is_the_name_of_a_repository(remote: object) -> None:
    spec = EditSpec("kustomize", "f", options={"remote": remote})
    with pytest.raises(UsageError, match="remote cannot be"):
        Kustomize().edit("resources: [a]\n", spec, RELEASE)


def test_a_remote_takes_the_revision() -> None:
    spec = EditSpec("kustomize", "f", options={"remote": "acme/deploy"})
    with pytest.raises(UsageError, match="the release has none"):
        Kustomize().edit("resources: ['https://github.com/acme/deploy?ref=x']\n", spec, RELEASE)
