"""`python -m weir.lint PATH...`, also `weir lint` and `weir-lint`."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from weir.lint import output
from weir.lint.catalogue import SEVERITIES
from weir.lint.check import Report, check

# As those of `weir scan`.
PASSED, FAILED, USAGE, NOTHING_READ, COVERAGE_TOO_LOW, INTERRUPTED = 0, 1, 2, 3, 4, 130

FORMATS = ("text", "json", "sarif")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="weir lint",
        description="Finds limits of Python code that count in DynamoDB and can be got around. "
        "The code is parsed, never run.",
    )
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="A file or a folder")
    parser.add_argument(
        "--format", choices=FORMATS, action="append", default=[], help="Several at once"
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        action="append",
        default=[],
        help="For the --format of the same place; - is standard output",
    )
    parser.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        help="Exit with 1 on a finding of this severity or above",
    )
    parser.add_argument(
        "--min-coverage",
        metavar="PERCENT",
        type=int,
        choices=range(101),
        default=0,
        help="Exit with 4 if less than this share of the files could be read",
    )
    return parser


def _version() -> str:
    try:
        return version("weir-ratelimit")
    except PackageNotFoundError:  # run from where it is not installed
        return "0"


def _complain(message: str, code: int) -> int:
    print(f"weir lint: {message}", file=sys.stderr)
    return code


def _write(report: Report, formats: list[str], outputs: list[str]) -> None:
    renderers = {
        "text": lambda: output.text(report),
        "json": lambda: output.as_json(report, _version()),
        "sarif": lambda: output.sarif(report, _version()),
    }
    for place, name in enumerate(formats):
        rendered = renderers[name]()
        target = outputs[place] if place < len(outputs) else "-"
        if target == "-":
            sys.stdout.write(rendered)
        else:
            Path(target).write_text(rendered, encoding="utf-8")


def _gate(report: Report, fail_on: str | None, min_coverage: int) -> int:
    if not report.sources.read:
        return _complain(
            "no Python file could be read. Give a folder or a file that has Python code",
            NOTHING_READ,
        )
    if fail_on is not None:
        least = SEVERITIES.index(fail_on)
        if any(SEVERITIES.index(finding.severity) >= least for finding in report.counted):
            return FAILED
    return PASSED if report.sources.coverage >= min_coverage else COVERAGE_TOO_LOW


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    formats = options.format or ["text"]
    if len(options.output) > len(formats):
        return _complain(
            "there are more --output than --format. Give a --format for each --output", USAGE
        )
    for path in options.paths:
        if not path.exists():
            return _complain(f"{path} does not exist. Give a file or a folder", USAGE)
    try:
        report = check(options.paths)
        if report.mistakes:
            for mistake in report.mistakes:
                _complain(mistake, USAGE)
            return USAGE
        _write(report, formats, options.output)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        return _complain(f"the output cannot be written: {error}. Write elsewhere", USAGE)
    return _gate(report, options.fail_on, options.min_coverage)


if __name__ == "__main__":
    sys.exit(main())
