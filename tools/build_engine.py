"""Build the compiled form of the policy engine: mypyc makes C of `src/iamd/policy`, the machine's compiler the rest.

Output, in a folder of its own: beside the sources an old binary would silently beat an edited file.

    iamd_native/__init__.py     what it was made of; `iamd.policy.form` takes nothing else
    iamd_native/*.so            a stub for each module, and `engine__mypyc`, the library behind them

Used by the build hook, which puts the folder into wheels and, for editable installs, beside them.
"""

import contextlib
import hashlib
import io
import os
import runpy
import shutil
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "iamd" / "policy"
PACKAGE = "iamd_native"
# What chooses the form is no part of it. The rest answers people, not requests, and is not worth the wait for a compiler.
PLAIN = {
    "__init__",
    "form",
    "context_keys",
    "draft",
    "elements",
    "explain",
    "remedy",
    "simulate",
    "trace",
    "wording",
}
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


class Unavailable(Exception):
    """This machine has no C compiler for Python; the text says what is missing."""


def build(folder: Path) -> Path:
    """Make `folder`/iamd_native unless it is current, and return it.

    Raises Unavailable, and whatever goes wrong where there is a compiler.
    """
    package = folder / PACKAGE
    builder = f"{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()} for {SUFFIX}"
    made_of = f'"""iamd.policy, compiled."""\n\nSOURCES = "{digest()}"\nBUILDER = "{builder}"\n'
    note = package / "__init__.py"
    if note.exists() and note.read_text() == made_of:
        return package
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        raise Unavailable("there are no headers of Python (on Debian: python3-dev)")
    shutil.rmtree(folder, ignore_errors=True)
    package.mkdir(parents=True)
    compile_all(folder, package)
    note.write_text(made_of)  # last: an interrupted build must not look complete
    return package


def digest() -> str:
    """Tell the state of the sources, in the way in which the engine looks at itself."""
    return str(runpy.run_path(str(SOURCES / "form.py"))["digest"](SOURCES))


def compile_all(folder: Path, package: Path) -> None:
    """Compile every module into the package."""
    compiler = c_compiler()
    extensions = translate(folder / "c")
    includes = [sysconfig.get_path("include"), str(folder / "c" / PACKAGE)]

    def compile_one(job: tuple[Any, str]) -> list[str]:
        extension, source = job
        flags = [flag for flag in extension.extra_compile_args if flag != "-Werror"]
        made: list[str] = compiler.compile(
            [source], str(folder / "o"), include_dirs=[*includes, *extension.include_dirs], extra_postargs=flags
        )
        return made

    def link(extension: Any) -> None:
        objects = [each for (owner, _), made in zip(jobs, compiled, strict=True) if owner is extension for each in made]
        compiler.link_shared_object(objects, str(package / (extension.name.rpartition(".")[2] + SUFFIX)))

    jobs = [(extension, source) for extension in extensions for source in extension.sources]
    jobs.sort(key=lambda job: Path(job[1]).stat().st_size, reverse=True)  # the longest first, so that all end together
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        compiled = list(pool.map(compile_one, jobs))
        list(pool.map(link, extensions))


def translate(folder: Path) -> list[Any]:
    """Turn the modules into C, a file each so that they compile side by side; returns setuptools' extensions."""
    from mypyc.build import mypycify

    files = sorted(SOURCES.glob("*.py"))
    modules = [str(path) for path in files if path.stem not in PLAIN]
    options = ["--config-file=", "--strict", "--namespace-packages", "--explicit-package-bases"]
    here = Path.cwd()
    os.chdir(SOURCES.parent.parent)  # module names are told from it
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            return mypycify(
                [*options, f"--cache-dir={folder / 'cache'}", *map(str, files)],
                only_compile_paths=modules,
                group_name=f"{PACKAGE}.engine",
                target_dir=str(folder),
                multi_file=True,
                opt_level="2",
                debug_level="0",
            )
    except SystemExit as error:  # so mypyc refuses sources
        raise ValueError(output.getvalue()) from error
    finally:
        os.chdir(here)


def c_compiler() -> Any:
    """Return setuptools' way to the C compiler that Python was made with, or CC; raises Unavailable without one."""
    from setuptools._distutils import ccompiler
    from setuptools._distutils import sysconfig as settings

    compiler: Any = ccompiler.new_compiler()
    settings.customize_compiler(compiler)
    program = getattr(compiler, "compiler", [sys.executable])[0]
    if shutil.which(program) is None:
        raise Unavailable(f"there is no C compiler (`{program}`)")
    return compiler


if __name__ == "__main__":
    print(build(ROOT / "build" / "engine"))
