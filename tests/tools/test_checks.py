from pathlib import Path

import pytest

from tools import check_engine, check_names, check_native, check_sizes
from tools.build_reference import SOURCES
from tools.pin_sources import pinned


def written(folder: Path, text: str) -> Path:
    file = folder / "module.py"
    file.write_text(text)
    return file


def test_a_long_function_is_found(tmp_path: Path) -> None:
    body = "    x = 1\n" * check_sizes.FUNCTION_LINES
    [problem] = check_sizes.long_functions(written(tmp_path, f"def long():\n{body}"))
    assert problem.endswith(f":1: `long` has {check_sizes.FUNCTION_LINES + 1} lines")


def test_docstring_comments_and_blank_lines_do_not_count(tmp_path: Path) -> None:
    talk = '    """One.\n\n    Two.\n    """\n' + "    # why\n\n" * check_sizes.FUNCTION_LINES
    body = "    x = 1\n" * (check_sizes.FUNCTION_LINES - 1)
    assert check_sizes.long_functions(written(tmp_path, f"def short():\n{talk}{body}")) == []


@pytest.mark.parametrize(
    "line", ["import msgspec", "from iamd.store import Store", "from iamd import policy", "from .. import store"]
)
def test_the_engine_imports_nothing_foreign(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_engine, "ENGINE", tmp_path)
    assert len(check_engine.foreign_imports(written(tmp_path, line))) == 1


@pytest.mark.parametrize(
    "line", ["import re", "from iamd.policy import parse", "from . import parse", "from .a import b"]
)
def test_the_engine_imports_the_standard_library_and_itself(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_engine, "ENGINE", tmp_path)
    assert check_engine.foreign_imports(written(tmp_path, line)) == []


@pytest.mark.parametrize("place", ["/".join(["", "root", "x"]), "/".join(["", "work", "x"]), ".".join(["pypi", "org"])])
def test_names_of_places_are_found(place: str, tmp_path: Path) -> None:
    assert len(check_names.named(written(tmp_path, f"fine\nsee {place} here\n"))) == 1


@pytest.mark.parametrize("text", ["arn:aws:iam::123456789012:role/work/deploy", "src/iamd/root/x", "\udcff"])
def test_other_names_are_not(text: str, tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert check_names.named(file) == []


def test_pins_are_replaced_each_once() -> None:
    project = "\n".join(f'"{name}==1"' for name in SOURCES)
    versions = dict.fromkeys(SOURCES, "2.0")
    assert pinned(project, versions) == project.replace("==1", "==2.0")
    with pytest.raises(ValueError, match="0 times"):
        pinned("", versions)


@pytest.mark.parametrize("head", ["class A(Base):", "class A(frozen=True):", "@dataclass\nclass A:"])
def test_a_compiled_module_has_plain_classes_only(head: str, tmp_path: Path) -> None:
    assert len(check_native.odd_classes(written(tmp_path, f"{head}\n    x = 1\n"))) == 1
    for plain in ("A", "A(NamedTuple)"):
        assert check_native.odd_classes(written(tmp_path, f"class {plain}:\n    x: int\n")) == []


def test_a_compiled_module_has_no_coroutines(tmp_path: Path) -> None:
    assert len(check_native.coroutines(written(tmp_path, "class A:\n    async def f(self):\n        pass\n"))) == 1
    assert check_native.coroutines(written(tmp_path, "def f():\n    pass\n")) == []
