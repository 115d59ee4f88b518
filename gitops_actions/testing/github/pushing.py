"""Git over HTTP, with the same tokens, rights and protected branches as the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import unquote

from gitops_actions.testing.forgegit import commands_of, git_answer
from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.github import merging
from gitops_actions.testing.github.access import need, role, sees, token_of
from gitops_actions.testing.github.records import Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal
from gitops_actions.testing.github.work import Work

HOOK = """\
#!/bin/sh
# FORGE_RULES has a line for each rule of a protected branch: "<ref> <kind> <rest>".
refused=0
complain() {
  echo "error: GH006: Protected branch update failed for $ref." >&2
  echo "error: $1" >&2
  refused=1
}
while read -r old new ref; do
  green=none
  while read -r name kind rest; do
    [ "$name" = "$ref" ] || continue
    case "$new" in
      0000000000000000000000000000000000000000)
        [ "$kind" = keep ] && complain "Cannot delete a protected branch"
        continue ;;
    esac
    case "$kind" in
      requests) complain "$rest" ;;
      checks) [ "$green" = none ] && green=no ;;
      green) [ "$rest" = "$new" ] && green=yes ;;
      create)
        case "$old" in 0000000000000000000000000000000000000000) complain "$rest" ;; esac ;;
      forward)
        case "$old" in 0000000000000000000000000000000000000000) continue ;; esac
        [ "$(git merge-base "$old" "$new")" = "$old" ] || complain "Cannot force-push to a protected branch" ;;
      signed)
        for id in $(git rev-list "$new" $(git rev-parse -q --verify "$ref" | sed 's/^/^/')); do
          git cat-file commit "$id" | sed '/^$/q' | grep -q '^gpgsig ' || {
            complain "Commits must have verified signatures."; break
          }
        done ;;
    esac
  done <<END
$FORGE_RULES
END
  [ "$green" = no ] && complain "Required status checks are expected."
done
exit $refused
"""


def answer(work: Work, call: Call, lock: AbstractContextManager[Any]) -> Answer:
    """Let git answer, unless GitHub would not; ``lock`` guards the state. Raises nothing: git wants plain text."""
    parts = unquote(call.path).lstrip("/").split("/")
    full_name = "/".join(parts[:2]).removesuffix(".git")
    push = call.is_push or call.query.get("service") == "git-receive-pack"
    try:
        token = token_of(work.world, call.headers)
    except Refusal:
        return _plain(401, "Invalid username or token.", {"WWW-Authenticate": 'Basic realm="GitHub"'})
    repository = work.world.repository(full_name) or work.world.moved.get(full_name.lower())
    if token is None and (repository is None or push or repository.settings.private):
        # Whether it exists is told to nobody.
        return _plain(401, "No anonymous write access.", {"WWW-Authenticate": 'Basic realm="GitHub"'})
    if repository is None or not sees(token, repository):
        return _plain(404, "Repository not found.")
    try:
        need(token, repository, "contents", "read")
        if push:
            need(token, repository, "contents", "write")
    except Refusal as refusal:
        if repository.settings.archived and role(token, repository) in ("write", "admin"):
            return _plain(403, "This repository was archived so it is read-only.")
        who = token.account.login if token else "nobody"
        text = f"Permission to {repository.full_name}.git denied to {who}."
        return _plain(403 if refusal.status == 403 else refusal.status, text)
    rest_of_path = "/".join(parts[2:])
    folder = repository.objects.folder
    with lock:
        rules = _rules(repository, token, [ref for _, _, ref in commands_of(call)]) if call.is_push else ""
    done = git_answer(
        call, folder.parent, f"/{folder.name}/{rest_of_path}", user=token.account.login if token else "",
        extra={"FORGE_RULES": rules},
    )  # fmt: skip
    if call.is_push:
        with lock:
            work.follow(repository)
    return done


def _rules(repository: Repository, token: Token | None, refs: Collection[str]) -> str:
    """What the hook is to enforce on these refs."""
    lines: list[str] = []
    for ref in refs:
        protection = repository.protection(ref.removeprefix("refs/heads/")) if ref.startswith("refs/heads/") else None
        if protection is None or (token is not None and token.account.login in protection.bypass):
            continue
        if not protection.deletions:
            lines.append(f"{ref} keep")
        if not protection.force:
            lines.append(f"{ref} forward")
        if protection.creation:
            lines.append(f"{ref} create Cannot create ref due to creations being restricted.")
        if not merging.lets_in(protection, token.account if token is not None else None):
            lines.append(f"{ref} requests {merging.NOT_AUTHORIZED}")
        if protection.queue:
            lines.append(f"{ref} requests Changes must be made through the merge queue")
        elif protection.pull_requests:
            lines.append(f"{ref} requests Changes must be made through a pull request.")
        if protection.checks:
            lines.append(f"{ref} checks")
            known = {*repository.statuses, *(run.sha for run in repository.checks.values())}
            lines += [f"{ref} green {sha}" for sha in known
                      if not merging.lacking_checks(repository, protection, sha)]  # fmt: skip
        if protection.signatures:
            lines.append(f"{ref} signed")
    return "\n".join(lines)


def _plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer.plain(status, f"{text}\n", headers)
