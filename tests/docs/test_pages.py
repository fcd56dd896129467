"""The documentation says what the code does: pages made from it are current, nothing is left out, links lead somewhere."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from iamd.app import CHAIN
from iamd.cli.main import COMMANDS
from iamd.cli.requests import FIELDS
from iamd.reference import condition_keys
from iamd.server.endpoints import Endpoints
from iamd.services.catalogue import APIS
from iamd.settings import SETTINGS
from iamd.wire.http import HttpRequest
from tools import reference_pages

DOCS = Path("docs")
PAGES = sorted([*Path().glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text(name: str) -> str:
    return (DOCS / name).read_text()


@pytest.mark.parametrize("path", reference_pages.pages(), ids=str)
def test_pages_made_from_the_code_are_current(path: Path) -> None:
    assert path.read_text() == reference_pages.pages()[path], "run `python -m tools.reference_pages`"


def test_every_setting_and_command_is_documented() -> None:
    assert re.findall(r"^\| `(\w+)` \|", text("reference/settings.md"), re.MULTILINE) == list(SETTINGS)
    assert re.findall(r"^## iamd ([\w-]+)$", text("reference/commands.md"), re.MULTILINE) == list(COMMANDS)


def test_the_readme_counts_the_operations() -> None:
    counts = [len(APIS[name].operations) for name in ("iam", "sts")]
    assert "{} of IAM and {} of STS".format(*counts) in Path("README.md").read_text()


def test_every_endpoint_is_documented() -> None:
    async def reset(request: HttpRequest) -> None: ...

    routes = Endpoints(lambda: True, metrics=REGISTRY, reset=reset)._routes
    documented = re.findall(r"^\| `([A-Z]+) /_iamd/(\w+)`", text("reference/endpoints.md"), re.MULTILINE)
    assert set(documented) == {(method, name.decode()) for method, name in routes}


def test_every_field_of_a_request_to_evaluate_is_documented() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", text("reference/evaluate.md"), re.MULTILINE)) == FIELDS


def produced_keys() -> set[str]:
    """The condition keys that the code puts into a context: lower-case literals; those of tags end with a slash."""
    modules = [*Path("src/iamd/guard").glob("*.py"), *Path("src/iamd/services").rglob("*.py")]
    nodes = [node for module in modules for node in ast.walk(ast.parse(module.read_text()))]
    literals = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {
        literal
        for literal in literals
        if re.fullmatch(r"(account|aws|iam|identitystore|organizations|sso|sts|saml):[a-z0-9_]+/?", literal)
        and literal != "sts:identity_context"  # a scope of OIDC
    }


def test_every_condition_key_is_documented_in_aws_spelling() -> None:
    # An issuer's keys bear its name and those of whatever claims it makes.
    documented = re.findall(r"^\| `((?!ISSUER:)[^`]+)` \|", text("reference/condition-keys.md"), re.MULTILINE)
    assert {name.partition("$")[0].lower() for name in documented} == produced_keys()
    for name in documented:
        found = condition_keys.find(name.replace("${TagKey}", "team"))
        assert found is not None
        assert found.name == name


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_every_page_is_in_the_navigation() -> None:
    listed = re.findall(r"^\s*- (\S+\.md)$", Path("mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


def test_what_pages_include_exists() -> None:
    for page in PAGES:
        for included in re.findall(r'^--8<-- "([^":]+)', page.read_text(), re.MULTILINE):
            assert Path(included).exists(), f"{page} includes {included}"


def test_the_request_flow_names_the_links_of_the_chain_in_order() -> None:
    steps = re.findall(r"^\d+\. `(\w+)`: ", text("request-flow.md"), re.MULTILINE)
    assert steps == [link.__name__ for link in CHAIN]


def test_decisions_are_numbered_and_listed() -> None:
    decisions = sorted((DOCS / "adr").glob("0*.md"))
    index = text("adr/index.md")
    for number, decision in enumerate(decisions, start=1):
        title, *body = decision.read_text().splitlines()
        assert decision.name.startswith(f"{number:04}-")
        assert title.startswith(f"# {number}. ")
        assert f"| {number:04} | [{title.partition('. ')[2]}]({decision.name}) |" in index
        for part in ("Context", "Choice", "Consequences"):
            assert any(line.startswith(f"**{part}.**") for line in body), f"{decision} has no {part}"


def test_the_code_in_explanations_runs() -> None:
    for block in re.findall(r"^```python\n(.*?)^```$", text("explanation/decisions.md"), re.MULTILINE | re.DOTALL):
        exec(compile(block, "decisions.md", "exec"), {})


def test_the_pytest_example_passes(tmp_path: Path) -> None:
    shutil.copytree("examples/pytest", tmp_path, dirs_exist_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("IAMD_", "PYTEST_"))}
    environ["PYTHONPATH"] = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the plugin is named, whether iamd is installed or not
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "iamd.testing.plugin"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "8 passed" in ran.stdout
