"""The Dockerfile's steps, carried out without Docker in a folder that becomes its root.

`python -m tests.config.image FOLDER` carries out all of them, the packages included, and
then starts the web process of the result from read-only files.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from config.demo.ports import any_free_port

ROOT = Path(__file__).parents[2]
# Commands that only a real image runs: its own user.
WITHOUT_DOCKER = ("useradd ",)
START_SECONDS = 30


@dataclass(frozen=True)
class Step:
    """One instruction, with its arguments as one line, and the name of its stage."""

    stage: str
    word: str
    rest: str


def steps(file: Path = ROOT / "Dockerfile") -> Iterator[Step]:
    """Yield the instructions of a Dockerfile; the last stage, which has no name, is "final"."""
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    stage = ""
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stage = rest.split()[-1] if " AS " in rest else "final"
        if word:
            yield Step(stage, word, " ".join(rest.split()))


def of_final(word: str) -> list[str]:
    """Return what an instruction says in the final stage."""
    return [step.rest for step in steps() if step.stage == "final" and step.word == word]


def ignored(path: Path) -> bool:
    """Return whether `.dockerignore` keeps a file of the project out of the image."""
    name, out = path.relative_to(ROOT).as_posix(), False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and _matches(name, pattern):
            out = not line.startswith("!")
    return out


def _matches(name: str, pattern: str) -> bool:
    """Return whether the pattern meets the name or a folder above it."""
    if pattern.startswith("**/"):
        return any(fnmatch(part, pattern[3:]) for part in name.split("/"))
    parts, depth = name.split("/"), pattern.count("/") + 1
    return fnmatch("/".join(parts[:depth]), pattern)


class Image:
    """A folder that becomes the image; the packages are those at hand unless they are built."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app, self.venv = folder / "app", folder / "venv"

    def build(self, *, packages: bool = False) -> None:
        """Carry the steps out; without ``packages`` the virtual environment at hand is used."""
        if not packages:
            self.venv.symlink_to(sys.prefix)
        workdir = "/"
        for step in steps():
            if step.stage == "packages" and not packages and step.word in ("RUN", "COPY"):
                continue
            if step.word == "WORKDIR":
                workdir = step.rest
                self._inside(workdir).mkdir(exist_ok=True)
            elif step.word == "COPY" and not step.rest.startswith("--from"):
                self._copy(step.rest, self._inside(workdir))
            elif step.word == "RUN" and not step.rest.startswith(WITHOUT_DOCKER):
                self._run(step.rest, self._inside(workdir))

    def environment(self, **more: str) -> dict[str, str]:
        """Return the image's own variables, and ``more`` as `docker run -e` would give them."""
        pairs = (pair.split("=", 1) for line in of_final("ENV") for pair in shlex.split(line))
        own = {name: self._translated(value) for name, value in pairs}
        own["PATH"] = own["PATH"].replace("$PATH", os.environ["PATH"])
        return {**own, **more}

    def start_web(self, port: int, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start what the image starts, on another port, and from files nobody can write to."""
        command = " ".join(_exec_form(of_final("CMD")[-1])).replace(
            "0.0.0.0:8000", f"127.0.0.1:{port}"
        )
        return subprocess.Popen(
            self._read_only(command),
            cwd=self.app,
            env=self.environment(**env),
            start_new_session=True,
        )

    def is_alive(self, port: int, env: Mapping[str, str]) -> bool:
        """Run the image's health check."""
        command = _exec_form(of_final("HEALTHCHECK")[-1].partition(" CMD ")[2])
        asked = self.environment(**{**env, "PORT": str(port)})
        asked["PATH"] = f"{self.venv}/bin:{asked['PATH']}"
        return not subprocess.run(command, cwd=self.app, env=asked, check=False).returncode

    def _read_only(self, command: str) -> list[str]:
        """Return the command in a mount of its own, where this machine lets us make one."""
        mine = shlex.quote(str(self.app))
        if subprocess.run(
            ["unshare", "--mount", "true"], capture_output=True, check=False
        ).returncode:
            return ["sh", "-c", f"exec {command}"]
        mount = f"mount --bind {mine} {mine} && mount -o remount,ro,bind {mine} && cd {mine}"
        return [
            "unshare",
            "--mount",
            "sh",
            "-c",
            f"{mount} && ! touch written 2>&- && exec {command}",
        ]

    def _copy(self, arguments: str, workdir: Path) -> None:
        arguments = arguments.replace("${REQUIREMENTS}", "requirements.txt")
        *sources, target = arguments.split()
        for source in sources:
            place = workdir / target
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=_left_out)
            elif not ignored(ROOT / source):
                place = place / source if target.endswith("/") else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)

    def _run(self, command: str, workdir: Path) -> None:
        env = {
            name: os.environ[name]
            for name in ("PATH", "HOME", "PIP_CONFIG_FILE")
            if name in os.environ
        }
        done = subprocess.run(
            ["sh", "-c", self._translated(command)],
            cwd=workdir,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, f"{command}\n{done.stdout}{done.stderr}"

    def _translated(self, text: str) -> str:
        return text.replace("/venv", str(self.venv)).replace("/app", str(self.app))

    def _inside(self, path: str) -> Path:
        return self.folder / path.lstrip("/")


def _left_out(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if ignored(Path(folder, name))}


def _exec_form(text: str) -> list[str]:
    """Return the words of an instruction's JSON form."""
    return [word.strip(' "') for word in text.strip("[]").split('",')]


def main(folder: Path) -> int:
    """Build everything into ``folder``, serve from it, and say what was seen."""
    from config.keys.secrets import generate  # noqa: PLC0415 - needs Django's settings

    image = Image(folder)
    image.build(packages=True)
    port, env = any_free_port(), generate()
    process = image.start_web(port, env)
    deadline = time.monotonic() + START_SECONDS
    try:
        while not (alive := image.is_alive(port, env)) and time.monotonic() < deadline:
            time.sleep(1)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    sys.stdout.write(f"built in {folder}, {'answered' if alive else 'did not answer'}\n")
    return not alive


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
