"""What the editors made of an author's change, judged; among them editors that do what they must not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from gitops_actions.cli.reading import READERS
from gitops_actions.core import bumps, replay
from gitops_actions.core.replay import Replayed, Skipped
from gitops_actions.core.values import tree
from gitops_actions.core.verdicts import Judged, Tools, Verdict
from gitops_actions.edit import paths
from gitops_actions.edit.helm import HelmValues
from gitops_actions.edit.kustomize import Kustomize
from gitops_actions.edit.manifest import Manifest
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, EditSpec, Found, Release
from gitops_actions.protocols import Editor

OURS: Mapping[str, Editor] = {
    "yaml": YamlValue(),
    "kustomize": Kustomize(),
    "helm": HelmValues(),
    "manifest": Manifest(),
}


class Broken:
    """An editor that puts its result through something harmful."""

    kind = "yaml"
    takes = YamlValue.takes

    def __init__(self, harm: Callable[[str], str], editor: Editor | None = None) -> None:
        self._harm = harm
        self._editor = editor or YamlValue()

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        return self._editor.read(text, spec)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        edited = self._editor.edit(text, spec, release)
        return Edited(self._harm(edited.text), edited.changes)


class Plain(Broken):
    """A stand-in for an editor of another format: it replaces the value of a key, wherever that stands."""

    def __init__(self, kind: str) -> None:
        super().__init__(str)
        self.kind = kind

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:  # noqa: ARG002
        assert spec.value is not None
        value = spec.value if spec.options["typed"] == "json" else f'"{spec.value}"'
        lines = text.splitlines(keepends=True)
        for number, line in enumerate(lines):
            if f"{spec.path} =" in line or f'"{spec.path}":' in line:
                head, mark, _ = line.partition("= " if "=" in line else ": ")
                lines[number] = head + mark + value + ("," if line.rstrip().endswith(",") else "") + "\n"
        return Edited("".join(lines))


def run(old: str, new: str, file: str = "app.yaml", editors: Mapping[str, Editor] = OURS) -> Replayed | Skipped:
    format = replay.format_of(file)
    assert format is not None
    return replay.replay(file, format, old, new, Tools(editors, READERS, paths.show))


def replayed(old: str, new: str, file: str = "app.yaml", editors: Mapping[str, Editor] = OURS) -> Replayed:
    found = run(old, new, file, editors)
    assert isinstance(found, Replayed), found
    return found


def plain(old: str, new: str, file: str = "app.yaml") -> Judged:
    return replayed(old, new, file).plain


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a: 1\n", "a: 2\n"),
        ("a: 1.0.0 # why\r\nb: x\r\n", "a: 1.0.1 # why\r\nb: x\r\n"),
        ("\ufeffa: x", "\ufeffa: z"),
        ("a: '1'\n", "a: '2'\n"),
        ("a: [x, {b: true}]\n", "a: [z, {b: false}]\n"),
        ("a: 1\n---\na: 2\n", "a: 1\n---\na: 3\n"),
        ("a:\nb: 1\n", "a: x\nb: 1\n"),
        ("a.b: x\n\"c d\": [{e: x}]\n", "a.b: z\n\"c d\": [{e: z}]\n"),
        ("a: x\t# tab\n", "a: z\t# tab\n"),
        ("a: 0.5\n", "a: 0.75\n"),
        ("a: # c\nb: {c: , d: }\n", "a: x # c\nb: {c: z, d: }\n"),
        ("a: x\n", "a: null\n"),
        ("a: &here x\nb: 1\n", "a: &here z\nb: 1\n"),
    ],
)  # fmt: skip
def test_the_same_bytes_are_exact(old: str, new: str) -> None:
    judged = plain(old, new)
    assert (judged.verdict, judged.reason, judged.made) == (Verdict.EXACT, "", new)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("a: x\nb: 1\n", "# comment\na: y\nb: 1\n", "layout"),
        ("a: x\nb: 1\n", "b: 1\na: y\n", "layout"),
        ('a: "x"\n', "a: 'y'\n", "layout"),
        ("a: x\nb: 'z'\n", "a: y\nb: z\n", "layout"),
        ("a: x\nb: yes\n", "a: y\nb: true\n", "layout"),
        ("a: x\n", "a: ~\n", "layout"),
        ("a:    # c\nb:\n", "a: x  # d\nb: z\n", "layout"),
        ("a: 1.9\n", "a: 1.10\n", "written as a string"),
        ("a: abc\n", "a: 2024-01-01\n", "written as a string"),
        ("a: '1'\n", "a: 0x1F\n", "written as a string"),
    ],
)
def test_the_same_values_in_another_layout_are_minimal(old: str, new: str, reason: str) -> None:
    judged = plain(old, new)
    assert judged.verdict is Verdict.MINIMAL
    assert reason in judged.reason


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("a: 1\na: 2\n", "a: 1\na: 3\n", "GA103"),
        ("a: &x 1\nb: *x\n", "a: &x 2\nb: *x\n", "GA105"),
        ("a: !Ref x\n", "a: !Ref y\n", "GA105"),
        ("a: x\nsops: {mac: m}\n", "a: y\nsops: {mac: n}\n", "GA107"),
    ],
)
def test_what_editors_refuse_is_refused_with_its_code(old: str, new: str, code: str) -> None:
    judged = plain(old, new)
    assert (judged.verdict, judged.code) == (Verdict.REFUSED, code)
    assert judged.reason
    assert judged.made is None


@pytest.mark.parametrize(
    ("old", "new", "file", "why"),
    [
        ("a: 1\n", "a: 1\nb: 2\n", "a.yaml", "more than values changed"),
        ("a: [1]\n", "a: [1, 2]\n", "a.yaml", "more than values changed"),
        ("a: 1\n", "a: {}\n", "a.yaml", "more than values changed"),
        ("a: 1\n", "a: 2\n---\n", "a.yaml", "more than values changed"),
        ("a: &x 1\nb: *x\n", "a: &x 1\nb: 1\n", "a.yaml", "more than values changed"),
        ("a: &x 1\nc: &y 1\nb: *x\n", "a: &x 1\nc: &y 1\nb: *y\n", "a.yaml", "more than values changed"),
        ("a: !x 1\n", "a: !y 1\n", "a.yaml", "more than values changed"),
        ("a: !x [1]\n", "a: !y [1]\n", "a.yaml", "more than values changed"),
        ("a: 1\n", "# new\na:    1\n", "a.yaml", "no value changed"),
        ("one\n", "two\n", "a.yaml", "the file is a single value"),
        ("a: 'x\ty'\n", "a: 'x\tz'\n", "a.yaml", "the value holds a tab"),
        ("a: {{ b }}\n", "a: {{ c }}\n", "a.yaml", "not readable as yaml"),
        ("a: 1\n", "a: [\n", "a.yaml", "not readable as yaml"),
        ("[" * 5000, "[" * 4000, "a.yaml", "not readable as yaml"),
        ("{}", "[]", "a.json", "no editor for json"),
        ("x: 1\n" * 50, "x: 2\n" * 50, "a.yaml", "not readable as yaml"),
        (
            "".join(f"k{n}: 1\n" for n in range(101)),
            "".join(f"k{n}: 2\n" for n in range(101)),
            "a.yaml",
            "more than 100 values changed",
        ),
    ],
)
def test_what_is_no_test_of_the_editors_is_skipped(old: str, new: str, file: str, why: str) -> None:
    assert run(old, new, file) == Skipped(why)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda text: text.replace("z", "x"), "a does not have the author's value"),  # a silent no-op
        (lambda text: text.replace("b: 1", "b: 2"), "b changed"),
        (lambda text: text.replace("b: 1", "b: '1'"), "b changed"),
        (lambda text: text.replace(" # why", ""), "bytes outside"),
        (lambda text: text.replace("a: z", "a:   z"), "bytes outside"),
        (lambda text: text.rstrip("\n"), "bytes outside"),
        (lambda text: text + "\n", "bytes outside"),
        (lambda text: text.replace("\n", "\r\n"), "bytes outside"),
        (lambda text: "\ufeff" + text, "bytes outside"),
        (lambda text: text + "c: 1\n", "other keys"),
        (lambda text: text.replace("b: 1", "b: {}"), "another structure"),
        (lambda text: text.replace("z", "true"), "a does not have"),
        (lambda text: text.replace("z", "'x"), "cannot be read"),
        (lambda text: str(1 // text.count("?")), "failed with ZeroDivisionError"),
    ],
)
def test_a_broken_editor_is_wrong(harm: Callable[[str], str], reason: str) -> None:
    found = replayed("a: x # why\nb: 1\n", "a: z # why\nb: 1\n", editors={"yaml": Broken(harm)})
    assert found.plain.verdict is Verdict.WRONG
    assert reason in found.plain.reason


@pytest.mark.parametrize(
    ("old", "new", "made"),
    [
        ('a: "1"\n', 'a: "6801028"\n', "a: 6801028\n"),
        ("a: 1\n", "a: 2\n", "a: '2'\n"),
        ("a: true\n", "a: false\n", "a: 'false'\n"),
        ("a: x\n", "a: null\n", "a: 'null'\n"),
        ("a: 0.5\n", "a: 0.75\n", "a: '0.75'\n"),
        ("a: '1'\n", "a: 2\n", "a: '2'\n"),
    ],
)
def test_a_value_of_another_type_is_wrong(old: str, new: str, made: str) -> None:
    found = replayed(old, new, editors={"yaml": Broken(lambda _: made)})
    assert found.plain.verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("file", "old", "new", "verdict"),
    [
        ("a.json", '{\n  "v": "1",\n  "w": 1\n}\n', '{\n  "v": "2",\n  "w": 1\n}\n', Verdict.EXACT),
        ("a.json", '{\n  "v": "1",\n  "w": 1\n}\n', '{"v": "2", "w": 1}', Verdict.MINIMAL),
        ("a.json", '{\n  "v": 1.0\n}\n', '{\n  "v": 1e3\n}\n', Verdict.EXACT),
        ("a.toml", 'v = "1" # c\nw = 1\n', 'v = "2"\nw = 1\n', Verdict.EXACT),
        ("a.toml", 'w = 1\nv = "1"\n', 'w   = 1\nv = "2"\n', Verdict.MINIMAL),
        ("a.toml", 'v = "1"\n[x]\nv = "1"\n', 'v = "2"\n[x]\nv = "1"\n', Verdict.WRONG),
    ],
)
def test_other_formats_are_judged_by_what_is_installed(file: str, old: str, new: str, verdict: Verdict) -> None:
    kind = file.rpartition(".")[2]
    assert replayed(old, new, file, {kind: Plain(kind)}).plain.verdict is verdict


def test_a_line_that_is_not_of_the_value_counts_in_json() -> None:
    harmed = Broken(lambda text: text.replace("  ", "\t"), Plain("json"))
    found = replayed('{\n  "v": "1",\n  "w": 1\n}\n', '{\n  "v": "2",\n  "w": 1\n}\n', "a.json", {"json": harmed})
    assert (found.plain.verdict, found.plain.reason) == (
        Verdict.WRONG,
        "bytes outside the values differ from the old file",
    )


def test_large_files_are_judged_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keeping all that they say."""
    monkeypatch.setattr(replay, "LARGE", 10)
    old, new = "a: x # why\nb: {c: [1, {d: 2}]}\n", "a: z # why\nb: {c: [1, {d: 3}]}\n"
    assert replayed(old, new).plain.verdict is Verdict.EXACT
    assert replayed(old, "# more\n" + new).plain.verdict is Verdict.MINIMAL
    assert run(old, old.replace("{d", "[d").replace("2}", "2]")) == Skipped("more than values changed")
    assert run(old, old + "e: 1\n") == Skipped("more than values changed")
    for harm, reason in {
        ("d: 3", "d: 2"): "b.c[1].d does not have the author's value",
        ("d: 3", "d: '3'"): "b.c[1].d does not have the author's value of type integer",
        ("[1", "[0"): "b.c[0] changed, which the author left alone",
        ("[1, ", "["): "an edit is refused after another one, and not without it",
        ("}\n", ", e: 1}\n"): "the result has other keys or items than the old file",
        ("[1", "[{}"): "the result has another structure than the old file",
        (" # why", ""): "bytes outside the values differ from the old file",
    }.items():
        broken = Broken(lambda text, harm=harm: text.replace(*harm))  # type: ignore[misc]
        judged = replayed(old, new, editors={"yaml": broken}).plain
        assert judged.verdict is Verdict.WRONG, harm
        assert judged.reason.startswith(reason), harm
    assert replayed("images:\n- {name: a, newTag: x}\n", "images:\n- {name: a, newTag: z}\n").bump is None


def test_changes_say_where_they_are() -> None:
    found = replayed("a: 1\n---\nb:\n  - c: x\n", "a: 2\n---\nb:\n  - c: y\n")
    assert [(one.path, one.line, one.old, one.new) for one in found.changes] == [
        ("a", 1, "1", "2"),
        ("b[0].c", 4, "x", "y"),
    ]


KUSTOMIZATION = "images:\n- name: web\n  newTag: 1.0.0\n- name: api\n  newTag: 1.0.0 # c\n"
VALUES = "image: {repository: acme/web, tag: 1.0.0}\nside:\n  image: acme/side:1.0\n  replicas: 1\n"
POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: r:5000/web:1.0\n  - image: side:1.0\n"


@pytest.mark.parametrize(
    ("file", "old", "replaced", "kind"),
    [
        ("kustomization.yaml", KUSTOMIZATION, ("1.0.0 # c", "1.1.0 # c"), "kustomize"),
        ("kustomization.yaml", KUSTOMIZATION, ("1.0.0", "1.1.0"), "kustomize"),
        ("values.yaml", VALUES, ("1.0.0", "1.1.0"), "helm"),
        ("values-dev.yaml", VALUES, ("side:1.0", "side:1.1"), "helm"),
        ("values.yaml", "image:\n  tag: 1.0\n  digest: ''\n", ("1.0", "2.1.0"), "helm"),
        ("pod.yaml", POD, ("web:1.0", "web:1.1"), "manifest"),
        ("pod.yaml", POD, (":1.0", ":1.1"), "manifest"),
    ],
)
def test_image_bumps_are_also_made_by_the_kind_that_knows_images(
    file: str, old: str, replaced: tuple[str, str], kind: str
) -> None:
    found = replayed(old, old.replace(*replaced), file)
    assert found.bump is not None
    assert (found.bump.kind, found.bump.verdict) == (kind, Verdict.EXACT)


@pytest.mark.parametrize(
    ("file", "old", "replaced"),
    [
        ("kustomization.yaml", KUSTOMIZATION, ("name: web", "name: other")),
        ("values.yaml", VALUES, ("replicas: 1", "replicas: 2")),
        ("values.yaml", VALUES, ("acme/side:1.0", "acme/other:1.0")),
        ("values.yaml", VALUES, ("1.0.0", "'1.0.0@sha256:0a'")),
        ("values.yaml", VALUES, ("1.0.0", "null")),
        ("pod.yaml", POD, ("side:1.0", "side")),
        ("pod.yaml", POD.replace("side", "r:5000/web"), ("web:1.0\n  -", "web:2\n  -")),
        ("pod.yaml", POD.replace("kind", "sort"), ("web:1.0", "web:1.1")),
        ("plain.yaml", "a: 1\n", ("1", "2")),
    ],
)  # fmt: skip
def test_what_may_mean_something_else_is_no_bump(file: str, old: str, replaced: tuple[str, str]) -> None:
    assert replayed(old, old.replace(*replaced), file).bump is None


def test_a_wrong_bump_is_told() -> None:
    forgetful = Broken(lambda text: text.replace("2.0", "1.0.0"), Kustomize())
    found = replayed(
        KUSTOMIZATION, KUSTOMIZATION.replace("1.0.0", "v2.0"), "kustomization.yaml", {**OURS, "kustomize": forgetful}
    )
    assert found.bump is not None
    assert [one.verdict for one in found.verdicts] == [Verdict.EXACT, Verdict.WRONG]


def test_a_refusal_of_a_third_party_is_a_refusal() -> None:
    def refuse(text: str) -> str:
        raise EditRefused(f"not {len(text)}", code="XX001", line=3)

    judged = replayed("a: 1\n", "a: 2\n", editors={"yaml": Broken(refuse)}).plain
    assert (judged.verdict, judged.code, judged.line, judged.reason) == (Verdict.REFUSED, "XX001", 3, "not 5")


@pytest.mark.parametrize(
    ("file", "text", "shape"),
    [
        ("a/kustomization.yml", "images: []\n", "kustomization"),
        ("Kustomization", "x: 1\n", "kustomization"),
        ("x.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n", "kustomization"),
        ("a/Chart.yaml", "apiVersion: v2\n", "chart"),
        ("my-values.dev.yaml", "a: 1\n", "helm values"),
        ("valuesque.yaml", "a: 1\n", "yaml"),
        ("values.yaml", "apiVersion: v1\nkind: ConfigMap\n", "manifest"),
        ("x.yaml", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n", "flux"),
        ("x.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\n", "argocd"),
        ("x.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n", "manifest"),
        ("x.yaml", "apiVersion: [v1]\nkind: x\n", "yaml"),
        ("x.json", "{}", "json"),
        ("x.toml", "", "toml"),
    ],
)
def test_shapes(file: str, text: str, shape: str) -> None:
    format = replay.format_of(file)
    assert format is not None
    assert bumps.shape_of(file, format, tree(READERS[format](text))) == shape
    assert shape in bumps.SHAPES


@pytest.mark.parametrize(
    ("file", "format"),
    [("b/A.YML", "yaml"), ("x.json", "json"), ("x.toml", "toml"), ("a.yaml/b", None), ("yaml", None), ("a.", None)],
)
def test_formats_are_told_by_the_name(file: str, format: str | None) -> None:
    assert replay.format_of(file) == format
