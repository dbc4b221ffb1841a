"""Which version an upgrade begins at, in a small history of its own."""

import subprocess

import pytest

from tests.upgrade.earlier import NoEarlierVersion, newest_that_starts, starts


@pytest.fixture
def history(tmp_path):
    """Three versions; the newest two add a migration each, and the middle one cannot start."""
    root = tmp_path / "history"
    (root / "app" / "migrations").mkdir(parents=True)
    run(root, "init", "-q")
    commits = []
    for number, works in enumerate(("well", "broken", "well"), 1):
        (root / "app" / "migrations" / f"{number:04}_step.py").write_text("")
        (root / "state").write_text(works)
        run(root, "add", "-A")
        run(root, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", works)
        commits.append(run(root, "rev-parse", "HEAD"))
    return root, commits


def run(root, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def works(folder) -> bool:
    return (folder / "state").read_text() == "well"


def test_the_newest_that_starts_is_chosen_and_what_does_not_is_named(history, tmp_path):
    root, (first, second, _third) = history
    chosen, passed_over = newest_that_starts(root, tmp_path / "old", works)
    assert (chosen, passed_over) == (first, [second])
    assert (tmp_path / "old" / first / "state").read_text() == "well"


def test_where_none_starts_it_says_which_were_tried(history, tmp_path):
    root, (first, second, _third) = history
    with pytest.raises(NoEarlierVersion, match=f"tried: {second[:12]}, {first[:12]}"):
        newest_that_starts(root, tmp_path / "old", lambda _folder: False)


def test_a_clone_without_its_history_says_what_is_missing(history, tmp_path):
    root, _commits = history
    run(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    with pytest.raises(NoEarlierVersion, match="git fetch --unshallow"):
        newest_that_starts(tmp_path / "shallow", tmp_path / "old", works)


def test_a_folder_without_the_service_does_not_start(tmp_path):
    assert not starts(tmp_path, {})
