"""`python -m benchmarks`: measures on generated repositories over loopback and prints one Markdown table."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import api, deploys, edits, reads
from benchmarks.deploys import Repetition
from benchmarks.measuring import BenchmarkFailed, Place
from benchmarks.repositories import Size
from benchmarks.table import Row, document, markdown, renewed
from gitops_actions.git.command import scrub

NAMES = ("start", "status", "memory", "deploy", "local", "api", "edit")
MINIMAL, SMALL = Size(20, 3, 10), Size(50, 5, 50)
MEDIUM, LARGE = Size(10_000, 500, 2_000), Size(100_000, 2_000, 20_000)
SIZES = {SMALL: Repetition(15, 15), MEDIUM: Repetition(11, 7, 3), LARGE: Repetition(7, 3)}
QUICK = {SMALL: Repetition(1, 1, 1, warm_up=False)}
MEMORY = "/dev/shm"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->"


def rows(only: str | None, quick: bool, cache: Path, work: Path, in_memory: bool) -> Iterator[Row]:
    """Everything that is asked for, in the order of the table. Raises BenchmarkFailed."""
    place = Place(work / "home", work / "tmp")
    place.folder.mkdir()
    place.clear()
    apps, commits = (20, 50) if quick else (1_000, 2_000)
    if only in (None, "start"):
        yield from reads.start_up(place, 3 if quick else 20)
    if only in (None, "deploy"):
        yield from deploys.pushes(cache, work, place, QUICK if quick else SIZES, in_memory)
    if only in (None, "local"):
        yield from deploys.requests(cache, work, place, SMALL if quick else MEDIUM, 1 if quick else 7)
    if only in (None, "api"):
        yield from api.requests(cache, work, place, (SMALL, MINIMAL if quick else LARGE), 1 if quick else 11, quick)
    if only in (None, "status"):
        yield from reads.status(cache, place, apps, commits, 1 if quick else 7)
    if only in (None, "edit"):
        yield from edits.small(100 if quick else 10_000, 1 if quick else 5)
        yield from edits.large(work, place, 100_000 if quick else edits.LARGE, 1 if quick else 3)
    if only in (None, "memory"):
        yield from reads.memory(cache, work, place, SMALL if quick else LARGE, apps, commits)


def main() -> int:
    """Print the table, or put it into a file; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=NAMES, metavar="NAME", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="small repositories, few runs: does it work?")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where generated repositories are kept")
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help="put the table between the marks of this file; with --only, renew its rows",
    )
    options = parser.parse_args()
    if options.write and not options.write.is_file():
        parser.error(f"there is no file {options.write}")
    scrub(os.environ)  # a GIT_DIR of the caller would be taken for the repositories that are made here
    # In memory where there is such a folder: how fast a disk is, is not the question.
    in_memory = os.access(MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="gitops-benchmarks-", dir=MEMORY if in_memory else None) as name:
        work = Path(name)
        cache = options.cache.absolute() if options.cache else work / "cache"
        found = []
        try:
            for row in rows(options.only, options.quick, cache, work, in_memory):
                found.append(row)
                print(f"{row.what}, {row.size}, delay {row.delay}: done", file=sys.stderr)
        except BenchmarkFailed as error:
            print(error, file=sys.stderr)
            return 1
    table = markdown(found)
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        head, _, rest = text.partition(BEGIN)
        there, _, tail = rest.partition(END)
        new = renewed(there, found, options.only) if options.only else table
        options.write.write_text(head + BEGIN + new + END + tail, encoding="utf-8")
    print(json.dumps(document(found), indent=2) if options.json else table, end="\n" if options.json else "")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
