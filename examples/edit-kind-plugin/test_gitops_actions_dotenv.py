"""The promises that every editor makes, and what they mean for ``.env`` files."""

from __future__ import annotations

import pytest
from gitops_actions_dotenv import Dotenv

from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import EditSpec, Release
from gitops_actions.testing.editor import EditorContract

SPEC = EditSpec("dotenv", ".env", path="TAG")


class TestDotenv(EditorContract):
    editor = Dotenv()
    text = "# web\n\nNAME='web # one'\nexport TAG=1.9 # by CI\nOTHER_TAG=\"1.9\"\nEMPTY=\n"
    spec = SPEC
    release = Release("1.10")
    lacking = "NAME=web\n"


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        ("TAG=1", "2", "TAG=2"),
        ("TAG='1'", "2", "TAG='2'"),
        ('TAG="1"', "2", 'TAG="2"'),
        ("TAG=", "2", "TAG=2"),
        (" export  TAG = 1\t# one", "2", " export  TAG = 2\t# one"),
        ("TAG=1", "a b", 'TAG="a b"'),
        ("TAG=1", "a$b", "TAG='a$b'"),
        ('TAG="1"', "a$b", "TAG='a$b'"),
    ],
)
def test_quotes(old: str, value: str, new: str) -> None:
    spec = EditSpec("dotenv", ".env", path="TAG", value=value)
    assert Dotenv().edit(f"A=1\n{old}\n", spec, Release("1")).text == f"A=1\n{new}\n"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("A=1\n\nB=2\n", "GA101", None),
        ("TAG=1\nA=2\r\n\r\nTAG=3\n", "GA103", 4),
        ('A=1\nB="x\nTAG=1\n"\n', "GA106", 2),
        ('\ufeffTAG="a\\"b"\n', "GA106", 1),
        ("TAG=$OTHER\n", "GA106", 1),
        ("\n\nno variable\n", "GA106", 3),
    ],
)
def test_what_is_refused(text: str, code: str, line: int | None) -> None:
    with pytest.raises(EditRefused) as caught:
        Dotenv().edit(text, SPEC, Release("2"))
    assert (caught.value.code, caught.value.line) == (code, line)
    assert caught.value.hint


def test_an_edit_needs_a_variable_and_a_value_that_can_be_written() -> None:
    with pytest.raises(UsageError, match="needs a path"):
        Dotenv().read("TAG=1\n", EditSpec("dotenv", ".env"))
    with pytest.raises(UsageError, match="cannot be written"):
        Dotenv().edit("TAG=1\n", EditSpec("dotenv", ".env", path="TAG", value="a\nb"), Release("1"))
