"""Build the compiled forms: mypyc makes C of the policy engine and of the request path, the machine's compiler the rest.

Output, in a folder of its own: beside the sources an old binary would silently beat an edited file.

    iamd_native/__init__.py        what they were made of; `iamd.policy.form` takes nothing else
    iamd_native/PART__mypyc*.so    a part's machine code
    iamd_native/PART/*.so          a stub for each of its modules

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "iamd"
PACKAGE = "iamd_native"
# Of the engine, what chooses the form is no part. The rest answers people, not requests, and is not worth the wait for
# a compiler.
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
SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))


class Unavailable(Exception):
    """This machine has no C compiler for Python; the text says what is missing."""


@dataclass(frozen=True)
class Part:
    """Modules that are compiled together.

    `digested` are the sources that decide whether the compiled form is current, `compiled` those that are compiled.
    The types of libraries are not at hand while building: what other modules bring counts as of any type.
    """

    name: str
    digested: list[Path]
    compiled: list[Path]
    options: tuple[str, ...]
    by_full_name: bool

    def stub(self, module: str) -> str:
        """The file's name of a module's stub."""
        return (module if self.by_full_name else module.rpartition(".")[2]) + SUFFIX


def parts() -> list[Part]:
    engine = sorted((SOURCES / "policy").glob("*.py"))
    requests = runpy.run_path(str(SOURCES / "request_path.py"))["SOURCES"]
    return [
        Part("engine", engine, [path for path in engine if path.stem not in PLAIN], ("--strict",), by_full_name=False),
        Part("requests", requests, requests, ("--follow-imports=skip", "--ignore-missing-imports"), by_full_name=True),
    ]


def build(folder: Path) -> Path:
    """Make `folder`/iamd_native unless it is current, and return it.

    Raises Unavailable, and whatever goes wrong where there is a compiler.
    """
    package = folder / PACKAGE
    note = package / "__init__.py"
    builder = f"{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()} for {SUFFIX}"
    digest = runpy.run_path(str(SOURCES / "policy" / "form.py"))["digest"]  # the way in which iamd looks at itself
    made_of = {part.name: digest(part.digested) for part in parts()}
    before = runpy.run_path(str(note)) if note.exists() else {}
    current = before["MADE_OF"] if before.get("BUILDER") == builder else {}
    if current == made_of:
        return package
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        raise Unavailable("there are no headers of Python (on Debian: python3-dev)")
    package.mkdir(parents=True, exist_ok=True)
    note.unlink(missing_ok=True)  # written last: an interrupted build must not look complete
    for part in parts():
        if current.get(part.name) != made_of[part.name]:
            shutil.rmtree(package / part.name, ignore_errors=True)
            (package / part.name).mkdir()
            compile_part(part, folder, package)
    note.write_text(f'"""Parts of iamd, compiled."""\n\nMADE_OF = {made_of}\nBUILDER = "{builder}"\n')
    return package


def compile_part(part: Part, folder: Path, package: Path) -> None:
    """Compile a part's modules into the package."""
    compiler = c_compiler()
    extensions = translate(part, folder / "c" / part.name)
    includes = [sysconfig.get_path("include"), str(folder / "c" / part.name / PACKAGE)]

    def compile_one(job: tuple[Any, str]) -> list[str]:
        extension, source = job
        flags = [flag for flag in extension.extra_compile_args if flag != "-Werror"]
        made: list[str] = compiler.compile(
            [source], str(folder / "o"), include_dirs=[*includes, *extension.include_dirs], extra_postargs=flags
        )
        return made

    def link(extension: Any) -> None:
        objects = [each for (owner, _), made in zip(jobs, compiled, strict=True) if owner is extension for each in made]
        is_shared = extension.name.endswith("__mypyc")
        last = extension.name.rpartition(".")[2]
        target = package / (last + SUFFIX) if is_shared else package / part.name / part.stub(extension.name)
        compiler.link_shared_object(objects, str(target))

    jobs = [(extension, source) for extension in extensions for source in extension.sources]
    jobs.sort(key=lambda job: Path(job[1]).stat().st_size, reverse=True)  # the longest first, so that all end together
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        compiled = list(pool.map(compile_one, jobs))
        list(pool.map(link, extensions))


def translate(part: Part, folder: Path) -> list[Any]:
    """Turn the modules into C, a file each so that they compile side by side; returns setuptools' extensions."""
    from mypyc.build import mypycify

    options = ["--config-file=", "--namespace-packages", "--explicit-package-bases", *part.options]
    here = Path.cwd()
    os.chdir(SOURCES.parent)  # module names are told from it
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            return mypycify(
                [*options, f"--cache-dir={folder / 'cache'}", *map(str, part.digested)],
                only_compile_paths=[str(path) for path in part.compiled],
                group_name=f"{PACKAGE}.{part.name}",
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
