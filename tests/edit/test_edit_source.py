from __future__ import annotations

import pytest

from gitops_actions.edit.source import MAX_BYTES, text_of
from gitops_actions.errors import EditRefused
from gitops_actions.model import EXECUTABLE, SUBMODULE, SYMLINK, File


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        (File(b"target.yaml", SYMLINK), "GA110", "symbolic link"),
        (File(b"", SUBMODULE), "GA110", "submodule"),
        (File(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"), "GA110", "LFS"),
        (File(b"\0GITCRYPT\0"), "GA110", "binary"),
        (File("a: 1".encode("utf-16")), "GA110", "UTF-16"),
        (File(b"a: 1\nb: \xff\n"), "GA110", "UTF-8"),
        (File(b"a: \xed\xa0\x80\n"), "GA110", "UTF-8"),
        (File(b" " * (MAX_BYTES + 1)), "GA109", "bytes"),
    ],
)
def test_what_is_no_text_is_refused(file: File, code: str, words: str) -> None:
    with pytest.raises(EditRefused, match=words) as caught:
        text_of(file)
    assert caught.value.code == code
    assert caught.value.hint


def test_the_place_of_a_wrong_byte_is_told() -> None:
    with pytest.raises(EditRefused) as caught:
        text_of(File(b"a\nb\n\xff"))
    assert caught.value.line == 3


@pytest.mark.parametrize("text", ["", "a", "\ufeffa\r\nb\rc\n", "\U0001f680"])
def test_text_comes_out_as_it_is(text: str) -> None:
    assert text_of(File(text.encode(), EXECUTABLE)).encode() == text.encode()
