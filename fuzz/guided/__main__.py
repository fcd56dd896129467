"""`python -m fuzz.guided`: bytes to every reader of what strangers send, chosen by which lines of it they reach.

Exit code 0: every input was answered or refused in the reader's own words, in time; 1: one was not. What was found is
in build/fuzz/TARGET/faults; run it again with `python -m fuzz.guided --again TARGET FILE`.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from fuzz.guided.catalogue import catalogue
from fuzz.guided.kept import worth_keeping
from fuzz.guided.target import CORPUS, Target, name_of

_WORK = Path("build/fuzz")
_SLOW = 5  # seconds that one input may take
_MEMORY = 1024  # MiB
_LONGEST = 8192  # bytes of an input


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module's text."""
    args = _parser().parse_args(arguments)
    known = catalogue()
    if unknown := [name for name in args.targets if name not in known]:
        raise SystemExit(f"no such target: {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in args.targets or known]
    if args.again is not None:
        print("\n".join(target.answer(args.again.read_bytes()) for target in chosen))
        return 0
    failed = [target.name for target in chosen if not _fuzzed(target, args.seconds)]
    if args.keep:
        for target in chosen:
            _keep(target)
    if failed:
        print(f"FAULTS in {', '.join(failed)}: see {_WORK}/*/faults")
    return 1 if failed else 0


def _fuzzed(target: Target, seconds: int) -> bool:
    """Fuzz it for so long; whether nothing was found."""
    folder = _WORK / target.name
    found, faults = folder / "found", folder / "faults"
    for each in (found, faults):
        each.mkdir(parents=True, exist_ok=True)
    _write(found, target.samples())
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    flags = [f"-max_total_time={seconds}", f"-timeout={_SLOW}", f"-rss_limit_mb={_MEMORY}", f"-max_len={_LONGEST}"]
    flags += [f"-dict={words}"] if target.words else []  # libFuzzer takes no empty one
    flags += [f"-artifact_prefix={folder}/", "-print_final_stats=1"]
    kept = CORPUS / target.name
    command = [sys.executable, "-m", "fuzz.guided.one", target.name, str(faults), *flags, str(found), str(kept)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment(), check=False)
    told = done.stdout.decode("utf-8", "replace")
    (folder / "log").write_text(told)
    runs = re.findall(r"number_of_executed_units: (\d+)", told)
    reached = re.findall(r" cov: (\d+)", told)
    print(
        f"{target.name:20}{runs[-1] if runs else '?':>9} inputs, {reached[-1] if reached else '?':>5} places reached",
        end="",
    )
    print("" if done.returncode == 0 else f"  FAULT: {_fault(told)}", flush=True)
    return done.returncode == 0


def _fault(told: str) -> str:
    """The line that tells what went wrong."""
    lines = [
        line for line in told.splitlines() if re.match(r"[\w.]+(Error|Exception|Refusal)\b|ERROR: libFuzzer", line)
    ]
    return lines[0][:200] if lines else "see its log"


def _keep(target: Target) -> None:
    """Add to the corpus, out of what was found, the short inputs that reach lines which nothing kept does."""
    kept = [path.read_bytes() for path in target.kept()]
    found = sorted((path.read_bytes() for path in (_WORK / target.name / "found").iterdir()), key=len)
    for data in worth_keeping(target, kept, found):
        (CORPUS / target.name / name_of(data)).write_bytes(data)


def _write(folder: Path, inputs: Iterable[bytes]) -> None:
    for data in inputs:
        (folder / name_of(data)).write_bytes(data)


def _escaped(word: str) -> str:
    """A word as libFuzzer's dictionaries have it."""
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


def _environment() -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("IAMD_")},
        "IAMD_ENGINE": "pure",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.guided",
        description=__doc__,
        epilog="example: python -m fuzz.guided policy saml --seconds 300",
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(catalogue())} (default: all)")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--keep", action="store_true", help="add to the corpus what reaches further than it does")
    parser.add_argument("--again", type=Path, metavar="FILE", help="only tell what comes of this input")
    return parser


if __name__ == "__main__":
    sys.exit(main())
