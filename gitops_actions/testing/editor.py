"""What every Editor promises, as tests: inherit `EditorContract` in a test class of your own and set its attributes.

::

    class TestMyEditor(EditorContract):
        editor = MyEditor()
        text = "tag: 1.0\\n"
        spec = EditSpec("mine", "file.txt")
        release = Release("1.1", (Image("web", "web", "1.1"),))
        lacking = "other: 1.0\\n"
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import EDIT_KEYS, RELEASE_KEYS, EditSpec, Release, own_keys
from gitops_actions.protocols import Editor

_HOSTILE = (
    "",
    "\n",
    "\ufeff",
    "\0",
    "\x1b[31m",
    "---\n" * 20,
    "[" * 5000,
    "- " * 2000 + "a",
    "{" * 200 + "}" * 200,
    "a: &a [*a, *a]\n",
    "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*{'a' if i == 0 else f'b{i - 1}'}, *a]\n" for i in range(60)),
    "a: *nothing\n",
    "? [x]\n: y\n",
    "\ud800",
    '"\\U00110000"',
    "key: 'unfinished",
    "%YAML 9.9\n---\na: 1\n",
    "!!python/object/apply:os.system ['true']\n",
)


class _Recorded(dict[str, Any]):
    """Options. A key that is asked for is added to ``seen``."""

    def __init__(self, options: Mapping[str, Any], seen: set[str]) -> None:
        super().__init__(options)
        self._seen = seen

    def __getitem__(self, key: str) -> Any:
        self._seen.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._seen.add(str(key))
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """As a dictionary does it."""
        self._seen.add(key)
        return super().get(key, default)


def _recorded(value: Any, seen: set[str], names: Mapping[str, str]) -> Any:
    """A value of the same class whose attributes in ``names`` are added to ``seen``, by these names, when they are
    read."""
    kind = type(value)

    class Recorded(kind):  # type: ignore[misc, valid-type]
        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            if name in names:
                seen.add(names[name])
            return super().__getattribute__(name)

    return Recorded(**{each.name: getattr(value, each.name) for each in fields(value)})


def _recorded_spec(spec: EditSpec, seen: set[str]) -> Any:
    plain = replace(spec, options=_Recorded(spec.options, seen))
    return _recorded(plain, seen, {key.replace("-", "_"): key for key in EDIT_KEYS})


def _recorded_release(release: Release, seen: set[str]) -> Any:
    return _recorded(release, seen, {"images": "images", "version": "version", "source": "revision"})


def _given(spec: EditSpec) -> set[str]:
    """The keys that an edit says."""
    keys = {key for key in EDIT_KEYS if key != "on-missing" and getattr(spec, key) is not None}
    return keys | set(spec.options) | ({"on-missing"} if spec.on_missing == "create" else set())


class EditorContract:
    """The promises of `gitops_actions.protocols.Editor`."""

    editor: Editor
    text: str  # "\n" line ends, no byte order mark, not yet of the release
    spec: EditSpec
    release: Release
    lacking: str  # a text in which the place does not exist

    def test_it_has_a_kind_and_names_relative_paths(self) -> None:
        assert self.editor.kind == self.spec.kind
        paths = self.editor.paths(self.spec)
        assert paths
        assert all(path and not path.startswith("/") and ".." not in path.split("/") for path in paths)

    def test_it_looks_at_nothing_but_what_it_takes(self) -> None:
        takes = self.editor.takes
        for spec in (self.spec, replace(self.spec, on_missing="create")):
            for text in (self.text, self.lacking):
                seen: set[str] = set()
                with contextlib.suppress(EditRefused):
                    self.editor.read(text, _recorded_spec(spec, seen))
                with contextlib.suppress(EditRefused):
                    self.editor.edit(text, _recorded_spec(spec, seen), _recorded_release(self.release, seen))
                parts = {key for key in takes if key not in RELEASE_KEYS or takes[key].applies(_given(spec))}
                assert seen <= parts, f"it looks at {', '.join(sorted(seen - parts))}, and does not take it here"

    def test_it_takes_what_the_edit_says_and_misses_what_it_needs(self) -> None:
        takes, given = self.editor.takes, _given(self.spec)
        assert all(key in takes and takes[key].applies(given) for key in given)
        for key in (key for key in (*EDIT_KEYS, *own_keys(takes)) if key in takes and takes[key].needed):
            assert key in given, f"it needs {key}"
            options = {name: text for name, text in self.spec.options.items() if name != key}
            change: dict[str, Any] = {key: None} if key in EDIT_KEYS else {"options": options}
            try:
                self.editor.edit(self.text, replace(self.spec, **change), self.release)
            except UsageError:
                continue
            raise AssertionError(f"it needs {key}, and does not miss it")

    def test_it_reads_what_it_will_replace(self) -> None:
        found = self.editor.read(self.text, self.spec)
        lines = self.text.splitlines()
        assert found
        assert all(1 <= value.line <= len(lines) for value in found)
        paths = {value.path for value in found}
        changes = self.editor.edit(self.text, self.spec, self.release).changes
        assert changes
        assert {change.path for change in changes if change.old is not None} <= paths

    def test_what_it_wrote_is_read_back(self) -> None:
        edited = self.editor.edit(self.text, self.spec, self.release)
        before = {value.path: value.value for value in self.editor.read(self.text, self.spec)}
        after = {value.path: value.value for value in self.editor.read(edited.text, self.spec)}
        changed = {change.path for change in edited.changes}
        assert all(after[path] == value for path, value in before.items() if path not in changed)
        assert all(after[path] != before.get(path) for path in changed)

    def test_a_second_edit_changes_nothing(self) -> None:
        edited = self.editor.edit(self.text, self.spec, self.release)
        again = self.editor.edit(edited.text, self.spec, self.release)
        assert again.text == edited.text
        assert again.changes == ()

    def test_only_lines_of_changes_differ(self) -> None:
        edited = self.editor.edit(self.text, self.spec, self.release)
        old, new = self.text.splitlines(keepends=True), edited.text.splitlines(keepends=True)
        lines = {change.line for change in edited.changes}
        for tag, start, end, _, _ in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            assert tag == "equal" or set(range(start + 1, end + 1)) <= lines

    def test_line_ends_stay(self) -> None:
        edited = self.editor.edit(self.text, self.spec, self.release)
        there = self.editor.edit(self.text.replace("\n", "\r\n"), self.spec, self.release)
        assert there.text == edited.text.replace("\n", "\r\n")
        try:
            there = self.editor.edit(self.text.replace("\n", "\r"), self.spec, self.release)
        except EditRefused:
            return  # to some formats a lone carriage return is no line end
        assert there.text == edited.text.replace("\n", "\r")

    def test_the_byte_order_mark_stays(self) -> None:
        edited = self.editor.edit(self.text, self.spec, self.release)
        there = self.editor.edit("\ufeff" + self.text, self.spec, self.release)
        assert there.text == "\ufeff" + edited.text
        assert there.changes == edited.changes

    def test_a_missing_last_line_end_stays_missing(self) -> None:
        edited = self.editor.edit(self.text, self.spec, self.release)
        there = self.editor.edit(self.text.rstrip("\n"), self.spec, self.release)
        assert there.text == edited.text.rstrip("\n")

    def test_a_missing_place_is_refused_with_a_hint(self) -> None:
        for text in (self.lacking, ""):
            refused = self._refused(text)
            assert refused is not None, f"{text!r} has no such place"
            assert refused.code.startswith("GA1")
            assert refused.hint

    def test_hostile_text_is_refused_and_nothing_else(self) -> None:
        for text in _HOSTILE:
            assert self._refused(text) is not None, f"{text[:40]!r} was accepted"

    def _refused(self, text: str) -> EditRefused | None:
        try:
            self.editor.edit(text, self.spec, self.release)
        except EditRefused as error:
            return error
        return None
