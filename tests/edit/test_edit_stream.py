"""Large files, whose documents come one after the other: the same answers as of small ones, in bounded memory."""

from __future__ import annotations

import contextlib
import gc
import os
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import comparison, documents, nodes, parsers, paths, reading, stream
from gitops_actions.edit.comparison import Wanted
from gitops_actions.edit.manifest import Manifest
from gitops_actions.edit.stream import Stream
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused, GitOpsError
from gitops_actions.model import Edited, EditSpec, Found, Image, Release, Source
from gitops_actions.plugins import Editors
from tests.edit.author import Author

EXAMPLES = int(os.environ.get("GITOPS_EXAMPLES", "200"))
PURE = 20  # every such file is read by the pure parser too
MANY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
RANDOMS = st.randoms(use_true_random=True)  # by their seeds: much faster than choices that can be shrunk
PARSERS = pytest.mark.parametrize("parser", [nodes.AnyParser, parsers.PureParser], ids=["libyaml", "pure"])

EDITORS = Editors()
IMAGE = "ghcr.io/acme/web"
RELEASES = (
    Release("1.4.2", (Image(IMAGE, IMAGE, "1.4.2"),), Source(revision="3f5a0c1" + "0" * 33)),
    Release("1.4.2", (Image(IMAGE, "mirror.example/web", "1.4.2", "sha256:" + "a" * 64),)),
    Release("2", (Image(IMAGE, IMAGE, "2"), Image("x/api", "x/api", "3"))),
)

DOCUMENTS = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n"
    "        - name: web\n          image: ghcr.io/acme/web:1.4.1   # set by CI\n        - image: x/api:2\n",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: api\nspec:\n  containers: [{image: 'ghcr.io/acme/web:1'}]\n",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    containers: &c\n"
    "    - image: ghcr.io/acme/web\n  more: *c\n",
    "{apiVersion: v1, kind: Pod, spec: {containers: [{image: ghcr.io/acme/web:0.9}]}}\n",
    "kind: Kustomization\nimages:\n  - name: ghcr.io/acme/web\n    newTag: '1'\n  - name: x/api\nresources:\n"
    "  - https://github.com/acme/deploy//apps/web?ref=abc\n",
    "image:\n  repository: ghcr.io/acme/web\n  tag: \"1.4.1\"\nglobal: {imageRegistry: ''}\n",
    "image: {repository: x/api, tag: 1}\nname: web\n",
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  images:\n"
    "    - {name: ghcr.io/acme/web, newTag: 1.0.0}\n",
    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    image: {repository: x/api}\n",
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    kustomize:\n      images:\n"
    "      - ghcr.io/acme/web:1.4.1\n",
    'a: 1.4.1 # {"$gitops": "web:version"}\nb:\n  - ghcr.io/acme/web:1 # {"$imagepolicy": "flux:web"}\n',
    "apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: '1.9'\n",
    "a: &x {b: c}\nb: *x\n",
    "- a: 1\n- a: 2\n- [1, 2,\n   3]\n",
    "'text'\n",
    "|\n text\n\n",
    "text\n  over lines\n",
    "a: 1\na: 2\n",
    "",
    "# nothing\n",
    "x: |+\n  keeps\n\n\n",
    'x: "a\n  \\\n  b"\n',
)
BROKEN = ("a: [1\n", "a: 'x\n", "b: *none\n", "a: 1\n b: 2\n", "{{ x }}\n", "a: &x 1\nb: &x 2\n", "- " * 110 + "x\n")
# What each kind is for, by number.
FITTING = {
    "manifest": (0, 1, 2, 3),
    "kustomize": (4,),
    "helm": (5, 6),
    "flux": (7, 8),
    "argocd": (9,),
    "marker": (10,),
    "chart": (11,),
}
MARKERS = ("---\n",) * 16 + (
    "--- # c\n",
    "---\t\n",
    "---  \n",
    "---\n---\n",
    "# c\n---\n# c\n",
    "\n\n---\n\n",
    "...\n---\n",
    "...\n",
    "...\n%YAML 1.1\n---\n",
    "--- ",
)
NOISE = ("", "x", " ", "'", "\n", "&a ", "*x", "!t ", ": ", "- ", "#", ",")
ENCRYPTED = "a: ENC[x]\nsops: {mac: x}\n"


def bundle(random: Random, kind: str = "yaml") -> str:
    """Some documents in any order, some of them for a kind, between markers as people write them, or do not."""
    fitting = [DOCUMENTS[number] for number in FITTING.get(kind, range(9))]
    parts = [random.choice(("", "", "---\n", "# c\n---\n", "%YAML 1.1\n---\n"))]
    for number in range(random.choice([1, 2, 3, 3, 4, 6])):
        if number:
            parts.append(random.choice(MARKERS))
        roll = random.random()
        if roll < 0.15:
            parts.append(Author(random).text.lstrip("\ufeff"))
        else:
            parts.append(random.choice(fitting if roll < 0.5 else DOCUMENTS))
    if random.random() < 0.06:
        parts.insert(random.randrange(len(parts)), random.choice(BROKEN))
    if random.random() < 0.02:
        parts.insert(random.choice((0, len(parts))), random.choice((f"---\n{ENCRYPTED}", f"---\n{ENCRYPTED}---\n")))
    text = "".join(parts)
    if random.random() < 0.05:
        text = text.replace("# c", "# c\x85---\u2028")
    if random.random() < 0.2:
        text = text.replace("\r\n", "\n").replace("\n", random.choice(("\r\n", "\r")))
    if random.random() < 0.1:
        text = text.rstrip("\r\n")
    return random.choice(("", "", "", "\ufeff")) + text


KINDS = ("yaml",) * 6 + (*FITTING, "manifest", "manifest")
SELECTORS = (None,) * 12 + ("0", "1", "7", "kind=Deployment", "kind=Pod,metadata.name=api", "name=web", "a=1", "x")


def specs(random: Random, kind: str, text: str) -> EditSpec:
    """An edit that may fit a text."""
    document = random.choice(SELECTORS)
    path = value = None
    options: dict[str, Any] = {}
    if kind == "yaml":
        value = random.choice(("1.5", "x: y", "true", "2"))
        path = random.choice(("a", "b[0]", "[1].a", "image.tag", "nope.tag", "kind", "a.new", "name", "new[0]"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nodes, "LARGE", 10**9)
            try:
                found = [paths.show(way) for root in nodes.parse(text).roots for way in ways(root)]
            except (EditRefused, RecursionError):
                found = []
        if found and random.random() < 0.6:
            path = random.choice(found)
    elif kind == "marker":
        path = random.choice(("web", "flux:web", "api"))
    elif kind == "chart":
        path = random.choice((None, "version"))
    elif kind == "helm":
        path = random.choice((None, "image", "image.digest", "web.tag"))
    elif kind == "kustomize" and random.random() < 0.5:
        options = {"remote": "acme/deploy"}
    on_missing: Literal["error", "create"] = random.choice(("error", "error", "create"))
    return EditSpec(kind, "f.yaml", path=path, value=value, document=document, on_missing=on_missing, options=options)


def ways(node: Node, way: tuple[Any, ...] = (), depth: int = 6) -> Iterator[tuple[Any, ...]]:
    yield way or ("x",)
    if depth and isinstance(node, MappingNode):
        for name, value in node.value:
            if isinstance(name, ScalarNode):
                yield from ways(value, (*way, name.value), depth - 1)
    elif depth and isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from ways(item, (*way, index), depth - 1)


def outcome(large: int, parser: Any, work: Callable[[], Edited | tuple[Found, ...]]) -> object:
    """What comes out, errors too, when files of this size are large. Where a path might rather be is looked for in one
    document after the other then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nodes, "LARGE", large)
        patch.setattr(nodes, "AnyParser", parser)
        try:
            return work()
        except GitOpsError as error:
            (told,) = error.findings()
            hint = told.hint or ""
            return type(error), told.code, told.message, told.line, told.column, hint.startswith("did you mean") or hint


@MANY
@given(RANDOMS)
def test_a_large_file_is_edited_as_a_small_one(random: Random) -> None:
    kind = random.choice(KINDS)
    text = bundle(random, kind)
    spec = specs(random, kind, text)
    release = random.choice(RELEASES)
    editor = EDITORS[spec.kind]
    for parser in (nodes.AnyParser, parsers.PureParser)[: 1 + (random.randrange(PURE) == 0)]:
        for work in (lambda: editor.edit(text, spec, release), lambda: editor.read(text, spec)):
            small = outcome(10**9, parser, work)
            for large in (0, random.choice((40, 150, 400))):
                assert outcome(large, parser, work) == small, (large, text, spec)
    assert gc.isenabled()


def flat(node: Node, offset: int = 0, lines: int = 0) -> list[tuple[Any, ...]]:
    """All nodes of a document with their places, as if the text before it were not there."""
    seen: set[int] = set()
    found: list[tuple[Any, ...]] = []
    todo = [node]
    while todo:
        node = todo.pop()
        marks = [(mark.index - offset, mark.line - lines, mark.column) for mark in (node.start_mark, node.end_mark)]
        text = node.value if isinstance(node, ScalarNode) else len(node.value)
        style = node.style if isinstance(node, ScalarNode) else getattr(node, "flow_style", None)
        found.append((type(node), node.tag, style or "", text, *marks, id(node) in seen))
        if id(node) in seen or isinstance(node, ScalarNode):
            continue
        seen.add(id(node))
        pairs = [part for pair in node.value for part in pair] if isinstance(node, MappingNode) else node.value
        todo.extend(reversed(pairs))
    return found


@MANY
@given(RANDOMS)
def test_a_document_is_read_alike_on_its_own(random: Random) -> None:
    text = bundle(random).removeprefix("\ufeff")
    parser = random.choice((nodes.AnyParser,) * PURE + (parsers.PureParser,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nodes, "AnyParser", parser)
        try:
            whole = nodes.parse(text).roots
        except EditRefused:
            return
        even = nodes.evened(text)
        read = Stream(even, parser, id, partial(nodes.told, even))
        assert [flat(root) for root in read] == [flat(root) for root in whole]
        if not read.is_separable:
            return
        end = 0
        for root in whole:
            start, end = read.bounds(root.start_mark.index)
            (alone,) = nodes.parse(text[start:end]).roots
            lines = whole_lines(text, start)
            assert flat(alone) == flat(root, start, lines), (text, start, end)


def whole_lines(text: str, index: int) -> int:
    before = text[:index]
    return before.count("\n") + before.count("\r") - before.count("\r\n")


@MANY
@given(RANDOMS)
def test_events_are_compared_as_nodes_are(random: Random) -> None:
    text = bundle(random).removeprefix("\ufeff")
    new = text
    for _ in range(random.randrange(3)):
        start = random.randrange(len(new) + 1)
        end = start + random.choice((0, 0, 1, 2))
        new = new[:start] + random.choice(NOISE) + new[end:]
    parser = random.choice((nodes.AnyParser,) * PURE + (parsers.PureParser,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nodes, "AnyParser", parser)
        try:
            before = tuple(nodes.parse(text).roots)
        except EditRefused:
            return
        try:
            after = tuple(nodes.parse(new).roots)
        except EditRefused as error:
            after = None
            if error.code in ("GA107", "GA109"):  # encrypted, or too deep: not a question of events
                return
        pairs = None if after is None or len(before) != len(after) else list(zip(before, after, strict=True))
        nothing = Wanted({}, {}, {})
        expected = pairs is not None and comparison.same(pairs, nothing, aliases=True)
        assert reading.same(new, text, before, nothing) == expected, (text, new)


@PARSERS
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: [" + "1," * 2000 + "]\n", 1, 2005),
        ("- 1\n" * 2000, 1002, 3),
        ("a: 1\n---\n" + "- {}\n" * 2000, 995, 3),
        ("%YAML 1.1\n---\n" + "- 1\n" * 2000, 1004, 3),
    ],
    ids=["flow", "block", "second", "directive"],
)
def test_what_is_held_at_once_has_a_limit(
    text: str, line: int, column: int, parser: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    monkeypatch.setattr(nodes, "LARGE", 0)
    monkeypatch.setattr(stream, "MAX_NODES", 1000)
    with pytest.raises(EditRefused) as caught:
        YamlValue().edit(text, EditSpec("yaml", "f", path="a", value="2"), RELEASES[0])
    assert (caught.value.code, caught.value.hint) == ("GA109", "put the value into a small file")
    assert (caught.value.line, caught.value.column) == (line, column)
    assert "1,000 keys and values" in str(caught.value)
    assert gc.isenabled()


@PARSERS
def test_documents_that_nobody_holds_do_not_count(parser: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    monkeypatch.setattr(nodes, "LARGE", 0)
    monkeypatch.setattr(stream, "MAX_NODES", 200)
    text = "---\n".join(DOCUMENTS[0].replace("name: web}", f"name: web-{n}}}") for n in range(50))
    edited = Manifest().edit(text, EditSpec("manifest", "f"), RELEASES[0])
    assert edited.text == text.replace(f"{IMAGE}:1.4.1", f"{IMAGE}:1.4.2")
    assert len(edited.changes) == 50
    edited = YamlValue().edit(
        text, EditSpec("yaml", "f", path="kind", value="x", document="metadata.name=web-7"), RELEASES[0]
    )
    assert edited.text.count("kind: x\n") == 1


@pytest.mark.parametrize(
    "spec", [EditSpec("manifest", "f"), EditSpec("yaml", "f", path="kind", value="x", document="0")], ids=["all", "one"]
)
def test_many_documents_need_little_memory(spec: EditSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "LARGE", 2000)
    text = "---\n".join(DOCUMENTS[0] for _ in range(500))
    EDITORS[spec.kind].edit(text, spec, RELEASES[0])  # all modules are there
    tracemalloc.start()
    try:
        EDITORS[spec.kind].edit(text, spec, RELEASES[0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(text)  # all nodes are 25 times as large


@PARSERS
def test_what_is_wrong_further_on_is_told_first(parser: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    monkeypatch.setattr(nodes, "LARGE", 0)
    for text, line in (("a: 1\n---\nb: [\n", 4), ("a: 1\na: 2\n---\nb: [\n", 5)):
        with pytest.raises(EditRefused, match="not YAML") as caught, nodes.parse(text) as parsed:
            documents.find(parsed, None, ("a",))
        assert caught.value.line == line
        with pytest.raises(EditRefused, match="not YAML"), nodes.parse(text):
            pass  # nobody has looked
        with (
            pytest.raises(EditRefused, match="not YAML"),
            nodes.parse(text) as parsed,
            contextlib.suppress(EditRefused),
        ):
            list(parsed.roots)
    with (
        pytest.raises(EditRefused, match="SOPS"),
        nodes.parse("a: 1\na: 2\n---\nsops: {mac: x}\n---\nb: 1\n") as parsed,
    ):
        documents.find(parsed, None, ("a",))


def test_a_document_that_is_held_is_the_same_again() -> None:
    read = Stream("a: 1\n---\nb: 2\n---\nc: 3\n", parsers.PureParser, id, partial(nodes.told, ""))
    held = list(read)[1]
    first, second, third = read
    assert second is held
    assert [root.value[0][0].value for root in (first, third)] == ["a", "c"]
    assert third.start_mark.line == 4
