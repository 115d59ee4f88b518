"""Endpoints about the comments of merge requests."""

from __future__ import annotations

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.gitlab import events, work_shapes
from gitops_actions.testing.gitlab.params import forbidden, not_found, refused
from gitops_actions.testing.gitlab.quick import Actions
from gitops_actions.testing.gitlab.records import MergeRequest, Note
from gitops_actions.testing.gitlab.request_shapes import found
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()
LONGEST = 1_000_000


@routes.at("GET", "projects/:id/merge_requests/:iid/notes")
def notes(ask: Ask) -> object:
    project = ask.project("read_code")
    one = found(ask, project)
    rows = one.notes
    if ask.past:
        rows = next((old.notes for old in ask.past.merge_requests.get(project.id, []) if old.iid == one.iid), [])
    by = ask.given.choice("order_by", ("created_at", "updated_at"), "created_at")
    backward = ask.given.choice("sort", ("asc", "desc"), "desc") == "desc"
    rows = sorted(rows, key=lambda note: (getattr(note, str(by)), note.id), reverse=backward)
    return ask.page(rows, lambda note: work_shapes.note(ask.state, project, one, note))


@routes.at("GET", "projects/:id/merge_requests/:iid/notes/:note")
def get(ask: Ask) -> object:
    project = ask.project("read_code")
    one = found(ask, project)
    return work_shapes.note(ask.state, project, one, _note(ask, one))


@routes.at("POST", "projects/:id/merge_requests/:iid/notes")
def create(ask: Ask) -> object:
    """A comment of nothing but quick actions is not kept; the answer tells what they did."""
    project = ask.project("note")
    one = found(ask, project)
    (body,) = ask.given.need("body")
    _length(body)
    actions = Actions(ask, project, one)
    text = actions.run(body)
    events.look(ask.state, project)
    if actions.done and not text.strip():
        return Answer.of(202, {"commands_changes": actions.done, "summary": ["Applied the commands."]})
    if not text.strip():
        raise refused(400, '400 Bad request - Note {:note=>["can\'t be blank"]}')
    assert ask.visitor.user
    note = Note(ask.state.id(), text, ask.visitor.user, ask.state.now(), ask.state.now())
    one.notes.append(note)
    one.updated_at = note.created_at
    return work_shapes.note(ask.state, project, one, note) | {"commands_changes": actions.done}


@routes.at("PUT", "projects/:id/merge_requests/:iid/notes/:note")
def update(ask: Ask) -> object:
    project = ask.project("note")
    one = found(ask, project)
    note = _note(ask, one)
    (body,) = ask.given.need("body")
    if note.system or not (note.author is ask.visitor.user or ask.visitor.can(project, "admin")):
        raise forbidden()
    _length(body)
    note.body, note.updated_at = Actions(ask, project, one).run(body), ask.state.now()
    events.look(ask.state, project)
    return work_shapes.note(ask.state, project, one, note)


@routes.at("DELETE", "projects/:id/merge_requests/:iid/notes/:note")
def delete(ask: Ask) -> object:
    project = ask.project("note")
    one = found(ask, project)
    note = _note(ask, one)
    if note.system or not (note.author is ask.visitor.user or ask.visitor.can(project, "admin")):
        raise forbidden()
    one.notes.remove(note)
    return None


def _note(ask: Ask, one: MergeRequest) -> Note:
    note = next((note for note in one.notes if str(note.id) == ask.names["note"]), None)
    if note is None:
        raise not_found()
    return note


def _length(body: str) -> None:
    if len(body) > LONGEST:
        raise refused(400, f"400 Bad request - Note is too long (maximum is {LONGEST} characters)")
