"""Requests without a server: what people do to branches by git is seen on reading, and two writers lose nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pytest

from gitops_actions.errors import Temporary, UsageError
from gitops_actions.forge.local.forge import LocalForge
from gitops_actions.git.repository import Repository
from gitops_actions.model import CommitStatus, RefUpdate, RequestText
from gitops_actions.testing.forge import AUTHOR, TEXT, Ground
from gitops_actions.testing.repos import git, show

BRANCH = "gitops/dev/web"
DATA = "refs/gitops/requests"


def opened(ground: Ground) -> int:
    ground.commit(BRANCH, {"web": b"1"})
    return ground.forge().open(BRANCH, "main", TEXT).number


def log(repo: Path, ref: str = DATA) -> list[str]:
    return git(repo, "log", "--format=%s", ref).splitlines()


def kept(repo: Path, number: int) -> dict[str, object]:
    return dict(json.loads(show(repo, DATA, f"requests/{number}.json")))


# --- what people do by git ---


def test_a_request_merged_by_hand_is_merged(ground: Ground, repo: Path, tmp_path: Path) -> None:
    number = opened(ground)
    ground.commit("main", {"other": b"1"})
    here = tmp_path / "clone"
    git(repo, "clone", "--quiet", str(repo), str(here))
    git(here, "merge", "--quiet", "--no-edit", f"origin/{BRANCH}")
    git(here, "push", "--quiet", "origin", "main")
    merge = ground.branches()["main"]
    ground.commit("main", {"other": b"2"})
    request = ground.forge().get(number)
    assert (request.state, request.merge_commit) == ("merged", merge)
    assert ground.forge().find() == ()
    ground.delete(BRANCH)
    assert ground.forge().get(number) == request


def test_a_request_merged_by_fast_forward_is_merged(ground: Ground, repo: Path) -> None:
    number = opened(ground)
    head = ground.branches()[BRANCH]
    git(repo, "update-ref", "refs/heads/main", head)
    ground.commit("main", {"later": b"1"})
    request = ground.forge().get(number)
    assert (request.state, request.merge_commit) == ("merged", head)


def test_a_branch_that_goes_on_after_a_merge_by_hand_is_a_new_request(ground: Ground, repo: Path) -> None:
    number = opened(ground)
    git(repo, "update-ref", "refs/heads/main", ground.branches()[BRANCH])
    ground.commit(BRANCH, {"web": b"2"})
    assert ground.forge().get(number).state == "merged"
    second = ground.forge().open(BRANCH, "main", TEXT)
    assert second.number == number + 1
    assert kept(repo, number)["state"] == "merged"


def test_a_branch_that_was_deleted_and_made_again_is_a_new_request(ground: Ground, repo: Path) -> None:
    number = opened(ground)
    ground.delete(BRANCH)
    forge = ground.forge()
    assert [one.state for one in forge.find(state="all", branch=BRANCH)] == ["closed"]
    ground.commit(BRANCH, {"web": b"2"})
    second = forge.open(BRANCH, "main", TEXT)
    assert second.number == number + 1
    assert kept(repo, number)["state"] == "closed"
    assert ground.forge().find() == (second,)


def test_a_request_whose_base_was_deleted_is_closed(ground: Ground) -> None:
    ground.commit("production", {"x": b"1"})
    ground.commit(BRANCH, {"web": b"1"})
    number = ground.forge().open(BRANCH, "production", TEXT).number
    ground.delete("production")
    assert ground.forge().get(number).state == "closed"


def test_branches_without_a_common_commit_make_no_request(ground: Ground, repo: Path) -> None:
    tree = git(repo, "rev-parse", "main^{tree}")
    git(repo, "update-ref", f"refs/heads/{BRANCH}", git(repo, "commit-tree", tree, "-m", "Another beginning"))
    with pytest.raises(UsageError, match="no commit in common"):
        ground.forge().open(BRANCH, "main", TEXT)


def test_numbers_start_after_those_of_a_mirrored_forge(ground: Ground, repo: Path) -> None:
    for ref in ("refs/pull/41/merge", "refs/pull/x/head", "refs/pull/" + "9" * 60):
        git(repo, "update-ref", ref, "main")
    assert opened(ground) == 42
    assert [one.number for one in ground.forge().find()] == [42]


def test_a_branch_whose_name_could_not_be_read_again_makes_no_request(ground: Ground) -> None:
    ground.commit("gitops/\u202ebew", {"web": b"1"})
    with pytest.raises(UsageError, match="control character"):
        ground.forge().open("gitops/\u202ebew", "main", TEXT)
    assert ground.forge().find(state="all") == ()


# --- how it is kept ---


def test_the_log_of_the_ref_is_an_audit_trail(ground: Ground, repo: Path) -> None:
    number = opened(ground)
    ground.forge().update(number, title="Deploy web 2 to dev")
    ground.forge().comment(number, "diff", "-1\n+2")
    ground.forge().close(number, comment="not now")
    assert log(repo) == [
        "Close #1: Deploy web 2 to dev",
        "Comment on #1: Deploy web 2 to dev",
        "Update #1: Deploy web 2 to dev",
        "Open #1: Deploy web 1.1 to dev",
    ]
    assert kept(repo, 1)["comments"] == {"close": "not now", "diff": "-1\n+2"}
    assert git(repo, "log", "-1", "--format=%an %ae %at", DATA) == f"{AUTHOR.name} {AUTHOR.mail} {AUTHOR.time}"


def test_what_changes_nothing_writes_nothing(ground: Ground, repo: Path) -> None:
    number = opened(ground)
    ground.forge().comment(number, "diff", "one")
    before = git(repo, "for-each-ref")
    ground.forge().open(BRANCH, "main", TEXT)
    ground.forge().update(number, title=TEXT.title, remove_labels=["x"])
    ground.forge().comment(number, "diff", "one")
    assert git(repo, "for-each-ref") == before


def test_a_label_goes_by_the_text_that_added_it(ground: Ground) -> None:
    number = opened(ground)
    assert ground.forge().update(number, add_labels=["a\x1bb", "c"]).labels == ("a b", "c")
    assert ground.forge().update(number, remove_labels=["a\x1bb"]).labels == ("c",)


def test_every_write_brings_the_head_of_the_request_up_to_date(ground: Ground, repo: Path) -> None:
    number = opened(ground)
    newer = ground.commit(BRANCH, {"web": b"2"})
    ground.forge().close(number)
    ground.delete(BRANCH)
    assert git(repo, "rev-parse", f"refs/pull/{number}/head") == newer
    assert ground.forge().get(number).head_sha == newer


def test_an_adopted_request_gets_the_text_and_keeps_its_people(ground: Ground) -> None:
    ground.commit(BRANCH, {"web": b"1"})
    ground.forge().open(BRANCH, "main", RequestText("Old", "old", labels=("a",), reviewers=("ada",)))
    request = ground.forge().open(BRANCH, "main", RequestText("New", "new", labels=("b", "a"), reviewers=("bob",)))
    assert (request.title, request.body, request.labels, request.reviewers) == (
        "New",
        "new",
        ("a", "b"),
        ("ada", "bob"),
    )


def test_the_url_is_one_that_a_person_can_use(ground: Ground, repo: Path) -> None:
    assert ground.forge().get(opened(ground)).url == f"{repo.as_uri()}#1"


def test_data_that_somebody_broke_is_named(ground: Ground, repo: Path) -> None:
    opened(ground)
    blob = git(repo, "hash-object", "-w", "--stdin", data=b"{}")
    folder = git(repo, "mktree", data=f"100644 blob {blob}\t1.json\n".encode())
    tree = git(repo, "mktree", data=f"040000 tree {folder}\trequests\n".encode())
    git(repo, "update-ref", DATA, git(repo, "commit-tree", tree, "-p", DATA, "-m", "Break"))
    with pytest.raises(UsageError) as caught:
        ground.forge().find()
    assert caught.value.file == "requests/1.json"


# --- statuses ---


def test_a_status_that_is_set_again_tells_since_when(ground: Ground, repo: Path) -> None:
    commit = ground.branches()["main"]
    ground.forge().set_status(commit, CommitStatus("gitops/dev", "success", time=1))
    ground.forge().set_status(commit, CommitStatus("gitops/dev", "success", time=2))
    assert ground.forge().statuses(commit) == (CommitStatus("gitops/dev", "success", time=1),)
    assert log(repo, "refs/gitops/statuses") == [f"gitops/dev: success on {commit[:12]}"]


def test_a_status_is_harmless_text(ground: Ground) -> None:
    commit = ground.branches()["main"]
    ground.forge().set_status(commit, CommitStatus("a\nb", "failure", "\x1b[2Jgone\x00", "https://x\n"))
    assert ground.forge().statuses(commit) == (CommitStatus("a b", "failure", "[2Jgone", "https://x"),)


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"x", b'[{"context": "a"}]'])
def test_statuses_that_somebody_broke_are_named(ground: Ground, repo: Path, content: bytes) -> None:
    commit = ground.branches()["main"]
    blob = git(repo, "hash-object", "-w", "--stdin", data=content)
    name = f"statuses/{commit[:2]}/{commit}.json"
    tree = git(repo, "mktree", data=f"100644 blob {blob}\t{commit}.json\n".encode())
    for part in (commit[:2], "statuses"):
        tree = git(repo, "mktree", data=f"040000 tree {tree}\t{part}\n".encode())
    git(repo, "update-ref", "refs/gitops/statuses", git(repo, "commit-tree", tree, "-m", "Break"))
    with pytest.raises(UsageError) as caught:
        ground.forge().statuses(commit)
    assert caught.value.file == name


# --- several writers ---

WRITER = """
import sys
from pathlib import Path
from gitops_actions.forge.local.forge import LocalForge
from gitops_actions.git.repository import Repository
from gitops_actions.model import CommitStatus, RequestText, Signature

repo, folder, me, count, commit = sys.argv[1:]
with Repository(repo, temporary=Path(folder)) as repository:
    forge = LocalForge(repository, Signature(me, f"{me}@example.com", 1))
    print("ready", flush=True)
    sys.stdin.readline()
    for index in range(int(count)):
        print(forge.open(f"gitops/{me}/{index}", "main", RequestText(f"{me} {index}", "")).number)
        if index % 4 == 0:
            forge.set_status(commit, CommitStatus(f"{me}/{index}", "success"))
"""


def test_two_processes_lose_none_of_each_others_requests_and_statuses(
    ground: Ground, repo: Path, tmp_path: Path
) -> None:
    each, commit = 20, ground.branches()["main"]
    for me in ("ada", "bob"):
        for index in range(each):
            ground.commit(f"gitops/{me}/{index}", {"web": f"{me} {index}".encode()})
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(repo), str(tmp_path), me, str(each), commit],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for me in ("ada", "bob")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    printed = [writer.communicate()[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sorted(int(number) for numbers in printed for number in numbers) == list(range(1, 2 * each + 1))
    found = ground.forge().find()
    assert {one.branch: one.title for one in found} == {
        f"gitops/{me}/{index}": f"{me} {index}" for me in ("ada", "bob") for index in range(each)
    }
    statuses = {one.context for one in ground.forge().statuses(commit)}
    assert statuses == {f"{me}/{index}" for me in ("ada", "bob") for index in range(0, each, 4)}


class Overtaken(Repository):
    """A real repository in which others are faster: they write just before each push."""

    others: Callable[[], object]

    def push(self, updates: Sequence[RefUpdate]) -> None:
        self.others()
        super().push(updates)


def test_a_merge_that_loses_the_race_merges_with_the_new_base(ground: Ground, repo: Path, tmp_path: Path) -> None:
    number = opened(ground)
    contents = [b"faster"]
    repository = Overtaken(str(repo), temporary=tmp_path)
    with repository:
        repository.others = lambda: contents and ground.commit("main", {"other": contents.pop()})
        forge = LocalForge(repository, AUTHOR)
        head = forge.get(number).head_sha
        merged = forge.merge(number, expected_head=head, method="merge", author=AUTHOR)
    files = ground.files(ground.branches()["main"])
    assert (files["web"], files["other"]) == (b"1", b"faster")
    assert ground.branches() == {"main": merged.merge_commit}


def test_a_writer_that_always_loses_says_so(ground: Ground, repo: Path, tmp_path: Path) -> None:
    number = opened(ground)
    numbers = count()
    repository = Overtaken(str(repo), temporary=tmp_path)
    with repository:
        repository.others = lambda: ground.commit("main", {"other": b"%d" % next(numbers)})
        forge = LocalForge(repository, AUTHOR, deadline=0)
        head = forge.get(number).head_sha
        with pytest.raises(Temporary, match="kept being faster"):
            forge.merge(number, expected_head=head, method="merge", author=AUTHOR)
    assert ground.forge().get(number).state == "open"
