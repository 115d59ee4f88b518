"""What every Runtime promises, as tests: inherit `RuntimeContract` in a test class of your own, and say what your CI
system makes of a log and of the files that the runtime leaves.

::

    class TestMyRuntime(RuntimeContract):
        kind = MyRuntime

        def environ(self, folder):
            return {"MY_CI": "yes", "MY_CI_OUTPUTS": str(folder / "outputs")}

        def outputs(self, folder):
            return dict(line.split("=", 1) for line in (folder / "outputs").read_text().splitlines())

        def obeyed(self, line):
            return line.startswith("!!")
"""

from __future__ import annotations

import io
import json
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gitops_actions.cli.log import Log, Veil
from gitops_actions.model import Finding
from gitops_actions.protocols import Runtime
from gitops_actions.testing.hostile import ORDERS

_KNOWN = {"revision", "source", "sequence", "run", "actor", "debug", "default_branch"}
# Every order alone, and between texts.
_HOSTILE = (*ORDERS, *(f"a\n{order}x\nb" for order in ORDERS), "".join(ORDERS), "")
_PAIRS = tuple(first + second for first in ORDERS for second in ORDERS)


class RuntimeContract:
    """See the module. ``kind`` is the class of the runtime."""

    kind: Any

    @abstractmethod
    def environ(self, folder: Path) -> Mapping[str, str]:
        """The environment of a job, whose files are in ``folder``; makes those that the CI system makes."""

    @abstractmethod
    def outputs(self, folder: Path) -> Mapping[str, str] | None:
        """What later steps get; None: there are no later steps."""

    @abstractmethod
    def obeyed(self, line: str) -> bool:
        """Whether the CI system takes a line of the log for more than text."""

    @pytest.fixture
    def lines(self) -> list[str]:
        """What the runtime writes to the log."""
        return []

    @pytest.fixture
    def runtime(self, tmp_path: Path, lines: list[str]) -> Runtime:
        made: Runtime = self.kind(self.environ(tmp_path), lines.append)
        return made

    def test_it_knows_where_it_is(self, tmp_path: Path) -> None:
        assert self.kind.detect(self.environ(tmp_path)) is True
        assert self.kind.name

    def test_what_it_knows_are_words(self, runtime: Runtime) -> None:
        event = runtime.event()
        assert event.keys() <= _KNOWN
        assert all(text and text.isprintable() and " " not in text for text in event.values())
        assert event.get("sequence", "0").isdecimal()

    def test_what_it_knows_is_never_hostile(self, tmp_path: Path, lines: list[str]) -> None:
        environ = self.environ(tmp_path)
        for hostile in ("", "\n", "--upload-pack=x", "x\nGitops-App: evil", "javascript:alert(1)", "\u202e"):
            event = self.kind({**dict.fromkeys(environ, hostile)}, lines.append).event()
            assert event.keys() <= _KNOWN
            assert all(text.isprintable() and not text.startswith(("-", "javascript:")) for text in event.values())

    def test_every_value_is_one_output_or_left_out(self, tmp_path: Path, lines: list[str]) -> None:
        for number, hostile in enumerate(_HOSTILE):
            folder = tmp_path / str(number)
            folder.mkdir()
            runtime: Runtime = self.kind(self.environ(folder), lines.append)
            values = {"outcome": "opened", "version": hostile, "changed": "true"}
            left_out = runtime.output({name: (text,) for name, text in values.items()})
            there = self.outputs(folder)
            if there is not None:
                kept = {name: text for name, text in values.items() if name not in left_out}
                kept = {name: text.encode("utf-8", "replace").decode() for name, text in kept.items()}
                assert {name: there.get(name, "") for name in kept} == kept
                assert there.keys() <= kept.keys()
                assert not {"outcome", "changed"} & set(left_out)

    def test_the_first_text_that_fits_is_the_output(self, runtime: Runtime, tmp_path: Path) -> None:
        left_out = runtime.output({"version": ("x" * 50_000_000, "1.2.3"), "outcome": ("x" * 50_000_000,)})
        there = self.outputs(tmp_path)
        if there is not None:
            assert there == {"version": "1.2.3"}
            assert list(left_out) == ["outcome"]

    def test_what_it_writes_to_the_log_are_lines(self, runtime: Runtime, lines: list[str]) -> None:
        for hostile in _HOSTILE:
            runtime.annotate(Finding("GA001", "error", hostile, hostile, 1, 1, hostile))
            runtime.annotate(Finding("GA001", "notice", hostile))
            with pytest.raises(ValueError, match="inside"), runtime.group(hostile):
                raise ValueError("inside")
        assert not any("\n" in line for line in lines)
        assert runtime.annotate(Finding("GA001", "warning", "x")) in (True, False)

    def test_what_is_printed_is_not_obeyed(self) -> None:
        for as_json in (False, True):
            for hostile in (*_HOSTILE, *_PAIRS):
                stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", newline="")
                log = Log(stream, Veil(), self.kind.obeyed)
                log.json = as_json
                value = hostile.encode("utf-8", "replace").decode()
                text = json.dumps([value], ensure_ascii=False, indent=2) if as_json else hostile
                log.write(f"{text}\n")
                stream.flush()
                stream.seek(0)
                shown = stream.read()
                assert not any(self.obeyed(line) for line in shown.splitlines())
                if as_json:
                    assert json.loads(shown) == [value]

    def test_a_summary_is_taken_or_not(self, runtime: Runtime) -> None:
        assert runtime.summary("| a |\n| --- |\n") in (True, False)
        assert runtime.summary("x" * 50_000_000) is False

    def test_it_ends(self, runtime: Runtime) -> None:
        runtime.finish()
        runtime.finish()
