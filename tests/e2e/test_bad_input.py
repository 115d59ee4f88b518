"""Connections that cannot be: what is said of each, with which exit code, and that nothing was written.

One list for all forges and both transports. Where GitHub, GitLab and git word it in their own way, the case has what
all of them say; the exit code and the remedy are the same.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.github import GitHub
from gitops_actions.testing.gitlab import MAINTAINER, GitLab
from gitops_actions.testing.world import POLICY, Done, World, files

PLAIN = POLICY.replace("dev: {deliver: push}", "dev: {}")
SECRET = "s3sam-0pen"
TOKEN = "t0ken-0123456789"
PROJECT = "acme/deploy"
SERVERS = [("github", "api"), ("github", "git"), ("gitlab", "api"), ("gitlab", "git")]


class Ground(World):
    """A config repo on a forge, and another one that its token does not reach."""

    def __init__(self, root: Path, kind: str, server: GitHub | GitLab, transport: str) -> None:
        super().__init__(root)
        self.kind = kind
        self.server = server
        self.environ |= {"GITOPS_FORGE": kind, "GITOPS_TRANSPORT": transport, "GITOPS_TOKEN": TOKEN}
        self.root_url = server.url
        if isinstance(server, GitHub):
            self.environ["GITOPS_API_URL"] = server.api_url
            for name in (PROJECT, "acme/hidden"):
                self.config = server.add_repository(name, files=files(PLAIN)).objects.folder
            server.add_repository("acme/empty")
            server.add_token(TOKEN, repositories=[PROJECT, "acme/empty", "acme/nothing"])
        else:
            server.add_user("ada")
            server.add_project("acme/hidden", files(PLAIN))
            server.add_project("acme/empty", members={"ada": MAINTAINER})
            server.add_project(PROJECT, files(PLAIN), members={"ada": MAINTAINER})
            server.add_token("ada", value=TOKEN)
        self.config = server.root / f"{PROJECT}.git"
        self.address = f"{server.url}/{PROJECT}"

    def rename_default_branch(self) -> None:
        """As a person would do it in the settings."""
        if isinstance(self.server, GitHub):
            self.server.rename_branch(PROJECT, "main", "trunk")
            return
        self.git("branch", "--move", "main", "trunk")
        project = self.server.state.project(PROJECT)
        assert project is not None
        project.default_branch = "trunk"
        self.server.look()

    def archive(self) -> None:
        """The same."""
        if isinstance(self.server, GitHub):
            self.server.settings(PROJECT).archived = True
        else:
            project = self.server.state.project(PROJECT)
            assert project is not None
            project.archived = True

    def deploy_to(self, url: str, *options: str) -> Done:
        line = ("deploy", "--config-repo", url, "--image", "ghcr.io/acme/web:1.0.1", *options)
        return self.play(*line, code=None, environ={"GITOPS_BUDGET": "10s"})


@pytest.fixture(params=SERVERS, ids=["-".join(pair) for pair in SERVERS])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    kind, transport = request.param
    with GitHub(tmp_path / "served") if kind == "github" else GitLab(tmp_path / "served") as server:
        yield Ground(tmp_path, kind, server, transport)


@dataclass(frozen=True)
class Bad:
    """An input: ``url`` with {url} for the server and {place} for its host and port; what is said, and the hint."""

    name: str
    url: str
    words: tuple[str, ...]
    hint: tuple[str, ...]
    code: int = 2
    options: tuple[str, ...] = ()
    before: Callable[[Ground], object] = lambda _: None


REFUSED = [  # before anything is asked
    Bad("no URL", "", ("empty",), ("URL",)),
    Bad("a broken host", "https://[::1/acme/deploy", ("cannot be read",), ("check its host and port",)),
    Bad("a port that is none", "https://code.acme.example:x/acme/deploy", ("cannot be read",), ("host and port",)),
    Bad("no host", "https:///acme/deploy", ("",), ("https://",)),
    Bad("only a host", "{url}", ("does not name a",), ("https://",)),
    Bad("only an owner", "{url}/acme", ("does not name a",), ("https://",)),
    Bad("the page of a file", "{url}/acme/deploy/-/tree/main?ref=x", ("query or a fragment",), ("plain URL",)),
    Bad("another protocol", "ftp://code.acme.example/acme/deploy", ("",), ("https://",)),
    Bad("a helper of git", "ext::sh -c true", ("not supported",), ("https://",)),
    Bad("an option", "--upload-pack=x", ("looks like an option",), ("./-name",)),
    Bad("two lines", "https://code.acme.example/acme/deploy\nx", ("control characters",), ("one line",)),
    Bad("a password", f"http://me:{SECRET}@{{place}}/acme/deploy", ("a user name or a password",), ("GITOPS_TOKEN",)),
    Bad("a token as user", f"https://{SECRET}@code.acme.example/a/b", ("a user name or a password",), ("TOKEN",)),
    Bad("a password for ssh", f"ssh://me:{SECRET}@code.acme.example/a/b", ("a user name or a password",), ("TOKEN",)),
    Bad("a token as query", f"{{url}}/acme/deploy?token={SECRET}", ("may hold a secret",), ("GITOPS_TOKEN",)),
    Bad("in the clear", "http://code.acme.example/acme/deploy", ("in the clear",), ("use https://",)),
    Bad("in the clear, to the public one", "http://github.com/acme/deploy", ("in the clear",), ("use https://",)),
    Bad("an API in the clear", "{url}/acme/deploy", ("in the clear",), ("use https://",),
        options=("--api-url", "http://code.acme.example/api/v4")),
    Bad("an API with a password", "{url}/acme/deploy", ("a user name or a password",), ("GITOPS_TOKEN",),
        options=("--api-url", f"https://me:{SECRET}@code.acme.example/api/v4")),
    Bad("a base that is no branch", "{url}/acme/deploy", ("branch 'a..b'",), (), options=("--base", "a..b")),
]  # fmt: skip
ASKED = [  # and nothing is found, or allowed
    Bad("nothing there", "{url}/acme/nothing", ("there is no", "or it is not visible"), ("check the",)),
    Bad("not visible", "{url}/acme/hidden", ("there is no", "or it is not visible"), ("check the", "token")),
    Bad("empty", "{url}/acme/empty", ("is empty",), ("push a first commit",)),
    Bad("no such base", "{url}/acme/deploy", ("there is no branch 'mian'",), ("give one that exists: main",),
        options=("--base", "mian")),
    Bad("a base that was renamed", "{url}/acme/deploy", ("there is no branch 'main'",), ("that exists: trunk",),
        options=("--base", "main"), before=Ground.rename_default_branch),
    Bad("archived", "{url}/acme/deploy", ("archived",), ("unarchive it",), code=4, before=Ground.archive),
]  # fmt: skip


def check(ground: Ground, bad: Bad) -> Done:
    """Deploy to it, and look whether it is said right, and nothing was done."""
    bad.before(ground)
    place = ground.server.url.partition("://")[2]
    refs, tree = ground.git("for-each-ref"), sorted(ground.server.root.glob("*/*"))
    done = ground.deploy_to(bad.url.format(url=ground.server.url, place=place), *bad.options)
    assert done.code == bad.code, done.output + done.errors
    document = done.document
    (finding,) = document["findings"] if "findings" in document else document["results"][0]["findings"]
    for word in bad.words:
        assert word in finding["message"], finding
    for word in bad.hint:
        assert word in (finding["hint"] or ""), finding
    assert SECRET not in done.output + done.errors
    assert TOKEN not in done.output + done.errors
    assert "Traceback" not in done.errors
    assert (ground.git("for-each-ref"), sorted(ground.server.root.glob("*/*"))) == (refs, tree)
    return done


@pytest.mark.parametrize("bad", REFUSED, ids=[bad.name for bad in REFUSED])
def test_what_is_refused_before_anything_is_asked(ground: Ground, bad: Bad) -> None:
    check(ground, bad)
    assert ground.server.requests == []


@pytest.mark.parametrize("bad", ASKED, ids=[bad.name for bad in ASKED])
def test_what_is_not_there(ground: Ground, bad: Bad) -> None:
    check(ground, bad)
    if bad.code == 2:
        assert ground.server.writes() == []


def test_a_renamed_default_branch_is_simply_the_base(ground: Ground) -> None:
    ground.rename_default_branch()
    done = ground.deploy_to(ground.address)
    assert (done.code, done.results[0]["base"], done.results[0]["outcome"]) == (0, "trunk", "opened")
    assert ground.deploy_to(ground.address).outcomes == [("dev", "unchanged")]
    # History is read by git, whatever the transport is, and GitLab's repositories are called `...git` there.
    assert ground.play("history", "--config-repo", ground.address, "--app", "web").code == 0


# --- tokens that cannot do it ---


@dataclass(frozen=True)
class Token:
    """A token: where it is, what of, and what is said where it is not enough."""

    name: str
    kind: str
    variable: str
    make: Callable[[Ground], str]
    words: tuple[str, ...]


def of_workflow(*, public: bool) -> Callable[[Ground], str]:
    """The token of a workflow in another repository."""

    def make(ground: Ground) -> str:
        assert isinstance(ground.server, GitHub)
        ground.server.settings(PROJECT).private = not public
        text, rights = "ghs_w0rkflow", {"contents": "write", "pull_requests": "write"}
        ground.server.add_token(text, kind="actions", repositories=["acme/web"], permissions=rights)
        return text

    return make


def of_job(ground: Ground) -> str:
    """The token of a job in the project itself, which it may even push to."""
    assert isinstance(ground.server, GitLab)
    project = ground.server.state.project(PROJECT)
    assert project is not None
    project.job_token_push = True
    return ground.server.add_token("ada", kind="job", project=project)


HERE = ("the repository that the workflow runs in", "actions/create-github-app-token")
JOB = ("can neither read files by the API nor open merge requests", "project access token")
TOKENS = [
    Token("a workflow's, for a private one", "github", "GITHUB_TOKEN", of_workflow(public=False), HERE),
    Token("a workflow's, for a public one", "github", "GITHUB_TOKEN", of_workflow(public=True), HERE),
    Token("a workflow's, given by hand", "github", "GITOPS_TOKEN", of_workflow(public=False), HERE),
    Token("a workflow's, given by hand, for a public one", "github", "GITOPS_TOKEN", of_workflow(public=True), HERE),
    Token("a job's", "gitlab", "CI_JOB_TOKEN", of_job, JOB),
    Token("a job's, given by hand", "gitlab", "GITOPS_TOKEN", of_job, JOB),
]


@pytest.mark.parametrize("transport", ["api", "git"])
@pytest.mark.parametrize("token", TOKENS, ids=[token.name for token in TOKENS])
def test_a_token_that_cannot_do_it(tmp_path: Path, token: Token, transport: str) -> None:
    with GitHub(tmp_path / "served") if token.kind == "github" else GitLab(tmp_path / "served") as server:
        ground = Ground(tmp_path, token.kind, server, transport)
        del ground.environ["GITOPS_TOKEN"]
        ground.environ[token.variable] = text = token.make(ground)
        refs = ground.git("for-each-ref")
        done = ground.deploy_to(ground.address)
        assert ground.git("for-each-ref") == refs
    assert done.code in (2, 4), done.output
    for word in token.words:
        assert word in done.output, done.output
    assert text not in done.output + done.errors


# --- which forge is it? ---


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Ground]:
    """A server whose name says nothing, and nobody says what it is."""
    with GitHub(tmp_path / "served", enterprise=True) as server:
        ground = Ground(tmp_path, "github", server, "auto")
        for name in ("GITOPS_FORGE", "GITOPS_API_URL", "GITOPS_TRANSPORT"):
            del ground.environ[name]
        yield ground


TELLS = ("{url}/api/v4/version", "{url}/api/v3/meta", "--forge")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "has no forge that opens one"),
        (("--plan",), "has no forge that opens one"),
        (("--transport", "api"), "no API to read and write it by"),
        (("--api-url", "https://code.acme.example/"), "is 127.0.0.1 GitLab or GitHub?"),
    ],
)
def test_an_unknown_host_is_told_how_to_tell(stranger: Ground, options: tuple[str, ...], words: str) -> None:
    tells = tuple(word.format(url=stranger.server.url) for word in TELLS)
    check(stranger, Bad("", "{url}/acme/deploy", (words,), tells, options=options))
    assert stranger.server.writes() == []


def test_doctor_says_how_to_tell_too(stranger: Ground) -> None:
    done = stranger.play("doctor", "--config-repo", stranger.address, code=None)
    (finding,) = [one for one in done.document["findings"] if one["severity"] == "error"]
    assert (done.code, finding["code"]) == (4, "GA040")
    assert all(word.format(url=stranger.server.url) in finding["hint"] for word in TELLS)


def test_an_unknown_host_that_was_told(stranger: Ground) -> None:
    done = stranger.deploy_to(stranger.address, "--api-url", f"{stranger.server.url}/api/v3")
    assert done.outcomes == [("dev", "opened")]


# --- on this machine ---


LOCAL = [
    Bad("no such folder", "{root}/none", ("does not exist",), ("bare or not",)),
    Bad("no repository", "{root}/work", ("is not a git repository",), ("git init --bare",)),
    Bad("a bundle", "{root}/bundle", ("is not a git repository",), ("with git clone",)),
    Bad("a file", "{root}/file", ("is not a git repository",), ("bare or not",)),
    Bad("an URL of another machine", "file://server/srv/config.git", ("",), ("file:///",)),
    Bad("empty", "{root}/empty.git", ("is empty",), ("push a first commit",)),
    Bad("no such base", "{root}/config.git", ("there is no branch 'mian'",), ("that exists: main",),
        options=("--base", "mian")),
    Bad("a base that was renamed", "{root}/renamed.git", ("does not say which branch",), ("with --base: trunk",)),
    Bad("no API", "{root}/config.git", ("no API",), ("leave --transport out",), options=("--transport", "api")),
]  # fmt: skip


@pytest.mark.parametrize("bad", LOCAL, ids=[bad.name for bad in LOCAL])
def test_a_repository_on_this_machine(tmp_path: Path, bad: Bad) -> None:
    world = World(tmp_path, files(PLAIN))
    repos.bare(tmp_path / "empty.git", {})
    (tmp_path / "file").write_text("x")
    (tmp_path / "bundle").write_text("# v2 git bundle\n")
    renamed = repos.bare(tmp_path / "renamed.git", files(PLAIN))
    repos.git(renamed, "update-ref", "refs/heads/trunk", "refs/heads/main")
    repos.git(renamed, "update-ref", "-d", "refs/heads/main")
    refs = world.git("for-each-ref")
    url = bad.url.format(root=tmp_path)
    done = world.run("deploy", "--config-repo", url, "--image", "ghcr.io/acme/web:1.0.1", *bad.options, code=bad.code)
    (finding,) = done.document["findings"]
    assert all(word in finding["message"] for word in bad.words), finding
    assert all(word in (finding["hint"] or "") for word in bad.hint), finding
    assert world.git("for-each-ref") == refs
    assert world.leftovers() == []


# --- where it stands ---


@pytest.mark.parametrize(
    ("url", "place", "words"),
    [
        ("https://github.com/acme", "gitops.yaml:3:8", "does not name a repository on GitHub"),
        (f"https://me:{SECRET}@github.com/acme/deploy", "gitops.yaml:3:8", "holds credentials"),
        ("http://github.com/acme/deploy", "gitops.yaml:3:8", "plain http"),
    ],
)
def test_an_url_in_gitops_yaml_has_a_place(tmp_path: Path, url: str, place: str, words: str) -> None:
    world = World(tmp_path)
    (world.work / "gitops.yaml").write_text(f'version: 1\nconfig-repo:\n  url: "{url}"\napp: web\n')
    command = [sys.executable, "-m", "gitops_actions", "deploy", "--image", "ghcr.io/acme/web:1.0.1"]
    done = subprocess.run(command, env=world.environ, cwd=world.work, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"error: {place}: " in done.stderr, done.stderr
    assert words in done.stderr
    assert SECRET not in done.stderr + done.stdout


@pytest.mark.parametrize("name", ["title", "label", "reviewer", "assignee"])
def test_texts_of_one_line(world: World, name: str) -> None:
    done = world.play("deploy", "--image", "ghcr.io/acme/web:1.1", f"--{name}", "a\nb", code=2)
    (finding,) = done.document["findings"]
    assert (finding["code"], finding["hint"]) == ("GA047", "take it out: it has to be one line of plain text")
