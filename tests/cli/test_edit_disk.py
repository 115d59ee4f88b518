"""`gitops-actions edit` and the file system: what it keeps, and what stands in its way."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_actions.cli import disk
from gitops_actions.errors import NotAllowed, Temporary
from gitops_actions.testing.nobody import NOBODY, Nobody
from gitops_actions.testing.runs import Runs

SET = ("--set", "v=2")


def written(path: Path, text: str = "v: 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def leftovers(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".gitops-")]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o2664])
def test_the_mode_stays(edit: Runs, tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "a.yaml")
    path.chmod(mode)
    assert edit("yaml", "a.yaml", *SET).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert leftovers(tmp_path) == []


def test_owner_and_attributes_stay(edit: Runs, tmp_path: Path) -> None:
    path = written(tmp_path / "a.yaml")
    if os.getuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(path, NOBODY, NOBODY)
    try:
        os.setxattr(path, "user.note", b"keep")
    except OSError:
        pytest.skip("no extended attributes here")
    assert edit("yaml", "a.yaml", *SET).code == 0
    assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, NOBODY)
    assert os.getxattr(path, "user.note") == b"keep"


def test_a_file_of_another_owner_can_be_edited(edit: Runs, nobody: Nobody) -> None:
    path = written(nobody.folder / "a.yaml")
    nobody.own(nobody.folder)
    os.chown(path, 0, 0)
    path.chmod(0o666)
    assert edit("yaml", str(path), *SET, "--check").code == 10
    with nobody():
        done = edit("yaml", str(path), *SET)
    assert done.code == 0
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("v: 2\n", 0o666)


def test_a_read_only_file_is_refused_though_a_rename_could_replace_it(edit: Runs, tmp_path: Path) -> None:
    path, other = written(tmp_path / "a.yaml"), written(tmp_path / "b.yaml")
    path.chmod(0o444)
    done = edit("yaml", "b.yaml", "a.yaml", *SET)
    assert done.code == 4
    assert done.errors.startswith("error: a.yaml: the file is read-only\n  hint: ")
    assert done.errors.endswith("[GA059]\n")
    assert path.read_text() == other.read_text() == "v: 1\n"
    assert edit("yaml", "a.yaml", "--set", "v=1").text == "a.yaml: unchanged\n"


def test_a_file_in_a_read_only_folder_is_refused(edit: Runs, tmp_path: Path) -> None:
    path = written(tmp_path / "sub/a.yaml")
    path.parent.chmod(0o555)
    try:
        done = edit("yaml", "sub/a.yaml", *SET)
    finally:
        path.parent.chmod(0o755)
    assert done.code == 4
    assert "sub/a.yaml: the folder 'sub' is read-only" in done.errors
    assert path.read_text() == "v: 1\n"


@pytest.mark.parametrize(
    ("place", "mode", "said"),
    [
        ("a.yaml", 0o444, "a.yaml: the file is read-only"),
        ("a.yaml", 0o000, "a.yaml: cannot read the file: Permission denied"),
        (".", 0o555, "sub' is read-only, and the new file is made in it"),
        (".", 0o000, "a.yaml: cannot read the file: Permission denied"),
    ],
)
def test_what_permissions_forbid(edit: Runs, nobody: Nobody, place: str, mode: int, said: str) -> None:
    path = written(nobody.folder / "sub/a.yaml")
    nobody.own(nobody.folder)
    assert edit("yaml", str(path), *SET, "--check").code == 10
    (path.parent / place).chmod(mode)
    with nobody():
        done = edit("yaml", str(path), *SET)
    assert done.code == 4
    assert said in done.errors
    assert path.read_text() == "v: 1\n"


def test_hard_links_are_a_persons_decision(edit: Runs, tmp_path: Path) -> None:
    path = written(tmp_path / "a.yaml")
    os.link(path, tmp_path / "b.yaml")
    done = edit("yaml", "a.yaml", *SET)
    assert (done.code, "a.yaml: the file has 2 names (hard links)" in done.errors) == (5, True)
    assert edit("yaml", "a.yaml", *SET, "--diff").code == 0
    assert path.read_text() == "v: 1\n"


MEDDLER = """\
import os
from gitops_actions.model import Edited, Take, ValueChange

class Meddler:
    '''A neighbour who changes the file while we edit it.'''

    kind = "meddler"
    takes = {"version": Take(needed=True)}

    def paths(self, spec):
        return (spec.file,)

    def edit(self, text, spec, release):
        what = release.version
        if what == "write":
            with open(spec.file, "a") as file:
                file.write("more\\n")
        elif what == "rename":
            with open("new", "w") as file:
                file.write(text)
            os.replace("new", spec.file)
        elif what == "link":
            os.unlink(spec.file)
            os.symlink("/etc/passwd", spec.file)
        elif what == "remove":
            os.unlink(spec.file)
        return Edited("ours", (ValueChange("all", 1, text, "ours"),))
"""


@pytest.mark.parametrize("what", ["write", "rename", "link", "remove"])
def test_a_file_that_changes_meanwhile(edit: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    info = tmp_path / "meddler-1.0.dist-info"
    written(info / "METADATA", "Metadata-Version: 2.1\nName: meddler\nVersion: 1.0\n")
    written(info / "entry_points.txt", "[gitops_actions.editors]\nmeddler = meddling:Meddler\n")
    written(tmp_path / "meddling.py", MEDDLER)
    monkeypatch.syspath_prepend(str(tmp_path))
    first, second = written(tmp_path / "first", "theirs\n"), written(tmp_path / "second", "theirs\n")
    done = edit("meddler", "first", "second", "--version", what)
    assert done.code == 6
    assert "first: the file was changed while it was edited" in done.errors
    texts = {"write": "theirs\nmore\n", "rename": "theirs\n"}
    if what in texts:
        assert first.read_text() == second.read_text() == texts[what]
    else:
        assert first.is_symlink() == (what == "link")
    assert leftovers(tmp_path) == []
    assert Path("/etc/passwd").read_text() != "ours"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(edit: Runs, small_disk: Path) -> None:
    files = [written(small_disk / f"{name}.yaml", "v: 1\n" + "#\n" * 8000) for name in "abc"]
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in files]
    done = edit("yaml", *map(str, files), *SET)
    assert done.code == 6
    assert "cannot write the file: No space left on device\n" in done.errors
    assert "nothing was written [GA058]" in done.errors
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in files] == before
    assert leftovers(small_disk) == []


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """As a full disk, where none can be mounted: the system ends the write in the middle."""
    path = written(tmp_path / "a.yaml", "v: 1\n" + "#\n" * 50_000)
    before = path.read_bytes()
    command = [sys.executable, "-m", "gitops_actions", "edit", "yaml", "a.yaml", *SET]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
    )  # fmt: skip
    assert done.returncode == 6, done.stderr
    assert done.stderr.startswith("error: a.yaml: cannot write the file: File too large")
    assert path.read_bytes() == before
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_behind_stdout(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gitops_actions", "edit", "yaml", "-", *SET]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, input=b"v: 1\n", stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 6
    assert b"[GA061]" in done.stderr


def test_a_rename_that_fails_says_what_was_done(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a/a.yaml"), written(tmp_path / "b/b.yaml")
    originals = [disk.read(str(path)) for path in (first, second)]
    if os.getuid() != 0:
        pytest.skip("needs root")
    mounted = subprocess.run(["mount", "--bind", str(second), str(second)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("cannot mount here")
    try:
        with pytest.raises((NotAllowed, Temporary), match="cannot write the file") as caught:
            disk.replace_all([(original, b"v: 2\n") for original in originals])
    finally:
        subprocess.run(["umount", str(second)], check=True)
    assert caught.value.hint is not None
    assert "1 files before it were written" in caught.value.hint
    assert leftovers(tmp_path / "a") == leftovers(tmp_path / "b") == []
    assert (first.read_text(), second.read_text()) == ("v: 2\n", "v: 1\n")
