"""How the action installs its packages, and when not."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from pathlib import Path

from tests import checkers
from tests.action.delivery import deploy
from tests.action.runner import CACHE, REACHING, ROOT, Job, Ran, environments, machine
from tests.e2e.hubworld import HubWorld


def test_without_uv(hub: HubWorld, tmp_path: Path) -> None:
    job = Job(tmp_path / "job", machine(tmp_path / "machine"))
    ran = deploy(hub, job)
    assert ran.code == 0, ran.text
    assert len(hub.requests()) == 1
    (environment,) = environments(job)
    (site,) = environment.glob("lib/python*/site-packages")
    assert not (site / "pip").exists()  # 12 MB that nobody needs


def test_two_jobs_at_once(runner: Job, tmp_path: Path) -> None:
    """Both get a whole environment, and one of them is kept."""
    jobs = [Job(tmp_path / f"job{number}", runner.machine) for number in range(2)]
    for job in jobs:  # one tool cache
        shutil.rmtree(job.folder / "tools")
        (job.folder / "tools").symlink_to(tmp_path)
    ran: list[Ran] = []
    threads = [
        threading.Thread(target=lambda job=job: ran.append(job.uses(ROOT, {"command": "plugins"}))) for job in jobs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.code for one in ran] == [0, 0], [one.text for one in ran]
    assert len(list((tmp_path / "gitops-actions").iterdir())) == 1


def test_unfit_environments_are_not_used(runner: Job, tmp_path: Path) -> None:
    """What a cleaner has left of one is replaced; an old one is removed."""
    job = Job(tmp_path / "job", runner.machine)
    assert job.uses(ROOT, {"command": "plugins"}).code == 0
    (environment,) = environments(job)
    (environment / "complete").unlink()
    shutil.rmtree(environment / "lib")
    old = environment.parent / "0123456789abcdef"
    old.mkdir()
    (old / "complete").touch()
    os.utime(old / "complete", (0, 0))
    again = job.uses(ROOT, {"command": "plugins"})
    assert again.code == 0, again.text
    assert "made in" in again.text
    assert environments(job) == [environment]


def test_no_tool_cache(runner: Job, tmp_path: Path) -> None:
    """One that cannot be written to: the environment then lives as long as the job."""
    job = Job(tmp_path / "job", runner.machine)
    (job.folder / "tools").rmdir()
    (job.folder / "tools").write_text("")
    ran = job.uses(ROOT, {"command": "plugins"})
    assert ran.code == 0, ran.text
    assert len(list((job.folder / "temp" / "gitops-actions").iterdir())) == 1


def test_python_is_looked_for(tmp_path: Path) -> None:
    """What is too old is passed over; where actions/setup-python keeps Pythons is looked, too; none is told."""
    shelf = tmp_path / "programs"
    shelf.mkdir()
    for name in ("bash", "dirname"):
        (shelf / name).symlink_to(shutil.which(name) or name)
    (shelf / "uv").symlink_to(checkers.BIN / "uv")
    (shelf / "python3").write_text("#!/bin/sh\nexit 1\n")  # what asks it for its version is told "older"
    (shelf / "python3").chmod(0o755)
    job = Job(
        tmp_path / "job", REACHING | {"PATH": str(shelf), "HOME": str(tmp_path), "UV_CACHE_DIR": str(CACHE / "uv")}
    )
    ran = job.uses(ROOT, {"command": "plugins"})
    assert ran.code == 2
    (told,) = ran.annotations
    assert (told.name, told.properties) == ("error", {"title": "No Python"})
    assert "actions/setup-python" in told.data
    kept = job.folder / "tools" / "Python" / "3.13.0" / "x64" / "bin"
    kept.mkdir(parents=True)
    (kept / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    ran = job.uses(ROOT, {"command": "plugins"})
    assert ran.code == 0, ran.text


def test_packages_that_cannot_be_had(tmp_path: Path) -> None:
    """An index that does not answer: temporary, and nothing half-made is left."""
    environ = machine(tmp_path / "machine", "uv") | {
        "UV_CACHE_DIR": str(tmp_path / "empty"), "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_FIND_LINKS": "",
        "UV_NO_INDEX": "1",
    }  # fmt: skip
    job = Job(tmp_path / "job", environ)
    ran = job.uses(ROOT, {})
    assert ran.code == 6, ran.text
    (told,) = ran.annotations
    assert (told.name, told.data) == ("error", "uv could not install the packages of requirements.lock (see above)")
    assert environments(job) == []


def test_changed_packages_are_refused(tmp_path: Path) -> None:
    """The hashes of the lock file count."""
    action = tmp_path / "action"
    shutil.copytree(ROOT / "action", action / "action")
    shutil.copy(ROOT / "action.yml", action)
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (action / "requirements.lock").write_text(re.sub(r"sha256:[0-9a-f]{4}", "sha256:0000", lock), encoding="utf-8")
    ran = Job(tmp_path / "job", machine(tmp_path / "machine", "uv")).uses(action, {})
    assert ran.code == 6
    assert "hash" in ran.text.lower()
