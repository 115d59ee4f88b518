from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gitops_actions.errors import UsageError
from gitops_actions.git.folder import temporary_folder
from gitops_actions.git.repository import Repository
from gitops_actions.testing.nobody import Nobody

# A run that says where it is, and then waits to be killed.
RUN = """
import signal, sys
from pathlib import Path
from gitops_actions.git.repository import Repository
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
with Repository(sys.argv[1], temporary=Path(sys.argv[2])) as repository:
    repository.read("main", ["gitops.yaml"])
    print("ready", flush=True)
    sys.stdin.read()
"""


def run(bare: Path, temporary: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, bare, temporary], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_what_a_killed_run_left_is_swept_and_what_a_living_one_has_is_not(bare: Path, temporary: Path) -> None:
    with run(bare, temporary) as dead, run(bare, temporary) as alive:
        dead.kill()
        dead.wait()
        assert len(list(temporary.glob("*/*.lock"))) == 2
        for _ in range(1000):  # until its git has noticed, too
            with Repository(str(bare), temporary=temporary) as repository:
                assert repository.head() == "main"
            if len(list(temporary.glob("*/*.lock"))) == 1:
                break
        else:
            pytest.fail("what the killed run left is still there")
        alive.communicate()
        assert alive.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_stop_cleans_up(number: int, bare: Path, temporary: Path) -> None:
    with run(bare, temporary) as process:
        process.send_signal(number)
        process.wait()
    assert process.returncode != 0


def test_a_folder_is_kept_while_a_child_of_a_dead_run_works(tmp_path: Path) -> None:
    with temporary_folder(tmp_path) as (folder, lock):
        assert lock.descriptor is not None
        with subprocess.Popen(["sleep", "60"], pass_fds=[lock.descriptor]) as child:
            lock.release()  # as the kernel does it for a process that was killed
            with temporary_folder(tmp_path) as (other, _):
                assert folder.is_dir()
                assert other != folder
            child.kill()
            child.wait()
        with temporary_folder(tmp_path):
            assert not folder.exists()


def test_a_folder_that_cannot_be_removed_yet_is_left_to_a_later_run(nobody: Nobody) -> None:
    with nobody():
        with temporary_folder(nobody.folder) as (folder, _):
            (folder / "locked").mkdir()
            (folder / "locked" / "file").touch()
            (folder / "locked").chmod(0o555)
        assert folder.exists()
        (folder / "locked").chmod(0o755)
        with temporary_folder(nobody.folder):
            assert not folder.exists()


def test_a_place_without_locks_is_said_and_not_tried_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:  # as a network file system may answer
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    with pytest.raises(UsageError, match="No locks available"), temporary_folder(tmp_path):
        pass
    assert list(tmp_path.glob("*/*")) == []


def test_the_folder_is_private(tmp_path: Path) -> None:
    with temporary_folder(tmp_path) as (folder, _):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        assert folder.parent.name == f"gitops-actions-{os.getuid()}"


def test_a_place_that_is_given_relative(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Repository(str(bare), temporary=Path("here")) as repository:
        assert repository.head() == "main"
        assert repository.read("main", ["a/b"]).files["a/b"].content == b"1"


def test_a_place_that_others_prepared_is_refused(tmp_path: Path) -> None:
    parent = tmp_path / f"gitops-actions-{os.getuid()}"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    parent.symlink_to(elsewhere)
    with pytest.raises(UsageError, match="private"), temporary_folder(tmp_path):
        pass
    parent.unlink()
    parent.mkdir()
    parent.chmod(0o777)
    with pytest.raises(UsageError, match="private"), temporary_folder(tmp_path):
        pass
    parent.rmdir()
    parent.write_text("")
    with pytest.raises(UsageError), temporary_folder(tmp_path):
        pass


def test_something_else_in_the_way_is_left_alone(tmp_path: Path) -> None:
    parent = tmp_path / f"gitops-actions-{os.getuid()}"
    parent.mkdir(mode=0o700)
    (parent / "x.lock").symlink_to(tmp_path / "victim")
    (tmp_path / "victim").write_text("mine")
    with temporary_folder(tmp_path):
        assert (tmp_path / "victim").read_text() == "mine"


def test_nothing_is_left_when_the_repository_cannot_be_opened(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(UsageError):
        Repository(str(tmp_path), temporary=temporary).__enter__()
