"""Texts of gitops.yaml that have a form of their own: times, images, URLs, words.

The `complaint_about_...` functions return the end of the sentence "`key` ...", or None when all is well.
"""

from __future__ import annotations

import re

from gitops_actions.times import FORMS, seconds

IN_PLACES = ("app", "environment")
IN_VALUES = ("version", "image", "tag", "digest", "revision", "short_revision", "app", "environment")

# With placeholders; that they exist is checked apart, with a better message.
_IMAGE = re.compile(r"(?:[A-Za-z0-9]|\{[\w-]+\})(?:[A-Za-z0-9._:/-]|\{[\w-]+\}){0,254}", re.ASCII)
_REPOSITORY = re.compile(
    r"(?:https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/)?"
    r"((?:[A-Za-z0-9]|\{[\w-]+\})(?:[A-Za-z0-9._/-]|\{[\w-]+\}){0,254})",
    re.ASCII,
)


def complaint_about_duration(text: str) -> str | None:
    """Times, as `times.seconds` reads them."""
    return f"must be a time such as {FORMS}" if seconds(text) is None else None


def complaint_about_word(text: str) -> str | None:
    """Labels, reviewers and the like: forges take lists of them separated by commas."""
    if not text.strip():
        return "is empty"
    if "," in text:
        return "holds a comma; write a list"
    if re.search(r"[\x00-\x1f\x7f]", text):
        return "holds a line break or another control character"
    return None


def complaint_about_image(text: str) -> str | None:
    """Names of images in `apps:`: what a release gives is the tag and the digest, so neither may stand here."""
    if "@" in text or ":" in text.rpartition("/")[2]:
        return "must be the image without tag and digest"
    if not _IMAGE.fullmatch(text) or "//" in text or text.endswith("/"):
        return "must be an image such as ghcr.io/acme/web"
    return None


def complaint_about_repository(text: str) -> str | None:
    """Source repositories as their forge calls them: `acme/web`, `group/sub/web`; those of another one by their URL."""
    match = _REPOSITORY.fullmatch(text)
    if match is None or "//" in match[1] or text.endswith("/"):
        return "must be the name of a repository such as acme/web, or its https:// URL"
    return None


def complaint_about_url(text: str) -> str | None:
    """URLs and paths of repositories. The complaint never holds the text: there may be a password in it.

    ``NAME::`` would start a remote helper of git (https://git-scm.com/docs/gitremote-helpers), a leading ``-`` an
    option.
    """
    if not text or re.search(r"[\x00-\x20\x7f]", text):
        return "is empty, or holds a space or a control character"
    if text.startswith("-") or re.match(r"[A-Za-z0-9+.-]+::", text):
        return "must be an URL or a path"
    scheme, separator, rest = text.partition("://")
    if not separator:
        return None
    authority = rest.partition("/")[0]
    if scheme not in ("https", "http", "ssh", "file"):
        return "must start with https://, ssh://, file://, or be a path"
    if "@" in authority and (scheme != "ssh" or ":" in authority.rpartition("@")[0]):
        return "holds credentials; give them as GITOPS_TOKEN in the environment"
    if scheme in ("http", "https") and re.search(r"[?#]", rest):
        return "holds a '?' or '#'; give only the address of the repository"
    host = re.sub(r":\d*$", "", authority)
    if scheme == "http" and host not in ("localhost", "127.0.0.1", "[::1]"):
        return "is plain http, which anyone on the way can read and change; use https"
    return None


def complaint_about_title(text: str) -> str | None:
    """Templates of titles; what is in them is checked by filling them in."""
    if not text.strip():
        return "is empty"
    if re.search(r"[\r\n]", text):
        return "holds a line break"
    return "is longer than 1000 characters" if len(text) > 1000 else None


def complaint_about_body(text: str) -> str | None:
    """Templates of bodies; what is in them is checked by filling them in."""
    if not text.strip():
        return "is empty"
    return "is longer than 16384 characters" if len(text) > 16384 else None


def sample(text: str) -> str:
    """A text with its placeholders filled by the plainest names, to check what it is apart from them."""
    return text.replace("{app}", "a").replace("{environment}", "e")
