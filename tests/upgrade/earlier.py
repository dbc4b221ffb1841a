"""Which version a running system is upgraded from: the newest that starts on older migrations."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

# A version that cannot start is passed over; so many in a row are no accident.
MOST_TRIED = 10


class NoEarlierVersion(Exception):
    """There is nothing to upgrade from; the text says what is missing."""


def git(root: Path, *arguments: str) -> bytes:
    """Run git in ``root`` and return what it printed; raise ``NoEarlierVersion`` if it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise NoEarlierVersion(f"git {arguments[0]}: {done.stderr.decode().strip()}")
    return done.stdout


def is_shallow(root: Path) -> bool:
    """Return whether the clone at ``root`` lacks a part of its history."""
    return git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"


def unpack(root: Path, commit: str, folder: Path) -> None:
    """Put the files of ``commit`` into ``folder``, which must not exist."""
    with tarfile.open(fileobj=io.BytesIO(git(root, "archive", commit))) as archive:
        archive.extractall(folder, filter="data")


def candidates(root: Path) -> Iterator[str]:
    """Yield the versions with fewer migrations than ours that are one line, the newest first."""
    ours, yielded = _migrations(root, "HEAD"), set()
    for commit in git(root, "log", "--format=%H", "--", "*/migrations/*.py").decode().split():
        parents = git(root, "rev-list", "--parents", "-n", "1", commit).decode().split()[1:]
        for before in parents:
            theirs = _migrations(root, before)
            # Not one between, whose two branches of migrations were not one line yet.
            if before not in yielded and theirs < ours and _is_one_line(theirs):
                yielded.add(before)
                yield before


def newest_that_starts(
    root: Path, folder: Path, starts: Callable[[Path], bool]
) -> tuple[str, list[str]]:
    """Unpack the newest earlier version that starts into a folder of its own below ``folder``.

    Returns its commit, which is also the folder's name, and those that were passed over. Raises
    ``NoEarlierVersion``.
    """
    passed_over: list[str] = []
    for commit in candidates(root):
        unpack(root, commit, folder / commit)
        if starts(folder / commit):
            return commit, passed_over
        passed_over.append(commit)
        if len(passed_over) == MOST_TRIED:
            break
    if is_shallow(root):
        raise NoEarlierVersion(
            "this clone is shallow and ends before the last change of migrations:"
            " deepen it (git fetch --unshallow)"
        )
    tried = ", ".join(commit[:12] for commit in passed_over) or "none"
    raise NoEarlierVersion(f"no earlier version starts; tried: {tried}. Name one: FROM=a commit")


def starts(folder: Path, env: dict[str, str]) -> bool:
    """Return whether the code in ``folder`` makes its tables and loads its web and its tasks."""
    load = (
        "import config.wsgi; from config.celery import app;"
        "app.loader.import_default_modules(); app.finalize()"
    )
    commands = (["manage.py", "check"], ["manage.py", "migrate", "--plan"], ["-c", load])
    return all(
        not subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env={**os.environ, **env},
            capture_output=True,
            check=False,
        ).returncode
        for command in commands
    )


def _migrations(root: Path, commit: str) -> set[str]:
    names = git(root, "ls-tree", "-r", "--name-only", commit).decode().split()
    return {name for name in names if "/migrations/0" in name}


def _is_one_line(names: set[str]) -> bool:
    numbers = [name.split("_")[0] for name in names]
    return len(numbers) == len(set(numbers))
