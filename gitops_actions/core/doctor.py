"""What a config repo lacks for deliveries: needs against facts, and what becomes of each. Pure.

An error is what makes `deploy` fail. Where only `promote` goes, it is a warning. What these credentials are not shown
is unknown, and never made up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gitops_actions.model.diagnosis import BranchFacts, Check, Fact, Facts, Need, TokenFacts, Verdict

_SOON = 14 * 86400
_DAY = 86400
TOKEN, EXPIRES, RIGHTS, BRANCH, SIGNED = "GA510", "GA511", "GA512", "GA513", "GA514"
KEPT, AUTO_MERGE, METHOD, PEOPLE, LABELS, STARTS, UNKNOWN = (
    "GA515", "GA516", "GA517", "GA518", "GA519", "GA520", "GA521",
)  # fmt: skip
_NO_FORGE = "GA040"
NO_POLICY = "GA041"
_NO_TEAMS = "GA315"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the judgement stands on. ``admitted``: whether git may push. ``signs``: whether commits will be signed.
    ``forge`` is its name, "" without one; ``capabilities`` are its own. ``which_forge``: how to tell which
    it is, where nobody knows."""

    facts: Facts
    token: TokenFacts | None
    admitted: Fact
    by_api: bool
    forge: str
    capabilities: Collection[str]
    which_forge: str | None = None

    @property
    def signs(self) -> bool:
        return self.by_api and self.facts.signs.answer == "yes"


def token(facts: TokenFacts | None, now: int) -> Iterator[Check]:
    """What the credentials are, and whether they end soon."""
    if facts is None:
        return
    shown = facts.kind if facts.source is None else f"{facts.source} is {facts.kind}"
    shown += "".join(f"; {part}" for part in (_owned(facts), facts.grants) if part)
    if facts.able.answer == "no":
        yield Check("token", "error", f"{shown}: {facts.able.words}", code=TOKEN, hint=facts.able.hint)
        return
    if facts.expires is None:
        yield Check("token", "ok", shown)
        return
    left, day = facts.expires - now, datetime.fromtimestamp(facts.expires, UTC).strftime("%Y-%m-%d")
    days = max(0, left) // _DAY
    ends = f"{shown}; it ends on {day}, in {days} day{'' if days == 1 else 's'}"
    if left <= _SOON:
        yield Check("token", "warning", ends, code=EXPIRES, hint=facts.renew)
    else:
        yield Check("token", "ok", ends)


def _owned(facts: TokenFacts) -> str:
    return f"it acts as {facts.owner}" if facts.owner else ""


def judge(needs: Sequence[Need], ground: Ground) -> Iterator[Check]:
    """All that is to be said about a repository that can be read."""
    yield from _rights(needs, ground)
    for name in dict.fromkeys(need.base for need in needs):
        if (base := ground.facts.branches.get(name)) is not None:
            yield Check("base", "ok", f"{name} asks for: {', '.join(base.rules)}" if base.rules else _open(name))
    for need in needs:
        checks = _commits(need, ground) if need.deliver == "push" else _requests(need, ground)
        yield from (_weighed(replace(check, environment=need.environment), need) for check in checks)


def _open(name: str) -> str:
    return f"{name} asks for nothing that this token is shown"


def _weighed(check: Check, need: Need) -> Check:
    if check.verdict != "error" or need.deploys:
        return check
    return replace(check, verdict="warning", message=f"promote would fail: {check.message}")


def _rights(needs: Sequence[Need], ground: Ground) -> Iterator[Check]:
    push, admitted = ground.facts.push, ground.admitted
    # Of an API that says what it lets us do, that counts: git may be switched off there.
    by_git = push.answer == "unknown" if ground.by_api else admitted.answer != "unknown"
    decides = replace(admitted, hint=push.hint or admitted.hint) if by_git else push
    yield _of(decides, "push", RIGHTS, "can write to the repository")
    asking = [need for need in needs if need.deliver == "pull-request"]
    if not asking:
        return
    if not ground.forge:
        words = "a pull request is needed, and this config repo has no forge that opens one"
        hint = f"{ground.which_forge or 'say with --forge which it is'}; or use `deliver: push`"
        lacks = Check("request", "error", words, code=_NO_FORGE, hint=hint)
        yield lacks if any(need.deploys for need in asking) else replace(lacks, verdict="warning")
        return
    request = _of(ground.facts.request, "request", RIGHTS, "can open and change requests")
    yield request if any(need.deploys for need in asking) else _weighed(request, replace(asking[0], deploys=False))
    if ground.token is not None and ground.token.starts.answer == "no":
        starts = ground.token.starts
        yield Check("pipelines", "warning", starts.words, code=STARTS, hint=starts.hint)


def _of(fact: Fact, name: str, code: str, fine: str) -> Check:
    """A fact as a check: well, unknown, or wrong."""
    if fact.answer == "yes":
        return Check(name, "ok", fine)
    if fact.answer == "unknown":
        return Check(name, "unknown", fact.words or f"whether it {fine} is not known", code=UNKNOWN, hint=fact.hint)
    return Check(name, "error" if fact.grave else "warning", fact.words, code=code, hint=fact.hint)


def _commits(need: Need, ground: Ground) -> Iterator[Check]:
    """What a commit straight to the base needs."""
    base = ground.facts.branches.get(need.base)
    if base is None:
        return
    yield _of(base.commit, "commit", BRANCH, f"commits go straight to {base.name}")
    if base.signatures and not ground.signs:
        yield _unsigned(f"{base.name} takes signed commits only", ground, "error")


def _requests(need: Need, ground: Ground) -> Iterator[Check]:
    """What a request needs."""
    facts, base = ground.facts, ground.facts.branches.get(need.base)
    branch = facts.branches.get(need.branch or "")
    if base is None or branch is None:
        return
    yield _of(branch.commit, "branch", BRANCH, f"{branch.name} can be made")
    for fact in (branch.replace, branch.delete):
        if fact.answer == "no":
            yield Check("branch", "warning", fact.words, code=KEPT, hint=fact.hint)
    if branch.signatures and not ground.signs:
        yield _unsigned(f"{branch.name} takes signed commits only", ground, "error")
    elif base.signatures and not ground.signs:
        yield _unsigned(
            f"{base.name} takes signed commits only, so requests into it cannot be merged", ground, "warning"
        )
    if base.checks and ground.token is not None and ground.token.starts.answer == "no":
        words = f"requests into {base.name} need the checks {', '.join(base.checks)}, which do not run by themselves"
        yield Check("checks", "warning", words, code=STARTS, hint=ground.token.starts.hint)
    yield from _merging(need, base, ground)
    for name in need.reviewers:
        yield _of(facts.people[name], "reviewer", PEOPLE, f"{name} can be asked")
    if need.team_reviewers and "team-reviewers" not in ground.capabilities:
        words = f"{ground.forge} has no teams that could review: {', '.join(need.team_reviewers)}"
        hint = "name people under `reviewers`, or use the forge's own rules"
        yield Check("reviewer", "warning", words, code=_NO_TEAMS, hint=hint)
    for name in need.team_reviewers if "team-reviewers" in ground.capabilities else ():
        yield _of(facts.people[name], "reviewer", PEOPLE, f"the team {name} can be asked")
    if lacking := [name for name in need.labels if name not in facts.labels]:
        words = f"labels that do not exist yet are made: {', '.join(lacking)}"
        yield Check("labels", "notice", words, code=LABELS)


def _unsigned(words: str, ground: Ground, verdict: Verdict) -> Check:
    if ground.by_api and ground.facts.signs.answer == "unknown":
        signs = ground.facts.signs
        return Check("signatures", "unknown", f"{words}: {signs.words}", code=UNKNOWN, hint=signs.hint)
    hint = "leave out --transport git: commits by the API are signed" if not ground.by_api else ground.facts.signs.hint
    return Check("signatures", verdict, f"{words}, and ours are not signed", code=SIGNED, hint=hint)


def _merging(need: Need, base: BranchFacts, ground: Ground) -> Iterator[Check]:
    facts, method = ground.facts, need.merge_method or "merge"
    allowed = facts.methods.get(method)
    refused = allowed if allowed is not None and allowed.answer == "no" and not base.queue else None
    waits = [*base.awaits, *(["signatures"] if base.signatures and not ground.signs else [])]
    narrowed = f"{base.name} lets requests be merged by {' or '.join(sorted(base.methods))} only, not by {method}"
    if not need.auto_merge:
        if need.merge_method is not None and refused is not None:
            yield Check("method", "warning", refused.words, code=METHOD, hint=refused.hint)
        elif need.merge_method is not None and method not in base.methods and not base.queue:
            yield Check("method", "warning", narrowed, code=METHOD, hint="give another `merge-method`")
        return
    if facts.auto_merge.answer != "yes":
        yield _of(facts.auto_merge, "auto-merge", AUTO_MERGE, "merges by itself")
        return
    if refused is not None:
        yield _of(refused, "method", METHOD, "")
    elif method not in base.methods and not base.queue:
        # Where nothing is waited for, it is merged by `deploy` itself.
        yield Check(
            "method", "warning" if waits else "error", narrowed, code=METHOD, hint="give another `merge-method`"
        )
    when = f"as soon as there is {', '.join(waits)}" if waits else "at once: nothing is required"
    yield _of(base.merge, "auto-merge", AUTO_MERGE, f"requests into {base.name} merge {when}")
