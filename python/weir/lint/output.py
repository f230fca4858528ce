"""A report as text, JSON ("weir-lint/1", schemas/weir-lint.schema.json) or SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
import os
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from weir.lint.catalogue import RULES, SEVERITIES
from weir.lint.check import Finding, Location, Report

WIDTH = 100
# GitHub's scale: 7.0 and above is high, 4.0 medium, 0.1 low.
SECURITY_SEVERITY = {"high": "8.0", "medium": "5.5", "low": "2.0"}
LEVEL = {"high": "error", "medium": "warning", "low": "note"}


def shown(path: Path) -> str:
    """From the current folder, as people and code scanning want it; else as it was given."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _visible(text: str) -> str:
    """Without control characters: names of files and code are not ours."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _place(location: Location) -> str:
    return _visible(f"{shown(location.path)}:{location.line}")


def summary(report: Report) -> str:
    counted = Counter(finding.severity for finding in report.counted)
    found = ", ".join(f"{counted[each]} {each}" for each in reversed(SEVERITIES) if counted[each])
    suppressed = len(report.findings) - len(report.counted)
    parts = [f"findings: {found or 'none'}"]
    if suppressed:
        parts.append(f"suppressed: {suppressed}")
    parts.append(f"files read: {len(report.sources.read)}")
    if report.sources.skipped:
        parts.append(f"not read: {len(report.sources.skipped)}")
    return "   ".join(parts)


def text(report: Report) -> str:
    lines: list[str] = []

    def paragraph(words: str) -> None:
        indent = " " * 8
        lines.extend(
            textwrap.wrap(
                _visible(words),
                WIDTH,
                initial_indent=indent,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )  # fmt: skip
        )

    for finding in report.counted:
        rule = RULES[finding.rule]
        lines.append(f"{finding.severity.upper():8}{rule.id:29}{_place(finding.location)}")
        lines.append(" " * 8 + _visible(finding.line_text)[: WIDTH - 8])
        paragraph(finding.message + ".")
        if finding.refusal is not None:
            paragraph(f"It decides the refusal at {_place(finding.refusal)}.")
        paragraph(rule.why)
        paragraph("Cure: " + rule.cure)
        lines.append("")
    for skipped in report.sources.skipped:
        lines.append(_visible(f"not read: {shown(skipped.path)} {skipped.reason}"))
    for location in report.unfinished:
        lines.append(f"not gone through: {_place(location)} {location.function} is too large")
    lines.append(summary(report))
    return "\n".join(lines) + "\n"


def _location(location: Location) -> dict[str, Any]:
    return {
        "path": shown(location.path),
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "function": location.function,
    }


def as_json(report: Report, version: str) -> str:
    findings = []
    for finding in report.findings:
        rule = RULES[finding.rule]
        findings.append(
            {
                "id": rule.id,
                "severity": rule.severity,
                "title": rule.title,
                "message": finding.message,
                **_location(finding.location),
                "code": finding.line_text,
                "refusal": _location(finding.refusal) if finding.refusal else None,
                "why": rule.why,
                "remediation": rule.cure,
                "cwe": list(rule.cwe),
                "suppressed": finding.suppressed,
            }
        )
    document = {
        "schema": "weir-lint/1",
        "tool_version": version,
        "coverage": report.sources.coverage,
        "files": {
            "read": len(report.sources.read),
            "skipped": [
                {"path": shown(each.path), "reason": each.reason} for each in report.sources.skipped
            ],
        },
        "unfinished": [_location(location) for location in report.unfinished],
        "findings": findings,
    }
    return json.dumps(document) + "\n"


def _sarif_location(location: Location) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(Path(shown(location.path)).as_posix())},
            "region": {
                "startLine": location.line,
                "startColumn": location.column,
                "endLine": location.end_line,
            },
        },
        "logicalLocations": [{"fullyQualifiedName": location.function, "kind": "function"}],
    }


def _fingerprints(findings: list[Finding]) -> list[str]:
    """Of the rule, the file and the line's text: lines that move keep theirs."""
    seen: Counter[str] = Counter()
    prints = []
    for finding in findings:
        what = "\0".join((finding.rule, shown(finding.location.path), finding.line_text))
        digest = hashlib.sha256(what.encode()).hexdigest()[:32]
        seen[digest] += 1
        prints.append(f"{digest}:{seen[digest]}")
    return prints


def _sarif_rule(name: str) -> dict[str, Any]:
    rule = RULES[name]
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.cure},
        "defaultConfiguration": {"level": LEVEL[rule.severity]},
        "properties": {
            "tags": ["security", *(f"external/cwe/cwe-{number:03}" for number in rule.cwe)],
            "precision": "high",
            "security-severity": SECURITY_SEVERITY[rule.severity],
        },
    }


def sarif(report: Report, version: str) -> str:
    names = sorted({finding.rule for finding in report.findings})
    results = []
    for finding, fingerprint in zip(report.findings, _fingerprints(report.findings), strict=False):
        result = {
            "ruleId": finding.rule,
            "ruleIndex": names.index(finding.rule),
            "kind": "fail",
            "level": LEVEL[finding.severity],
            # "[words](place)" would be a link.
            "message": {"text": finding.message.replace("[", "\\[").replace("]", "\\]")},
            "locations": [_sarif_location(finding.location)],
            "relatedLocations": [],
            "partialFingerprints": {"primaryLocationLineHash": fingerprint},
            "suppressions": [],
        }
        if finding.refusal is not None:
            result["relatedLocations"] = [
                {**_sarif_location(finding.refusal), "message": {"text": "the refusal it decides"}}
            ]
        if finding.suppressed is not None:
            result["suppressions"] = [{"kind": "inSource", "justification": finding.suppressed}]
        results.append(result)
    run = {
        "tool": {
            "driver": {
                "name": "weir-lint",
                "version": version,
                "rules": [_sarif_rule(name) for name in names],
            }
        },
        "automationDetails": {"id": "weir-lint/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {"text": f"{shown(each.path)} {each.reason}"},
                    }
                    for each in report.sources.skipped
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}) + "\n"
