"""The texts of gitops.yaml as types: what `decoding` checks, and what the JSON Schema says about them.

A type says three things: its Python type and choices (checked by msgspec), a description and examples (for editors),
and how to complain: ``must`` ends the sentence "`key` must ...", or ``complaint`` is a function that ends "`key` ...".
For what such a function checks, the schema gets a pattern; a test compares their verdicts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta

from gitops_actions.config.values import (
    complaint_about_body,
    complaint_about_duration,
    complaint_about_image,
    complaint_about_repository,
    complaint_about_title,
    complaint_about_url,
    complaint_about_word,
)
from gitops_actions.names import NAME_LENGTH, complaint_about_branch, complaint_about_name, complaint_about_path
from gitops_actions.times import FORMS

# The end of the text. `$` also matches before a last newline in Python; this does not, there and in JavaScript.
END = r"(?![\s\S])"

NAME_PATTERN = rf"^(?!.*\.\.)(?!.*\.{END})(?!.*\.lock{END})[A-Za-z0-9][A-Za-z0-9._-]{{0,{NAME_LENGTH - 1}}}{END}"
BRANCH_PATTERN = (
    rf"^(?!-|/|\.|refs/|@{END}|HEAD{END})(?!.*(\.\.|@\{{|//|/\.))(?!.*(\.|/|\.lock){END})(?!.*\.lock/)"
    rf"[^\x00-\x20\x7f-\x9f~^:?*\[\\\u2028-\u202e\u2066-\u2069]{{1,244}}{END}"
)
PATH_PATTERN = (
    rf"^(?!/)(?!.*//)(?!([\s\S]*/)?\.\.(/|{END}))(?!\./)(?!.*/\.(/|{END}))(?!([\s\S]*/)?\.[gG][iI][tT](/|{END}))"
    rf"[^\x00-\x1f\x7f-\x9f\\\u2028-\u202e\u2066-\u2069]{{1,1024}}{END}"
)


def about_text(
    description: str,
    *examples: str,
    must: str | None = None,
    complaint: Callable[[str], str | None] | None = None,
    pattern: str | None = None,
    min_length: int | None = None,
) -> Meta:
    """What is said about a text. msgspec checks ``pattern``, unless ``complaint`` says the same in better words."""
    return Meta(
        description=description,
        examples=list(examples) or None,
        pattern=None if complaint else pattern,
        min_length=min_length,
        extra={"must": must, "complaint": complaint},
        extra_json_schema={"pattern": pattern} if complaint and pattern else None,
    )


def about(description: str, *examples: Any, must: str) -> Meta:
    """What is said about anything else."""
    return Meta(description=description, examples=list(examples) or None, extra={"must": must})


Name = Annotated[
    str, about_text("A name", must="be a name in quotes", complaint=complaint_about_name, pattern=NAME_PATTERN)
]
Branch = Annotated[str, about_text("A branch", complaint=complaint_about_branch, pattern=BRANCH_PATTERN)]
Word = Annotated[
    str,
    about_text(
        "One line, without commas", complaint=complaint_about_word, pattern=rf"^(?=.*\S)[^,\x00-\x1f\x7f]+{END}"
    ),
]
Template = Annotated[
    str, about_text("A path; may hold {app} and {environment}", complaint=complaint_about_path, pattern=PATH_PATTERN)
]
Text = Annotated[str, about_text("A text", min_length=1)]
MessageTitle = Annotated[
    str,
    about_text("A template of one line", complaint=complaint_about_title, pattern=rf"^(?=.*\S)[^\r\n]{{1,1000}}{END}"),
]
MessageBody = Annotated[
    str,
    about_text(
        "A template of many lines", complaint=complaint_about_body, pattern=rf"^(?=[\s\S]*\S)[\s\S]{{1,16384}}{END}"
    ),
]
ImageName = Annotated[
    str,
    about_text(
        "An image without tag and digest",
        complaint=complaint_about_image,
        pattern=rf"^(?!.*//)(?!.*/{END})(?!.*:[^/]*{END})([A-Za-z0-9]|\{{app\}})([A-Za-z0-9._:/-]|\{{app\}}){{0,254}}{END}",
    ),
]
Repository = Annotated[
    str,
    about_text(
        "The name of a repository",
        complaint=complaint_about_repository,
        pattern=rf"^(?!.*//)(?!.*/{END})([A-Za-z0-9]|\{{app\}})([A-Za-z0-9._/-]|\{{app\}}){{0,254}}{END}",
    ),
]
Url = Annotated[
    str,
    about_text(
        "An URL without credentials, or a path",
        "https://github.com/acme/deploy",
        "git@gitlab.com:acme/deploy.git",
        complaint=complaint_about_url,
        pattern=rf"^(?!-)(?![A-Za-z0-9+.-]+::)(?!(?!(https?|ssh|file)://)[^/]*://)(?!(https?|file)://[^/]*@)"
        rf"(?!ssh://[^/]*:[^/]*@)(?!https?://.*[?#])(?!http://(?!(localhost|127\.0\.0\.1|\[::1\])(:[0-9]*)?(/|{END})))"
        rf"[^\x00-\x20\x7f]+{END}",
    ),
]
Action = Annotated[
    str,
    about_text(
        "An action at a full commit",
        must="be owner/repository@SHA with the full SHA of a commit; tags can be moved",
        pattern=rf"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*@[0-9a-f]{{40}}{END}",
    ),
]
ToolImage = Annotated[
    str,
    about_text(
        "An image with a tag or digest",
        must="be an image with a tag or digest, such as ghcr.io/acme/gitops-actions:1.2.3",
        pattern=rf"^[A-Za-z0-9][A-Za-z0-9._:/-]*(:[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{{64}}){END}",
    ),
]
Moment = Annotated[
    str,
    about_text(
        "Day of the week and time",
        "Fri 16:00",
        must="be a day and a time such as 'Fri 16:00'",
        pattern=rf"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01][0-9]|2[0-3]):[0-5][0-9]{END}",
    ),
]
Day = Annotated[
    str,
    about_text(
        "A date",
        "2026-12-20",
        must="be a date such as 2026-12-20",
        pattern=rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{END}",
    ),
]


Duration = Annotated[
    str,
    about_text(
        "A time",
        "4h",
        must=f"be a time such as {FORMS}",
        complaint=complaint_about_duration,
        pattern=rf"^[0-9]{{1,9}}[smhd]{END}",
    ),
]
