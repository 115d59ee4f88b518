"""A node of the tree against a Struct of `shapes`: the Struct, and every problem on the way.

msgspec stops at its first error, so it is asked about one value at a time.
"""

from __future__ import annotations

import functools
import types
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
import msgspec.structs

from gitops_actions.config.problems import Problems, shown, suggestion
from gitops_actions.config.shapes import Shape
from gitops_actions.config.tree import Node

Form = TypeVar("Form", bound=Shape)
_BAD = object()


@functools.cache  # a large file asks for the same few thousands of times
def _fields(form: type[Shape]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(form)}


def decode(form: type[Form], node: Node, where: str, problems: Problems) -> Form | None:
    """The mapping at ``node``, called ``where`` in messages, as a ``form``.

    A value that is wrong becomes a problem, and its field keeps the default, so that the rest can be judged. None when
    a required value is missing or wrong. Lists and mappings of Shapes stay empty: their entries are decoded one by one.
    """
    if not isinstance(node.content, dict):
        problems.add(node.place, f"{where} must be a mapping, not {shown(node.plain())}")
        return None
    fields = _fields(form)
    if not form.other_keys:
        for key in node.mapping.keys() - fields.keys():
            problems.add(node.keys[key], f"{where} has no key {shown(key)}", suggestion(key, fields))
    values: dict[str, Any] = {}
    whole = True
    for key, field in fields.items():
        if key in node.mapping:
            value = _value(field.type, node.mapping[key], f"`{key}` of {where}", (), problems)
            if value is not _BAD:
                values[field.name] = value
                continue
        elif field.required:
            problems.add(node.place, f"{where} needs the key `{key}`")
        whole = whole and not field.required
    return form(**values) if whole else None


def _value(form: Any, node: Node, where: str, metas: tuple[msgspec.Meta, ...], problems: Problems) -> Any:
    """The value at a node, or _BAD once its problem has been added. ``metas``: what was said of it, outermost first."""
    if get_origin(form) is Annotated:
        form, *said = get_args(form)
        return _value(form, node, where, (*metas, *said), problems)
    if get_origin(form) in (Union, types.UnionType):
        members = tuple(member for member in get_args(form) if member is not msgspec.UnsetType)
        if node.content is None and type(None) in members:
            return None
        suitable = [member for member in members if _holds(member) is _sort(node) and member is not type(None)]
        if len(suitable) != 1:
            return _scalar(Union[members], node, where, metas, problems)  # noqa: UP007 (made at run time)
        return _value(suitable[0], node, where, metas, problems)
    if isinstance(form, type) and issubclass(form, Shape):
        return decode(form, node, where, problems) or _BAD
    if get_origin(form) is list and isinstance(node.content, list):
        (member,) = get_args(form)
        if isinstance(member, type):  # a Shape
            return []
        entries = [_value(member, entry, f"an entry of {where}", (), problems) for entry in node.items]
        return [entry for entry in entries if entry is not _BAD]  # the others can be judged all the same
    if get_origin(form) is dict and isinstance(node.content, dict):
        return node.plain() if get_args(form)[1] is Any else {}
    return _scalar(form, node, where, metas, problems)


def _scalar(form: Any, node: Node, where: str, metas: tuple[msgspec.Meta, ...], problems: Problems) -> Any:
    words = [word for meta in metas for word in [(meta.extra or {}).get("must")] if word]
    plain = node.plain()
    try:
        value = msgspec.convert(plain, form)
        for meta in metas:
            msgspec.convert(value, Annotated[type(value), meta])
    except msgspec.ValidationError:
        must = words[0] if words else "be a text"
        hint = "put it in quotes" if isinstance(plain, int | float) and "text" in must else None
        problems.add(node.place, f"{where} must {must}, not {shown(plain)}", hint)
        return _BAD
    for meta in metas:
        complaint = (meta.extra or {}).get("complaint")
        message = complaint and isinstance(value, str) and complaint(value)
        if message:
            problems.add(node.place, f"{where} {message}")
            return _BAD
    return value


def _holds(form: Any) -> type | None:
    """What a type takes: list, dict, or None for scalars."""
    if get_origin(form) is Annotated:
        form = get_args(form)[0]
    if isinstance(form, type) and issubclass(form, Shape):
        return dict
    origin = get_origin(form)
    return origin if origin in (list, dict) else None


def _sort(node: Node) -> type | None:
    return type(node.content) if isinstance(node.content, list | dict) else None
