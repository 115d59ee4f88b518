"""`generate`: what becomes of files, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gitops_actions import __version__
from gitops_actions.cli.generate import command
from gitops_actions.cli.placing import Placed
from gitops_actions.cli.placing import place as put
from gitops_actions.cli.validate import command as validate_command
from gitops_actions.errors import NotAllowed
from gitops_actions.testing import repos
from gitops_actions.testing.nobody import Nobody
from gitops_actions.testing.runs import Runs

ROOT = Path(__file__).parent.parent.parent

ACTION = "gitops-actions/gitops-actions@" + "0123456789" * 4
HEAD = "version: 1\nconfig-repo: {url: 'https://github.com/acme/deploy'}\napp: web\n"
PIPELINE = (
    f"pipeline: {{use: container, platforms: [github, gitlab], action: {ACTION}, with: {{image: ghcr.io/a/web}}}}\n"
)
SET = """\
name: tiny
description: For a test
version: "1"
parameters: {type: object, additionalProperties: false, properties: {branch: {type: string, default: main}}}
files:
  github: {".github/workflows/{name}.yml": workflow.j2}
"""
WORKFLOW = """\
on: {push: {branches: [<@ branch @>]}}
permissions: {}
jobs:
  one:
    runs-on: x
    timeout-minutes: 5
    permissions: {}
    steps:
      - run: "true"
"""
GITHUB, GITLAB = ".github/workflows/container.yml", ".gitlab-ci.yml"


class Place:
    """A repository with a work tree, and the command in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.run = Runs(command)
        repos.git(root, "init", "--quiet", "--initial-branch=main")

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def commit(self, **files: str) -> None:
        for path, text in files.items():
            self.write(path, text)
        repos.git(self.root, "add", ".")
        repos.git(self.root, "commit", "--quiet", "-m", "x")

    def states(self, *arguments: str) -> Mapping[str, str]:
        return {one["file"]: one["state"] for one in self.run(*arguments, output="json").document["files"]}

    def files(self) -> Mapping[str, str]:
        found = (path for path in self.root.rglob("*") if path.is_file() and ".git" not in path.parts)
        return {path.relative_to(self.root).as_posix(): path.read_text(encoding="utf-8") for path in found}

    def own_set(self, workflow: str = WORKFLOW, about: str = SET, **values: str) -> None:
        self.write(".gitops/templates/tiny/set.yaml", about)
        self.write(".gitops/templates/tiny/workflow.j2", workflow)
        given = ", ".join(f"{key}: {value}" for key, value in values.items())
        self.write(
            "gitops.yaml", f"{HEAD}pipeline: {{use: tiny, platforms: [github], action: {ACTION}, with: {{{given}}}}}\n"
        )


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    made = Place(tmp_path)
    made.write("gitops.yaml", HEAD + PIPELINE)
    return made


def test_from_nothing_to_unchanged(place: Place) -> None:
    assert place.run("--diff").code == 0
    assert place.files().keys() == {"gitops.yaml"}
    checked = place.run("--check")
    assert checked.code == 10
    assert "+++ b/.github/workflows/container.yml" in checked.text
    assert place.files().keys() == {"gitops.yaml"}
    assert place.states() == {GITHUB: "new", GITLAB: "new"}
    before = {path: (place.root / path).stat().st_mtime_ns for path in (GITHUB, GITLAB)}
    assert place.states() == {GITHUB: "unchanged", GITLAB: "unchanged"}
    assert {path: (place.root / path).stat().st_mtime_ns for path in (GITHUB, GITLAB)} == before
    assert place.run("--check").code == 0


def test_what_has_changed_is_told_apart(place: Place) -> None:
    place.run()
    place.write("gitops.yaml", HEAD + PIPELINE.replace("a/web", "a/api"))
    place.write(GITLAB, place.read(GITLAB).replace("interruptible: true", "interruptible: false"))
    assert place.states("--check") == {GITHUB: "inputs-changed", GITLAB: "edited"}
    place.write("gitops.yaml", HEAD + PIPELINE)
    (place.root / GITLAB).unlink()
    # Another release of ours: the same inputs, another text with a hash that fits.
    place.own_set()
    place.run("--templates-from", ".", "--force")
    place.own_set(WORKFLOW.replace("timeout-minutes: 5", "timeout-minutes: 6"))
    assert place.states("--check", "--templates-from", ".")[".github/workflows/tiny.yml"] == "templates-changed"


@pytest.mark.parametrize("how", ["appended", "header", "words"])
def test_hand_edits_are_kept(place: Place, how: str) -> None:
    place.run()
    text = place.read(GITHUB)
    edited = {
        "appended": text + "# mine\n",
        "header": text.replace("inputs=", "inputs=0", 1),
        "words": text.replace("Written by", "Improved after", 1),
    }[how]
    place.write(GITHUB, edited)
    place.write("gitops.yaml", HEAD + PIPELINE.replace("a/web", "a/api"))
    before = place.files()
    refused = place.run()
    assert refused.code == 5
    assert "GA558" in refused.errors
    assert place.files() == before, "nothing at all was written"
    assert place.run("--force").code == 0
    assert "a/api" in place.read(GITHUB)
    assert "mine" not in place.read(GITHUB)


def test_files_of_others_are_kept(place: Place) -> None:
    place.write(GITLAB, "stages: [mine]\n")
    assert place.run().code == 5
    assert place.files().keys() == {"gitops.yaml", GITLAB}
    assert place.states("--check") == {GITHUB: "new", GITLAB: "not-ours"}


def test_converted_ends_of_lines_do_not_count(place: Place) -> None:
    place.run()
    (place.root / GITHUB).write_bytes(place.read(GITHUB).replace("\n", "\r\n").encode())
    assert place.states("--check") == {GITHUB: "unchanged", GITLAB: "unchanged"}


def test_what_nobody_wants_any_more_goes(place: Place) -> None:
    place.run()
    place.write(".github/workflows/mine.yml", "on: push\n")
    place.write("gitops.yaml", HEAD + PIPELINE.replace("use: container", "use: container, name: web"))
    assert place.states("--check") == {
        ".github/workflows/web.yml": "new", GITLAB: "inputs-changed", GITHUB: "left-over"
    }  # fmt: skip
    place.run()
    assert place.files().keys() == {"gitops.yaml", GITLAB, ".github/workflows/web.yml", ".github/workflows/mine.yml"}


def test_without_a_pipeline_nothing_of_ours_stays(place: Place) -> None:
    place.run()
    place.write("gitops.yaml", HEAD)
    assert place.states("--check") == {GITHUB: "left-over", GITLAB: "left-over"}
    assert place.run().code == 0
    assert place.files() == {"gitops.yaml": HEAD}
    refused = place.run()
    assert (refused.code, "GA550" in refused.errors) == (2, True)


def test_several_pipelines(place: Place) -> None:
    one = PIPELINE.removeprefix("pipeline: ").strip()
    other = one.replace("use: container", "use: container, name: api").replace("a/web", "a/api")
    place.write("gitops.yaml", f"{HEAD}pipeline:\n  - {one}\n  - {other}\n")
    assert place.run().code == 0
    assert place.files().keys() == {
        "gitops.yaml", GITHUB, ".github/workflows/api.yml", GITLAB, ".gitlab/ci/container.yml", ".gitlab/ci/api.yml"
    }  # fmt: skip
    assert 'local: ".gitlab/ci/api.yml"' in place.read(GITLAB)
    assert "api:build:" in place.read(".gitlab/ci/api.yml")
    assert place.run("--check").code == 0


def test_output_dir(place: Place) -> None:
    assert place.run("--output-dir", "out/here").code == 0
    assert place.files().keys() == {"gitops.yaml", f"out/here/{GITHUB}", f"out/here/{GITLAB}"}
    for path in ("..", "/tmp", "out/../../x"):
        refused = place.run("--output-dir", path)
        assert (refused.code, "GA560" in refused.errors) == (2, True)


@pytest.mark.parametrize("link", [".github", ".github/workflows", GITHUB])
def test_links_are_refused(place: Place, tmp_path_factory: pytest.TempPathFactory, link: str) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    target = place.root / link
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(elsewhere)
    refused = place.run()
    assert (refused.code, "GA560" in refused.errors) == (2, True)
    assert not any(elsewhere.iterdir())
    assert not (place.root / GITLAB).exists()


@pytest.mark.parametrize("where", [".git", ".git/hooks", "gitops.yaml", "../elsewhere"])
def test_where_pipelines_cannot_be_written(place: Place, where: str) -> None:
    before = place.files()
    refused = place.run("--output-dir", where)
    assert (refused.code, "GA560" in refused.errors) == (2, True)
    assert place.files() == before


def test_check_writes_nothing(place: Place) -> None:
    assert place.run("--check", "--output-dir", "made").code == 10
    assert not (place.root / "made").exists()


def test_a_folder_in_the_way(place: Place) -> None:
    (place.root / GITLAB).mkdir()
    refused = place.run()
    assert (refused.code, "no file" in refused.errors) == (2, True)
    assert not (place.root / ".github").exists()


def test_all_or_none(nobody: Nobody) -> None:
    """The last of three files cannot be removed: the others are as they were, and nothing is left lying about."""
    root = nobody.folder
    for path in ("a/x", "b/y"):
        (root / path).parent.mkdir()
        (root / path).write_text("old")
    nobody.own(root)
    (root / "b").chmod(0o555)
    files = [
        Placed("a/x", "inputs-changed", "old", "new"),
        Placed("c/d/z", "new", None, "new"),
        Placed("b/y", "left-over", "old", None),
    ]
    with nobody(), pytest.raises(NotAllowed) as caught:
        put(root, files)
    assert caught.value.code == "GA059"
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*")) == ["a", "a/x", "b", "b/y"]
    assert (root / "a/x").read_text() == "old"
    (root / "b").chmod(0o755)
    with nobody():
        put(root, files)
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*")) == [
        "a",
        "a/x",
        "b",
        "c",
        "c/d",
        "c/d/z",
    ]
    assert (root / "a/x").read_text() == "new"


def test_below_the_root_of_a_repository(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("sub/gitops.yaml", HEAD + PIPELINE)
    monkeypatch.chdir(place.root / "sub")
    refused = place.run()
    assert (refused.code, "GA560" in refused.errors) == (2, True)


@pytest.mark.parametrize(
    ("pipeline", "words"),
    [
        ("", ["GA550", "gitops.yaml", "no `pipeline`"]),
        ("pipeline: {use: containr, platforms: [github]}\n", ["GA551", "did you mean 'container'?"]),
        (
            "pipeline:\n  use: container\n  platforms: [github]\n  with:\n    imgae: ghcr.io/a/web\n    branch: 1.10\n",
            [
                "GA552", "gitops.yaml:8:5: `with` needs `image`", "gitops.yaml:8:12: `imgae` is not known here",
                "did you mean 'image'?", "gitops.yaml:9:13: `branch` must be a text, not 1.1", "put it in quotes",
            ],
        ),
        (
            'pipeline: {use: container, platforms: [github], with: {branch: "x\\n  permissions: x", image: a.b/c}}\n',
            ["GA552", "gitops.yaml:4:64: `branch` must be like"],
        ),
        (
            "pipeline: {use: container, platforms: [github], with: {image: a.b/c, test: '${{ secrets.X }}'}}\n",
            ["GA556", "${{"],
        ),
        ("pipeline: {use: container, platforms: [github], action: a/b@v1}\n", ["GA010", "full SHA"]),
        ("pipeline: {use: container, platforms: [], with: {image: a.b/c}}\n", ["GA010", "is empty"]),
        ("pipeline: [{use: x, platforms: [github]}, {use: x, platforms: [github]}]\n", ["GA010", "two pipelines 'x'"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_gitops_yaml(place: Place, pipeline: str, words: list[str]) -> None:
    place.write("gitops.yaml", HEAD + pipeline)
    before = place.files()
    refused = place.run()
    assert refused.code == 2
    assert [word for word in words if word not in refused.errors] == [], refused.errors
    assert place.files() == before


@pytest.mark.parametrize(
    ("workflow", "code", "words"),
    [
        (WORKFLOW + "<@ nothing @>", "GA554", "nothing"),
        (WORKFLOW + "<% for x in range(9) %><% endfor %>", "GA554", "list that has a name"),
        (WORKFLOW + "\tx: [", "GA555", "not YAML"),
        (WORKFLOW.replace("push:", "pull_request_target:"), "GA557", "pull_request_target"),
        (WORKFLOW.replace("permissions: {}\njobs", "jobs"), "GA557", "permissions"),
        (WORKFLOW.replace("    permissions: {}\n", ""), "GA557", "permissions"),
        (WORKFLOW.replace("    timeout-minutes: 5\n", ""), "GA557", "timeout-minutes"),
        (WORKFLOW.replace("permissions: {}\njobs", "permissions: write-all\njobs"), "GA557", "lets every job write"),
        (WORKFLOW.replace("permissions: {}\njobs", "permissions: {contents: write}\njobs"), "GA557", "every job"),
        (WORKFLOW.replace("    permissions: {}\n", "    permissions: write-all\n"), "GA557", "may do everything"),
        (WORKFLOW.replace('run: "true"', "uses: a/b@v1"), "GA557", "full commit"),
        (WORKFLOW.replace('run: "true"', f"uses: a/b@{'0' * 40}"), "GA557", "version"),
        (WORKFLOW.replace('run: "true"', "uses: <@ uses.checkout @>"), "GA557", "persist-credentials"),
        (WORKFLOW.replace('"true"', '"echo ${{ github.ref }}"'), "GA557", "hand it over by `env`"),
        (WORKFLOW.replace('"true"', '"true"\n        shell: ${{ github.head_ref }}'), "GA557", "in `shell`"),
        (WORKFLOW.replace("runs-on", "runs-onn"), "GA557", "does not know"),
        (WORKFLOW.replace("main", "<@ nope @>").replace("[<@ branch @>]", "[<@ nope @>]"), "GA554", "workflow.j2:1:"),
    ],
)
def test_templates_of_a_repository_that_are_wrong(place: Place, workflow: str, code: str, words: str) -> None:
    place.own_set(workflow)
    refused = place.run("--templates-from", ".")
    assert (refused.code, code in refused.errors, words in refused.errors) == (2, True, True), refused.errors
    assert not (place.root / ".github").exists()


@pytest.mark.parametrize("what", ["link", "latin-1", "pipe"])
def test_a_set_that_is_no_text(place: Place, what: str) -> None:
    place.own_set()
    template = place.root / ".gitops/templates/tiny/workflow.j2"
    template.unlink()
    if what == "link":
        template.symlink_to("/etc/passwd")
    elif what == "pipe":
        os.mkfifo(template)
    else:
        template.write_bytes(b"# \xe4\n")
    refused = place.run("--templates-from", ".")
    assert (refused.code, "GA553" in refused.errors) == (2, True)
    place.commit()  # git keeps no pipes, so then the template is not there
    assert place.run().code == 2


@pytest.mark.parametrize("name", ["variables", "include", "stages", "nothing-to-do"])
def test_a_service_is_no_keyword(place: Place, name: str) -> None:
    service = f"{{name: {name}, path: x, image: ghcr.io/a/x}}"
    place.write(
        "gitops.yaml", f"{HEAD}pipeline: {{use: monorepo, platforms: [gitlab], with: {{services: [{service}]}}}}\n"
    )
    refused = place.run()
    assert (refused.code, "GA552" in refused.errors) == (2, True)


def test_validate_says_the_same(place: Place) -> None:
    validate = Runs(validate_command)
    assert validate().code == 0
    for pipeline, code in (
        ("pipeline: {use: containr, platforms: [github]}\n", "gitops.yaml:4:17: there is no set"),
        ("pipeline: {use: container, platforms: [github]}\n", "gitops.yaml:4:11: `with` needs `image`"),
        ("pipeline: {use: dynamic, platforms: [gitlab], with: {set: x}}\n", "gitops.yaml:4:59: there is no set"),
    ):
        place.write("gitops.yaml", HEAD + pipeline)
        done = validate()
        assert done.code == 2
        assert code in done.text


def test_gitops_yaml_is_a_link(place: Place) -> None:
    (place.root / "gitops.yaml").rename(place.root / "real.yaml")
    (place.root / "gitops.yaml").symlink_to("real.yaml")
    refused = place.run()
    assert (refused.code, "gitops.yaml" in refused.errors) == (2, True)


def test_a_branch_name_cannot_change_the_structure(place: Place) -> None:
    place.own_set(branch='"x\\n  permissions: write-all"')
    assert "GA55" in place.run("--templates-from", ".").errors
    place.own_set(WORKFLOW.replace("[<@ branch @>]", "<@ branch @>"), branch='"x\\n  permissions: write-all"')
    assert "GA55" in place.run("--templates-from", ".").errors
    assert not (place.root / ".github").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("name: tiny", "name: other", "its folder is called tiny"),
        ("description: For a test", "description: ''", "needs a `description`"),
        ('"1"', "1", "in quotes"),
        ("files:", "flies:", "did you mean 'files'?"),
        ("workflow.j2", "missing.j2", "no template"),
        ("workflow.j2", "[workflow.j2]", "no template"),
        (".github/workflows/{name}.yml", "../x.yml", "path"),
        (".github/workflows/{name}.yml", ".github/CODEOWNERS", "not where github looks"),
        ("github:", "jenkins:", "no platform"),
        ('version: "1"', 'version: "1"\nrequires: "99.0"', "needs gitops-actions 99.0"),
        ("type: string", "type: strnig", "needs `type`"),
        ("branch: {", "app: {", "cannot be the name of a parameter"),
        ("type: object, ", "type: object, properties: {}, ", "twice"),
        ('version: "1"', 'version: &a "1"\nrequires: *a', ".gitops/templates/tiny/set.yaml:4: "),
        ('version: "1"', 'version: &a "1"\nrequires: *a', "aliases"),
        (SET, "", "set.yaml is not a mapping"),
    ],
)
def test_a_set_that_is_wrong(place: Place, old: str, new: str, words: str) -> None:
    assert old in SET
    place.own_set(about=SET.replace(old, new, 1))
    refused = place.run("--templates-from", ".")
    assert (refused.code, "GA553" in refused.errors, words in refused.errors) == (2, True, True), refused.errors


def test_templates_come_from_the_base_branch(place: Place) -> None:
    """A request brings other templates, and is checked with those of the branch that it goes into."""
    place.own_set()
    place.commit()
    place.run()
    place.commit()
    here = repos.git(place.root, "rev-parse", "HEAD")
    repos.git(place.root, "remote", "add", "origin", "https://example.com/x.git")
    repos.git(place.root, "update-ref", "refs/remotes/origin/main", here)
    repos.git(place.root, "switch", "--quiet", "--create", "request")
    place.own_set(WORKFLOW.replace('"true"', '"curl evil"'))
    place.commit()
    unknown = place.run("--check")
    assert (unknown.code, "GA559" in unknown.errors) == (2, True)
    assert place.run("--check", environ={"GITHUB_BASE_REF": "main"}).code == 0
    event = place.root / "event.json"
    event.write_text('{"repository": {"default_branch": "main"}}')
    for environ in (
        {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event)},
        {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main"},
    ):
        words = [sys.executable, "-m", "gitops_actions", "generate", "--check"]
        subprocess.run(words, cwd=place.root, env={**os.environ, **environ}, check=True, capture_output=True)
    repos.git(place.root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert place.run("--check").code == 0
    tried = place.run("--diff", "--templates-from", ".")
    assert "curl evil" in tried.text


def test_a_set_of_an_installed_package(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    site = place.root / "site"
    place.write("site/acme_sets/__init__.py", "")
    place.write("site/acme_sets/tiny/__init__.py", "")
    place.write("site/acme_sets/tiny/set.yaml", SET)
    place.write("site/acme_sets/tiny/workflow.j2", WORKFLOW)
    place.write("site/acme_sets-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme-sets\nVersion: 1\n")
    place.write("site/acme_sets-1.dist-info/entry_points.txt", "[gitops_actions.templates]\ntiny = acme_sets.tiny\n")
    monkeypatch.syspath_prepend(str(site))
    place.write("gitops.yaml", f"{HEAD}pipeline: {{use: tiny, platforms: [github], action: {ACTION}}}\n")
    assert place.run().code == 0
    assert "branches: [main]" in place.read(".github/workflows/tiny.yml")
    assert "of the package acme_sets.tiny" in place.run("--list").text


def test_list_and_explain(place: Place) -> None:
    listed = [line.split()[0] for line in place.run("--list").text.splitlines()]
    assert listed == ["SET", "config-repo", "container", "dynamic", "monorepo", "package", "static"]
    rows = [line.split()[:3] for line in place.run("--explain", "container").text.splitlines()]
    assert ["image", "string", "required"] in rows
    assert ["dockerfile", "string", '"Dockerfile"'] in rows
    document = place.run("--explain", "container", output="json").document["sets"][0]
    assert document["parameters"]["required"] == ["image"]
    assert "GA551" in place.run("--explain", "contaner").errors


def test_one_set_that_is_wrong_hides_no_other(place: Place) -> None:
    place.own_set(about=SET.replace('"1"', "1"))
    listed = place.run("--list", "--templates-from", ".")
    assert (listed.code, "container" in listed.text, "GA553" in listed.errors) == (0, True, True)


def test_a_set_that_is_not_committed_yet(place: Place) -> None:
    place.own_set()
    refused = place.run()
    assert "GA551" in refused.errors
    assert "try it with --templates-from ." in refused.errors


def test_a_development_install_says_which_commit_it_names(place: Place) -> None:
    place.write("gitops.yaml", HEAD + PIPELINE.replace(f" action: {ACTION},", ""))
    head = repos.git(ROOT, "rev-parse", "HEAD")
    done = place.run()
    assert f"Workflows name gitops-actions/gitops-actions@{head}" in done.errors
    assert f"uses: gitops-actions/gitops-actions@{head} # development" in place.read(GITHUB)
    assert os.path.exists(GITLAB)


def test_within_the_action_workflows_name_it(place: Place) -> None:
    place.write("gitops.yaml", HEAD + PIPELINE.replace(f" action: {ACTION},", ""))
    environ = {"GITHUB_ACTION_REPOSITORY": "gitops-actions/gitops-actions", "GITHUB_ACTION_REF": "ab" * 20}
    done = place.run(environ=environ)
    assert "Workflows name" not in done.errors
    assert f"uses: gitops-actions/gitops-actions@{'ab' * 20} # v{__version__}" in place.read(GITHUB)
