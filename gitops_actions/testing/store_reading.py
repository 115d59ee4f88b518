"""The reading half of the suite in `gitops_actions.testing.store`, and what both halves stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gitops_actions.errors import UsageError
from gitops_actions.model import EXECUTABLE, SUBMODULE, SYMLINK, File, Signature
from gitops_actions.protocols import Store
from gitops_actions.testing import repos

AUTHOR = Signature("Robot", "robot@example.com", 1_760_000_000)
ODD = ("with space", "quote\"d'", "back\\slash", "new\nline", "umlaut-ä-日本", "-rf", "tab\there", "$(x)`y`;&")
FILES: Mapping[str, str | bytes] = {
    "gitops.yaml": "version: 1\n",
    "apps/web/dev.yaml": "tag: 1\r\n# end",
    "apps/web/run.sh": "#!/bin/sh\n",
    "apps/api/dev.yaml": b"\xff\x00\xfe",
    "link": "apps/web/dev.yaml",
    "module": "1234567890123456789012345678901234567890",
    **{f"odd/{name}": name for name in ODD},
}
MODES = {"apps/web/run.sh": EXECUTABLE, "link": SYMLINK, "module": SUBMODULE}


class StoreReading:
    """Override `open_store`, and `bare` where the real repository behind the store has to be somewhere special."""

    def open_store(self, bare: Path) -> AbstractContextManager[Store]:
        """A new store on the repository that ``bare`` holds."""
        raise pytest.UsageError(f"a subclass says how a store on {bare} is opened")

    @pytest.fixture
    def bare(self, tmp_path: Path) -> Path:
        """The repository behind the store, where other people work."""
        return repos.bare(tmp_path / "served" / "config.git", FILES, modes=MODES)

    @pytest.fixture
    def store(self, bare: Path) -> Iterator[Store]:
        with self.open_store(bare) as store:
            yield store

    # --- reading ------------------------------------------------------------------------------

    def test_default_branch(self, store: Store) -> None:
        assert store.default_branch() == "main"

    def test_snapshot_has_exactly_what_exists(self, store: Store, bare: Path) -> None:
        snapshot = store.snapshot("main", ["gitops.yaml", "apps/web/run.sh", "no/such", "apps", "link/x", "", "/", "."])
        assert snapshot.ref == "main"
        assert snapshot.commit == repos.git(bare, "rev-parse", "main")
        assert dict(snapshot.files) == {
            "gitops.yaml": File(b"version: 1\n"),
            "apps/web/run.sh": File(b"#!/bin/sh\n", EXECUTABLE),
        }

    def test_bytes_and_modes_are_exact(self, store: Store) -> None:
        files = store.snapshot("main", list(FILES), likely=["web"]).files
        for path, content in FILES.items():
            raw = content.encode() if isinstance(content, str) else content
            assert files[path] == File(b"" if path == "module" else raw, MODES.get(path, "100644"))

    def test_snapshot_of_a_commit_id(self, store: Store, bare: Path) -> None:
        old = repos.git(bare, "rev-parse", "main")
        repos.commit(bare, {"gitops.yaml": "version: 2\n"}, message="Two")
        assert store.snapshot(old, ["gitops.yaml"]).files["gitops.yaml"].content == b"version: 1\n"
        assert store.snapshot("main", ["gitops.yaml"]).files["gitops.yaml"].content == b"version: 2\n"

    def test_what_was_read_stays_until_refresh(self, store: Store, bare: Path) -> None:
        before = store.snapshot("main", ["gitops.yaml"])
        new = repos.commit(bare, {"gitops.yaml": "version: 2\n"}, message="Two")
        assert store.snapshot("main", ["gitops.yaml"]) == before
        assert store.branches() == {"main": before.commit}
        store.refresh()
        assert store.snapshot("main", ["gitops.yaml"]).files["gitops.yaml"].content == b"version: 2\n"
        assert store.branches() == {"main": new}

    def test_branches_by_prefix(self, store: Store, bare: Path) -> None:
        for branch in ("gitops/dev/web", "gitops/staging/web", "gitopsy"):
            repos.commit(bare, {"x": branch}, message=branch, branch=branch, start="main")
        assert set(store.branches("gitops/")) == {"gitops/dev/web", "gitops/staging/web"}
        assert set(store.branches()) == {"main", "gitopsy", "gitops/dev/web", "gitops/staging/web"}

    def test_a_missing_branch_names_those_that_exist(self, store: Store, bare: Path) -> None:
        repos.commit(bare, {"x": "1"}, message="x", branch="production", start="main")
        for _ in range(2):
            with pytest.raises(UsageError) as error:
                store.snapshot("prodction", ["x"])
            assert "'prodction'" in str(error.value)
            assert "production, main" in str(error.value)

    def test_a_missing_commit(self, store: Store) -> None:
        with pytest.raises(UsageError):
            store.snapshot("1" * 40, ["x"])

    @pytest.mark.parametrize(
        "name", ["-x", "--upload-pack=touch", "a..b", "a b", "a\nb", "main:x", "@{-1}", "", "HEAD"]
    )
    def test_an_impossible_branch_is_refused(self, store: Store, name: str) -> None:
        with pytest.raises(UsageError):
            store.snapshot(name, ["x"])
        with pytest.raises(UsageError):
            store.publish(name, expected=None, parent="0" * 40, files=[], message="", author=AUTHOR)

    def test_names(self, store: Store) -> None:
        assert store.names("main", "apps/web") == ("apps/web/dev.yaml", "apps/web/run.sh")
        assert store.names("main", "apps/web/") == ("apps/web/dev.yaml", "apps/web/run.sh")
        assert store.names("main", "apps/w") == ()
        assert store.names("main", "gitops.yaml") == ()
        assert set(store.names("main")) == set(FILES)

    # --- history ------------------------------------------------------------------------------

    def test_ahead(self, store: Store, bare: Path) -> None:
        fork = repos.git(bare, "rev-parse", "main")
        first = repos.commit(bare, {"x": "1"}, message="One\n\nBody\n", branch="side", start="main", name="Ann Ö")
        second = repos.commit(bare, {"x": "2"}, message="Two", branch="side")
        main = repos.commit(bare, {"y": "2"}, message="Other")
        commits = store.ahead("main", "side")
        assert [(commit.id, commit.parents) for commit in commits] == [(second, (first,)), (first, (fork,))]
        assert commits[1].message == "One\n\nBody\n"
        assert commits[1].subject == "One"
        assert commits[1].author == Signature("Ann Ö", "pat@example.com", repos.EPOCH)
        assert store.ahead(main, second) == commits
        assert store.ahead("side", "side") == ()
        assert [commit.id for commit in store.ahead(second, main)] == [main]
        assert store.ahead("main", fork) == ()

    def test_ahead_through_a_merge(self, store: Store, bare: Path) -> None:
        repos.commit(bare, {"x": "1"}, message="One", branch="side", start="main")
        repos.commit(bare, {"y": "1"}, message="Other")
        tree = repos.git(bare, "merge-tree", "--write-tree", "side", "main")
        merge = repos.git(bare, "commit-tree", tree, "-p", "side", "-p", "main", "-m", "Update branch")
        repos.git(bare, "update-ref", "refs/heads/side", merge)
        repos.commit(bare, {"x": "3"}, message="Three", branch="side")
        assert [commit.subject for commit in store.ahead("main", "side")] == ["Three", "Update branch", "One"]

    def test_log(self, store: Store, bare: Path) -> None:
        start = repos.git(bare, "rev-parse", "main")
        two = repos.commit(bare, {"apps/web/dev.yaml": "tag: 2\n", "other": "x"}, message="Two")
        three = repos.commit(bare, {"other": "y"}, message="Three")
        four = repos.commit(bare, {"apps/web/dev.yaml": None, "apps/webx": "1"}, message="Four")
        assert [commit.id for commit in store.log("main")] == [four, three, two, start]
        assert [commit.id for commit in store.log("main", limit=2)] == [four, three]
        assert [commit.files for commit in store.log(three)] == [{}, {}, {}]
        found = store.log("main", ["apps/web", "nothing"])
        assert [commit.id for commit in found] == [four, two, start]
        assert found[0].files == {"apps/web/dev.yaml": None}
        blob = repos.git(bare, "rev-parse", f"{two}:apps/web/dev.yaml")
        assert found[1].files == {"apps/web/dev.yaml": blob}
        assert store.blobs([blob]) == {blob: b"tag: 2\n"}
        everything = store.log("main", [""], limit=1)
        assert everything[0].files.keys() == {"apps/web/dev.yaml", "apps/webx"}

    def test_log_follows_first_parents(self, store: Store, bare: Path) -> None:
        repos.commit(bare, {"x": "1"}, message="One", branch="side", start="main")
        repos.commit(bare, {"y": "1"}, message="Other")
        tree = repos.git(bare, "merge-tree", "--write-tree", "main", "side")
        merge = repos.git(bare, "commit-tree", tree, "-p", "main", "-p", "side", "-m", "Merge\n")
        repos.git(bare, "update-ref", "refs/heads/main", merge)
        assert [commit.subject for commit in store.log("main")] == ["Merge", "Other", "Start"]
        assert [(commit.id, set(commit.files)) for commit in store.log("main", ["x"])] == [(merge, {"x"})]

    def test_missing_blob(self, store: Store, bare: Path) -> None:
        store.snapshot("main", ["gitops.yaml"])
        for id in ("1" * 40, "main", "", "a\nb"):
            with pytest.raises(UsageError):
                store.blobs([id])
        there = repos.git(bare, "rev-parse", "main:gitops.yaml")
        assert store.blobs([there]) == {there: b"version: 1\n"}

    # --- the empty repository -----------------------------------------------------------------

    def test_an_empty_repository_says_so(self, tmp_path: Path) -> None:
        with self.open_store(repos.bare(tmp_path / "served" / "empty.git", {})) as store:
            for call in (store.default_branch, lambda: store.snapshot("main", ["x"])):
                with pytest.raises(UsageError, match="empty"):
                    call()
            assert store.branches() == {}
