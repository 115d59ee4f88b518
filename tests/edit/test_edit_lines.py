"""Templates, read line by line: what an edit of one may change, and what is hostile."""

from __future__ import annotations

import re
import time
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_actions.edit import lines, nodes, parsers, paths
from gitops_actions.edit.kustomize import Kustomize
from gitops_actions.edit.manifest import Manifest
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, EditSpec, Image, Release

RELEASE = Release("1")
KEYS = st.sampled_from(["name", "a.b", "on", "1", "x y", "ключ", "image", "-x", "/", "k#", "http://x"])
LEAVES = st.sampled_from(["", "'", '"', "made", "block", "flow", "lines", "empty"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=4),
    max_leaves=14,
)
VALUES = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(["1.10", "on", "v2", "# x", "a: b", "{{ .x }}", "{{", "}}", "{{/*", "- a", "| x"])
).filter(lambda value: not value.startswith("ENC["))  # what SOPS writes is not edited again
SILENT = ("{{- /* if */ -}}", '{{ $x := "}}" }}', "{{/* a\n  b: c */}}")
LOUD = ('{{ include "x" . | nindent 4 }}', "{{- toYaml .x }}  # c", "{{ template\n 'x' }}")


class Writer:
    """Writes a tree as a template. ``leaves``: the way to each, its text, and whether it is conditional."""

    def __init__(self, random: Random, line_end: str) -> None:
        self.random = random
        self.line_end = line_end
        self.leaves: list[tuple[tuple[str | int, ...], str, bool]] = []

    def end(self) -> str:
        return self.random.choice(["", "  ", " # comment", "\t# {{ tab }}", "\t"]) + self.line_end

    def action(self, *texts: str) -> str:
        margin = self.random.choice(["", "  ", "      "])
        return margin + self.random.choice(texts).replace("\n", self.line_end) + self.line_end

    def value(self, style: str, path: tuple[str | int, ...], indent: str, conditional: bool) -> str:
        name = f"v{len(self.leaves)}x"
        deeper = f"{self.line_end}{indent}   "
        if style in ("", "'", '"'):
            self.leaves.append((path, style + name + style, conditional))
            return f" {style}{name}{style}{self.end()}"
        return {
            "made": f" {{{{ .Values.x }}}}-x{self.end()}",
            "block": f" |-{deeper}a: b{deeper}{{{{ .x }}}}{self.line_end}{indent} {self.line_end}",
            "flow": f" [a, 'b: c',{deeper}{{b: {{{{ .x }}}}}}]{self.end()}",
            "lines": f" one{deeper}two{self.end()}",
            "empty": self.end().replace("\t", " "),
        }[style]

    def block(self, tree: Any, path: tuple[str | int, ...], indent: str, conditional: bool) -> str:
        text = ""
        pairs: list[tuple[Any, Any]] = list(enumerate(tree) if isinstance(tree, list) else tree.items())
        for step, item in pairs:
            if self.random.random() < 0.2:
                text += self.action(*SILENT, *LOUD)
            inside = self.random.random() < 0.15
            text += self.action("{{- if .x }}", "{{ range $k, $v := .x -}}") if inside else ""
            text += self.random.choice(["", self.line_end, f"{indent}# over{self.line_end}"])
            text += indent + ("-" if isinstance(step, int) else f"{step}:")
            if isinstance(item, str):
                text += self.value(item, (*path, step), indent, conditional or inside)
            else:
                text += self.end().replace("\t", " ")
                deeper = indent + " " * self.random.randint(1, 4)
                text += self.block(item, (*path, step), deeper, conditional or inside)
            text += self.action("{{- end }}", "{{ end -}}") if inside else ""
        return text


def rendered(text: str, keep: bool) -> Any:
    """What a template of `Writer` may become: with or without what is conditional."""
    for action in (*SILENT, *LOUD):
        text = text.replace("\r\n", "\n").replace(action, "")
    kept, depth = [], 0
    for line in text.split("\n"):
        if re.match(r" *\{\{-? (if|range)", line):
            depth += 1
        elif re.match(r" *\{\{-? end", line):
            depth -= 1
        elif keep or not depth:
            kept.append(re.sub(r"\{\{.*?\}\}", "made", line).replace("\t", " "))
    return yaml.load("\n".join(kept), yaml.BaseLoader)


@settings(deadline=None)
@given(
    st.dictionaries(KEYS, TREES, min_size=1, max_size=4),
    VALUES,
    st.sampled_from(["\n", "\r\n"]),
    st.randoms(),
    st.data(),
)
def test_exactly_one_value_of_a_template_differs(
    tree: Any, value: str, line_end: str, random: Random, data: st.DataObject
) -> None:
    writer = Writer(random, line_end)
    text = writer.action("{{ if .y }}\n{{ end }}") + writer.block(tree, (), "", conditional=False)
    if not writer.leaves:
        return
    path, token, conditional = data.draw(st.sampled_from(writer.leaves))
    before, after = text.split(token)
    spec = EditSpec("yaml", "f", path=paths.show(path), value=value, options={"typed": "string"})
    try:
        edited = YamlValue().edit(text, spec, RELEASE)
    except EditRefused as error:
        code = error.code
    else:
        code = ""
        assert not conditional
        assert "{{" not in value
        assert edited.text.startswith(before)
        assert edited.text.endswith(after)
        assert edited.text.count("\n") == text.count("\n")
        for keep in (True, False):
            there, found = rendered(text, keep), rendered(edited.text, keep)
            whole = there
            for step in path[:-1]:
                there = there[step]
            there[path[-1]] = value
            assert found == whole
        assert YamlValue().edit(edited.text, spec, RELEASE) == Edited(edited.text)
    if conditional:
        assert code == "GA102"
    elif "{{" in value:
        assert code in ("GA102", "GA113")
    elif all(isinstance(step, str) for step in path):
        assert code == ""
    else:
        assert code in ("", "GA102")


@pytest.mark.parametrize("parser", [nodes.AnyParser, parsers.PureParser], ids=["libyaml", "pure"])
def test_yaml_is_read_as_yaml(parser: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    assert lines.parse('a: "{{ x }}"\nb: {{ x }}\n').template is None
    assert lines.parse("a: {{ x }}-y\n").template is not None
    for text in ("a: {{ x }}-y\x07\n", "a: [x\nb: }\n", "{{" + "[" * 200 + "]" * 200):
        with pytest.raises(EditRefused):
            lines.parse(text)


def test_kinds_that_look_everywhere_take_no_templates() -> None:
    """They would miss what the actions make."""
    image = Image("web", "web", "2")
    text = "{{ if x }}\n{{ end }}\nkind: Pod\nspec:\n  containers:\n  - image: web:1\n"
    text += "images:\n- name: web\n  newTag: '1'\n"
    for editor in (Manifest(), Kustomize()):
        with pytest.raises(EditRefused) as caught:
            editor.edit(text, EditSpec(editor.kind, "f"), Release("2", (image,)))
        assert caught.value.code == "GA108"


@pytest.mark.parametrize(
    "text",
    [
        "{{/* " * 100_000,
        "{{ x }}\n" * 100_000,
        '{{ "' * 200_000,
        "{{ `" * 200_000,
        "a: 'x\n{{ }}\n" * 80_000,
        "{{ if }}" * 100_000,
        "{{ end }}\na: 1",
        "{{ x }}\n" + "- " * 50_000 + "x",
        "{{ x }}\na: " + "[" * 500_000,
        "{{ x }}\na: " + "{'" * 300_000,
        "{{ x }}z: \n" + " " * 500_000 + "\n" + "a  " * 100_000,
        "{{ x }}\na: " + "x " * 300_000 + "\n]",
        "{{ x }}\n" + "".join(f"{' ' * i}a:\n" for i in range(900)) + "]",
        "{{ x }}\n? a\n: b\n",
        "{{ x }}\n%YAML 1.2\n---\na: 1\n",
        "{{ x }}\n\ta: 1\n",
        "{{ x }}\n--- a\nb: 1\n",
        "{{ x }}\na: `x`\n",
        "{{ x }}\na: @x\n",
        "{{ x }}\na: b: c\n",
        "{{ x }}\na: - c\n",
        "{{ x }}\na: 'b' c\n",
        '{{ x }}\na: "\\q"\n',
        "{{ x }}\na: [b}\n",
        "{{ x }}\na: 1\n- b\n",
        "{{ x }}\n- b\na: 1\n",
        "{{ x }}\n  a: 1\nb: 1\n",
        "{{ x }}\na: 'x'\n  b: 1\n",
        "{{ x }}\na: {{ y }}|\n{{ z }}[: 1\n",
        "{{ x }}\n" + "a" * (lines.MAX_CHARACTERS),
    ],
    ids=lambda text: text[-12:],
)
def test_what_is_not_plain_is_refused_soon(text: str) -> None:
    start = time.monotonic()
    with pytest.raises(EditRefused) as caught:
        YamlValue().edit(text, EditSpec("yaml", "f", path="b", value="2"), RELEASE)
    assert time.monotonic() - start < 5
    assert caught.value.code in ("GA101", "GA108", "GA109")
    assert caught.value.hint
