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

import difflib

from gitops_actions.errors import EditRefused
from gitops_actions.model import EditSpec, Release
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
