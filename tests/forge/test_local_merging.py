"""What `pr merge` makes, compared with what git makes in a clone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gitops_actions.errors import MergeConflict, NotAllowed
from gitops_actions.model import MergeMethod, RequestText
from gitops_actions.testing.forge import AUTHOR, TEXT, Ground
from gitops_actions.testing.repos import commit, git

BRANCH = "gitops/dev/web"


def edited(shared: bytes, number: int, new: bytes) -> bytes:
    return shared.replace(b"line %d\n" % number, new)


@pytest.fixture
def diverged(ground: Ground) -> Ground:
    """Three commits on the branch and one on the base, all in the same file, a merge without a conflict."""
    text = ground.files(ground.branches()["main"])["shared"]
    ground.commit(BRANCH, {"shared": edited(text, 8, b"eight\n")}, "First\n\nWith a body.\n")
    ground.commit(BRANCH, {"shared": edited(edited(text, 8, b"eight\n"), 9, b"nine\n"), "new": b"x"}, "Second\n")
    ground.commit(BRANCH, {"new": None, "newer": b"y"}, "Third\n")
    ground.commit("main", {"shared": edited(text, 0, b"zero\n")}, "Meanwhile\n")
    return ground


def clone(repo: Path, to: Path) -> Path:
    git(repo, "clone", "--quiet", str(repo), str(to))
    return to


def merged(ground: Ground, method: MergeMethod, text: RequestText = TEXT) -> str:
    request = ground.forge().open(BRANCH, "main", text)
    done = ground.forge().merge(request.number, expected_head=request.head_sha, method=method, author=AUTHOR)
    assert done.merge_commit is not None
    return done.merge_commit


def fields(repo: Path, commit: str, form: str) -> str:
    return git(repo, "log", "-1", f"--format={form}", commit)


def test_a_merge_is_what_git_merge_makes(diverged: Ground, repo: Path, tmp_path: Path) -> None:
    here = clone(repo, tmp_path / "clone")
    git(here, "merge", "--quiet", "--no-ff", "--no-edit", f"origin/{BRANCH}")
    before = diverged.branches()
    made = merged(diverged, "merge")
    assert git(repo, "rev-parse", f"{made}^{{tree}}") == git(here, "rev-parse", "HEAD^{tree}")
    assert fields(repo, made, "%P") == f"{before['main']} {before[BRANCH]}"
    assert diverged.message(made) == f"Merge pull request #1 from {BRANCH}\n\n{TEXT.title}"
    assert fields(repo, made, "%an %ae %at %cn") == f"{AUTHOR.name} {AUTHOR.mail} {AUTHOR.time} {AUTHOR.name}"


def test_a_merge_is_a_commit_even_where_a_fast_forward_would_do(ground: Ground, repo: Path) -> None:
    head = ground.commit(BRANCH, {"web": b"1"})
    assert fields(repo, merged(ground, "merge"), "%P").split()[1] == head


def test_a_squash_is_what_git_merge_squash_makes(diverged: Ground, repo: Path, tmp_path: Path) -> None:
    here = clone(repo, tmp_path / "clone")
    git(here, "merge", "--quiet", "--squash", f"origin/{BRANCH}")
    git(here, "commit", "--quiet", "--message", "squash")
    before = diverged.branches()
    made = merged(diverged, "squash")
    assert git(repo, "rev-parse", f"{made}^{{tree}}") == git(here, "rev-parse", "HEAD^{tree}")
    assert fields(repo, made, "%P") == before["main"]
    assert diverged.message(made) == f"{TEXT.title} (#1)"


def test_a_squash_of_one_commit_keeps_its_message(ground: Ground) -> None:
    ground.commit(BRANCH, {"web": b"1"}, "Deploy web 1 to dev\n\nWhy.\n\nGitops-App: web\nGitops-Version: 1\n")
    made = merged(ground, "squash", RequestText("Another title", ""))
    assert ground.message(made) == "Deploy web 1 to dev (#1)\n\nWhy.\n\nGitops-App: web\nGitops-Version: 1"


@pytest.mark.parametrize(
    ("message", "made"), [("Subject\r\n\r\nWhy.\r\n", "Subject (#1)\n\r\nWhy.\r"), ("", f"{TEXT.title} (#1)")]
)
def test_a_squash_of_one_commit_has_a_subject(ground: Ground, message: str, made: str) -> None:
    ground.commit(BRANCH, {"web": b"1"}, message)
    assert ground.message(merged(ground, "squash")) == made


def test_a_rebase_is_what_git_cherry_pick_makes(diverged: Ground, repo: Path, tmp_path: Path) -> None:
    here = clone(repo, tmp_path / "clone")
    git(here, "cherry-pick", f"origin/main..origin/{BRANCH}")
    made = merged(diverged, "rebase")
    form = "--format=%T %an %ae %at %s%n%b"
    assert git(repo, "log", form, made) == git(here, "log", form, "HEAD")
    assert fields(repo, made, "%cn %ce %ct") == f"{AUTHOR.name} {AUTHOR.mail} {AUTHOR.time}"


def test_a_rebase_keeps_the_commits_that_are_on_the_base_already(ground: Ground) -> None:
    ground.commit(BRANCH, {"web": b"1"})
    head = ground.commit(BRANCH, {"web": b"2"})
    assert merged(ground, "rebase") == head


def test_a_rebase_leaves_out_what_the_base_has_by_another_commit(ground: Ground, repo: Path) -> None:
    ground.commit(BRANCH, {"web": b"1"}, "Same\n")
    ground.commit(BRANCH, {"other": b"2"}, "Other\n")
    ground.commit("main", {"web": b"1"}, "Same, by hand\n")
    made = merged(ground, "rebase")
    assert git(repo, "log", "--format=%s", made) == "Other\nSame, by hand\nStart"


def test_a_rebase_that_has_nothing_left_to_bring_leaves_the_base_alone(ground: Ground) -> None:
    ground.commit(BRANCH, {"web": b"1"}, "Same\n")
    base = ground.commit("main", {"web": b"1"}, "Same, by hand\n")
    assert merged(ground, "rebase") == base
    assert ground.branches() == {"main": base}


def test_a_rebase_refuses_merge_commits(ground: Ground, repo: Path, tmp_path: Path) -> None:
    ground.commit(BRANCH, {"web": b"1"})
    ground.commit("main", {"other": b"1"})
    here = clone(repo, tmp_path / "clone")
    git(here, "checkout", "--quiet", BRANCH)
    git(here, "merge", "--quiet", "--no-edit", "origin/main")
    git(here, "push", "--quiet", "origin", BRANCH)
    before = ground.branches()
    with pytest.raises(MergeConflict, match="holds merge commits"):
        merged(ground, "rebase")
    assert ground.branches() == before
    merged(ground, "squash")


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_conflict_writes_nothing(ground: Ground, repo: Path, method: MergeMethod) -> None:
    head = ground.commit(BRANCH, {"shared": b"theirs\n", "web": b"theirs\n"})
    ground.commit("main", {"shared": b"ours\n", "web": b"ours\n"})
    ground.forge().open(BRANCH, "main", TEXT)
    before = git(repo, "for-each-ref")
    with pytest.raises(MergeConflict) as caught:
        ground.forge().merge(1, expected_head=head, method=method, author=AUTHOR)
    assert caught.value.message == "#1 conflicts with main in shared, web"
    assert git(repo, "for-each-ref") == before


def test_the_names_of_conflicting_files_are_harmless(ground: Ground) -> None:
    head = ground.commit(BRANCH, {"a\x1b[2J": b"theirs\n"})
    ground.commit("main", {"a\x1b[2J": b"ours\n"})
    ground.forge().open(BRANCH, "main", TEXT)
    with pytest.raises(MergeConflict) as caught:
        ground.forge().merge(1, expected_head=head, method="merge", author=AUTHOR)
    assert caught.value.message == "#1 conflicts with main in a [2J"


def test_a_draft_is_not_merged(ground: Ground) -> None:
    head = ground.commit(BRANCH, {"web": b"1"})
    number = ground.forge().open(BRANCH, "main", RequestText("T", "", draft=True)).number
    with pytest.raises(MergeConflict, match="is a draft"):
        ground.forge().merge(number, expected_head=head, method="merge", author=AUTHOR)
    with pytest.raises(MergeConflict, match="is a draft"):
        ground.forge().request_auto_merge(number, expected_head=head, method=None, author=AUTHOR)
    assert not ground.forge().get(number).auto_merge


def test_a_hook_that_protects_the_base_is_obeyed(ground: Ground, repo: Path) -> None:
    head = ground.commit(BRANCH, {"web": b"1"})
    number = ground.forge().open(BRANCH, "main", TEXT).number
    hook = repo / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nwhile read old new ref; do\n"
        '  case $ref in refs/heads/main) echo "main is protected" >&2; exit 1;; esac\ndone\n'
    )
    hook.chmod(0o755)
    before = git(repo, "for-each-ref")
    with pytest.raises(NotAllowed, match="main is protected"):
        ground.forge().merge(number, expected_head=head, method="merge", author=AUTHOR)
    assert git(repo, "for-each-ref") == before
    shutil.rmtree(hook.parent)
    assert ground.forge().merge(number, expected_head=head, method="merge", author=AUTHOR).state == "merged"


def test_a_title_cannot_pretend_to_be_a_trailer(ground: Ground) -> None:
    ground.commit(BRANCH, {"web": b"1"})
    made = merged(ground, "merge", RequestText("Gitops-App: evil", ""))
    assert ground.message(made).endswith('\n\n"Gitops-App: evil"')


def test_the_commits_of_a_merged_request_stay_reachable(ground: Ground, repo: Path) -> None:
    head = commit(repo, {"web": b"1"}, message="One\n", branch=BRANCH, start="main")
    merged(ground, "squash")
    assert git(repo, "rev-parse", "refs/pull/1/head") == head
