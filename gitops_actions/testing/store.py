"""The suite that every `Store` must pass. A plugin's tests subclass `StoreContract` and say how a store is opened."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitops_actions.errors import EditRefused, LostRace, UsageError
from gitops_actions.model import EXECUTABLE, FileChange
from gitops_actions.protocols import Store
from gitops_actions.testing import repos
from gitops_actions.testing.store_reading import AUTHOR, ODD, StoreReading


class StoreContract(StoreReading):
    """What `Store` promises. Override `open_store`; override the fixture `bare` where the repository behind the store
    has to be somewhere special.

    ``signed``: commits are made by the forge itself, in its own name and time; else they are as the arguments say.
    """

    signed = False

    def test_publish(self, store: Store, bare: Path) -> None:
        tip = store.snapshot("main", []).commit
        files = [
            FileChange("apps/web/run.sh", b"#!/bin/bash\n", EXECUTABLE),
            FileChange("new/folder/file", b"\r\n\x00"),
            FileChange("apps/api/dev.yaml", None),
            FileChange("never/was", None),
            *(FileChange(f"odd/{name}", f"new {name}".encode()) for name in ODD),
        ]
        message = "Subject\n\nBody: # kept\n  \nTrailer: x\n\n\n"
        new = store.publish("main", expected=tip, parent=tip, files=files, message=message, author=AUTHOR)
        assert repos.git(bare, "rev-parse", "main", "main^") == f"{new}\n{tip}"
        made = repos.git(bare, "cat-file", "commit", new) + "\n"
        if self.signed:
            assert made.partition("\n\n")[2].rstrip() == message.rstrip()
        else:
            assert made == (
                f"tree {repos.git(bare, 'rev-parse', 'main^{tree}')}\nparent {tip}\n"
                f"author Robot <robot@example.com> 1760000000 +0000\n"
                f"committer Robot <robot@example.com> 1760000000 +0000\n\n{message}"
            )
        for change in files:
            if change.content is not None:
                assert repos.show(bare, "main", change.path) == change.content
        assert "100755" in repos.git(bare, "ls-tree", "main", "apps/web/run.sh")
        changed = repos.git(bare, "diff-tree", "-r", "-z", "--name-only", tip, new).split("\0")[:-1]
        assert set(changed) == {change.path for change in files} - {"never/was"}
        assert repos.git(bare, "fsck", "--strict", "--no-dangling") == ""

    def test_the_new_tip_is_known(self, store: Store, bare: Path) -> None:
        tip = store.snapshot("main", []).commit
        new = store.publish(
            "main", expected=tip, parent=tip, files=[FileChange("a", b"1")], message="a\n", author=AUTHOR
        )
        assert store.branches()["main"] == new
        assert store.snapshot("main", ["a"]).files["a"].content == b"1"
        again = store.publish(
            "main", expected=new, parent=new, files=[FileChange("a", b"2")], message="b\n", author=AUTHOR
        )
        assert repos.git(bare, "rev-parse", "main") == again

    def test_the_same_arguments_make_the_same_commit(self, store: Store, bare: Path) -> None:
        if self.signed:
            pytest.skip("the forge puts its own time into a commit")
        tip = store.snapshot("main", []).commit
        ids = set()
        for branch in ("one", "two"):
            with self.open_store(bare) as other:
                ids.add(
                    other.publish(
                        branch, expected=None, parent=tip, files=[FileChange("a", b"1")], message="a\n", author=AUTHOR
                    )
                )
        assert len(ids) == 1

    def test_publish_many_files(self, store: Store, bare: Path) -> None:
        tip = store.snapshot("main", []).commit
        files = [FileChange(f"many/{number % 7}/{number}", b"%d" % number) for number in range(100)]
        store.publish("main", expected=tip, parent=tip, files=files, message="many\n", author=AUTHOR)
        assert len(repos.git(bare, "ls-tree", "-r", "main", "many/").splitlines()) == 100

    def test_publish_a_new_branch(self, store: Store, bare: Path) -> None:
        tip = store.snapshot("main", []).commit
        files = [FileChange("a", b"1")]
        new = store.publish("gitops/dev/web", expected=None, parent=tip, files=files, message="a\n", author=AUTHOR)
        assert repos.git(bare, "rev-parse", "gitops/dev/web") == new
        with pytest.raises(LostRace):
            store.publish("gitops/dev/web", expected=None, parent=tip, files=[], message="b\n", author=AUTHOR)

    def test_publish_replaces_a_branch(self, store: Store, bare: Path) -> None:
        """A request's branch is put on the new base: not a fast-forward."""
        base = store.snapshot("main", []).commit
        old = repos.commit(bare, {"x": "1"}, message="One", branch="side", start="main")
        files = [FileChange("x", b"2")]
        new = store.publish("side", expected=old, parent=base, files=files, message="a\n", author=AUTHOR)
        assert repos.git(bare, "rev-parse", "side", "side^") == f"{new}\n{base}"

    def test_a_lost_race_writes_nothing(self, store: Store, bare: Path) -> None:
        tip = store.snapshot("main", []).commit
        theirs = repos.commit(bare, {"x": "1"}, message="Theirs")
        files = [FileChange("x", b"2")]
        with pytest.raises(LostRace):
            store.publish("main", expected=tip, parent=tip, files=files, message="a\n", author=AUTHOR)
        assert repos.git(bare, "rev-parse", "main") == theirs
        store.refresh()
        new = store.publish("main", expected=theirs, parent=theirs, files=files, message="a\n", author=AUTHOR)
        assert repos.git(bare, "rev-parse", "main", "main^") == f"{new}\n{theirs}"

    def test_publish_on_a_branch_that_is_gone(self, store: Store, bare: Path) -> None:
        old = repos.commit(bare, {"x": "1"}, message="One", branch="side", start="main")
        store.snapshot("side", [])
        repos.git(bare, "update-ref", "-d", "refs/heads/side")
        with pytest.raises(LostRace):
            store.publish("side", expected=old, parent=old, files=[], message="a\n", author=AUTHOR)

    @pytest.mark.parametrize(
        "path", ["", "/a", "a//b", "../a", "a/../b", "./a", ".git/config", "a/.GIT/x", "a/", "a\0b"]
    )
    def test_impossible_paths_are_refused(self, store: Store, path: str) -> None:
        tip = store.snapshot("main", []).commit
        with pytest.raises(UsageError):
            store.publish(
                "main", expected=tip, parent=tip, files=[FileChange(path, b"x")], message="m\n", author=AUTHOR
            )

    @pytest.mark.parametrize("path", ["apps", "apps/web", "gitops.yaml/x", "link/x", "module/x"])
    def test_a_file_never_replaces_a_folder_nor_a_folder_a_file(self, store: Store, path: str) -> None:
        tip = store.snapshot("main", []).commit
        with pytest.raises(EditRefused):
            store.publish(
                "main", expected=tip, parent=tip, files=[FileChange(path, b"x")], message="m\n", author=AUTHOR
            )

    def test_delete(self, store: Store, bare: Path) -> None:
        tip = repos.commit(bare, {"x": "1"}, message="One", branch="side", start="main")
        with pytest.raises(LostRace):
            store.delete("side", expected=repos.git(bare, "rev-parse", "main"))
        store.delete("side", expected=tip)
        assert set(store.branches()) == {"main"}
        assert repos.git(bare, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
        store.delete("side", expected=tip)

    def test_delete_what_somebody_else_deleted(self, store: Store, bare: Path) -> None:
        tip = repos.commit(bare, {"x": "1"}, message="One", branch="side", start="main")
        assert store.branches()["side"] == tip
        repos.git(bare, "update-ref", "-d", "refs/heads/side")
        store.delete("side", expected=tip)

    def test_concurrent_writers_all_land(self, store: Store, bare: Path) -> None:
        def write(number: int) -> None:
            with self.open_store(bare) as mine:
                for _ in range(50):
                    tip = mine.snapshot("main", []).commit
                    files = [FileChange(f"writers/{number}", b"x")]
                    try:
                        mine.publish("main", expected=tip, parent=tip, files=files, message="w\n", author=AUTHOR)
                    except LostRace:
                        mine.refresh()
                    else:
                        return
                pytest.fail("lost 50 races")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
        store.refresh()
        assert len(store.names("main", "writers")) == 8
        assert len(store.log("main")) == 9
