"""Config repositories and texts that mean harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_actions.names import complaint_about_branch
from gitops_actions.testing import repos
from gitops_actions.testing.world import OVERLAY, World, files


def trap(root: Path) -> tuple[dict[str, str | bytes], dict[str, str]]:
    """Files of a config repository that would run something or write somewhere, and their modes."""
    canary = f"touch {root}/pwned"
    content: dict[str, str | bytes] = {
        **files(),
        "apps/web/HEAD": "ref: refs/heads/main\n",
        "apps/web/config": f'[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = "{canary}"\n',
        "apps/web/objects/.keep": "",
        "apps/web/refs/.keep": "",
        "apps/web/hooks/post-checkout": f"#!/bin/sh\n{canary}\n",
        ".gitattributes": "* text eol=crlf filter=evil\n*.yaml ident\n",
        ".gitconfig": f'[filter "evil"]\n\tclean = {canary}\n\tsmudge = {canary}\n',
        ".gitmodules": '[submodule "vendor"]\n\tpath = vendor\n\turl = ext::sh -c ' + canary + "\n",
        "vendor": "4" * 40,
        "-rf": "x\n",
        "yaml.py": f"import os\nos.system({canary!r})\n",
        "git.py": f"import os\nos.system({canary!r})\n",
        "sitecustomize.py": f"import os\nos.system({canary!r})\n",
        "charts/api/values-staging.yaml": str(root / "outside.yaml"),
    }
    modes = {"vendor": "160000", "apps/web/hooks/post-checkout": "100755", "charts/api/values-staging.yaml": "120000"}
    return content, modes


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_nothing_of_a_hostile_repository_runs(tmp_path: Path) -> None:
    world = World(tmp_path, {"x": "x"})
    content, modes = trap(tmp_path)
    repos.commit(world.config, content, message="Welcome", modes=modes)
    (tmp_path / "outside.yaml").write_text("image:\n  tag: safe\n")
    # The worst place to stand in: a checkout of that repository.
    for name in ("yaml.py", "git.py", "sitecustomize.py", "gitops.yaml"):
        (world.work / name).write_bytes(repos.show(world.config, "main", name))
    before = {**snapshot(world.work), **snapshot(world.home)}
    assert world.deploy("1.0.1").outcomes == [("dev", "committed")]
    assert world.overlay("dev") == OVERLAY.replace("1.0.0", "1.0.1"), "no line end was touched"
    world.run("promote", "--app", "web")
    world.run("pr", "merge", "1")
    refused = world.deploy("2.0.1", "-e", "staging", app="api", code=5)
    finding = refused.results[0]["findings"][0]
    assert finding["file"] == "charts/api/values-staging.yaml"
    assert "symbolic link" in finding["message"]
    world.run("status")
    world.run("history")
    world.run("agent", "run", "-e", "dev", "--target", str(tmp_path / "target"), "--once", code=None)
    assert not (tmp_path / "pwned").exists()
    assert (tmp_path / "outside.yaml").read_text() == "image:\n  tag: safe\n"
    assert {**snapshot(world.work), **snapshot(world.home)} == before
    assert world.leftovers() == []


HOSTILE = [
    "1.0\nGitops-Version: 9", "a..b", "-rf", "--upload-pack=touch pwned", "${{ secrets.TOKEN }}", "$(touch pwned)",
    "`id`", "; rm -rf /", "a: b", "[x]", "{y}", "&a *b", "!!python/object", "'", '"', "a b", "\x1b[2J", "\u202e", "é",
    "a/../../b", "a\\b", "%0a", "#", "|", ">", "",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_texts_that_are_not_names_are_refused(world: World, text: str) -> None:
    refs = world.git("for-each-ref")
    image = "ghcr.io/acme/web:1.0.1"
    tries = [
        ("deploy", "--image", f"ghcr.io/acme/web:{text}"),
        ("deploy", "--image", image, f"--app={text}"),
        ("deploy", "--image", image, f"--environment={text}"),
        ("deploy", "--image", image, f"--version={text}"),
        ("deploy", "--image", image, f"--revision={text}"),
        ("promote", f"--app={text}"),
    ]
    if not text or complaint_about_branch(text):
        tries.append(("deploy", "--image", image, f"--base={text}"))
    for arguments in tries:
        done = world.play(*arguments, code=2)
        assert done.document["findings"]
        assert "\x1b" not in done.errors
    assert world.git("for-each-ref") == refs
    assert not (world.work / "pwned").exists()


def test_branches_that_git_would_not_take(world: World) -> None:
    for text in ("-x", "a..b", "a\nb", "x.lock", "/x", "a//b", "a~1", "a:b", "a*", "@{", "@"):
        for option in ("--base", "--branch"):
            done = world.play("deploy", "--image", "ghcr.io/acme/web:1.0.1", f"{option}={text}", code=2)
            assert done.document["findings"]


def test_a_policy_with_hostile_names_is_refused_with_every_place(tmp_path: Path) -> None:
    policy = """\
version: 1
environments:
  "dev\\nx": {}
  "-rf": {}
  "a..b": {branch: "--upload-pack=x"}
apps:
  "${{ x }}": {image: x/y, edits: [{kustomize: ../../etc}]}
  "*": {image: "x/{app}", edits: [{text: /etc/passwd, pattern: "(?P<value>x)", value: "{version}"}]}
"""
    world = World(tmp_path, files(policy))
    done = world.play("deploy", "--image", "x/y:1", code=2)
    for line in (3, 4, 5, 7, 8):
        assert f"gitops.yaml:{line}:" in done.errors
    assert done.document["exit_code"] == 2
