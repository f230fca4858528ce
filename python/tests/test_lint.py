"""`weir lint` on the example project, on limiters that can be got around, and on innocent code.

lint/bypassable says in comments what is found on the next line, and that nothing else is; in
lint/innocent nothing at all is found.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from servers import EXAMPLE, REPOSITORY, clean_environment
from weir.lint import Report, check
from weir.lint import output as lint_output
from weir.lint.catalogue import RULES
from weir.lint.files import MAX_FILE_BYTES

CORPUS = Path(__file__).parent / "lint"
WEIR = REPOSITORY / "build/dev/bin/weir"
EXPECTED = re.compile(r"# expect: (?P<rules>.*)")

NAIVE = """
import boto3
from django.http import HttpResponse

table = boto3.resource("dynamodb").Table("counters")


def view(request):
    key = {"pk": request.user.pk}
    item = table.get_item(Key=key, ConsistentRead=True).get("Item", {"hits": 0})
    if item["hits"] >= 10:
        return HttpResponse(status=429)
    table.update_item(
        Key=key, UpdateExpression="SET hits = :n", ExpressionAttributeValues={":n": 1}
    )
    return HttpResponse("ok")
"""


def found(*paths: Path) -> dict[str, set[str]]:
    """The rules by file."""
    rules = defaultdict(set)
    for finding in check(list(paths)).counted:
        rules[finding.location.path.name].add(finding.rule)
    return dict(rules)


def check_text(tmp_path: Path, text: str) -> Report:
    file = tmp_path / "view.py"
    file.write_text(text, encoding="utf-8")
    return check([file])


def rules_in(tmp_path: Path, text: str) -> list[str]:
    return [finding.rule for finding in check_text(tmp_path, text).counted]


def lint(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "weir.lint", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestTheExample:
    def test_each_bypassable_view_gives_its_findings(self) -> None:
        assert found(EXAMPLE / "quotes") == {
            "window.py": {
                "ddb-fixed-window-key",
                "ddb-raw-identifier",
                "ddb-refusal-writes",
                "ddb-no-ttl",
            },
            "hashed.py": {
                "ddb-read-then-write",
                "ddb-eventual-read",
                "ddb-random-salt",
                "ddb-no-ttl",
            },
            "ttl.py": {
                "ddb-read-then-write",
                "ddb-unconditional-increment",
                "ddb-refusal-writes",
                "ddb-raw-identifier",
                "ddb-error-swallowed",
            },
            "naive.py": {
                "ddb-read-then-write",
                "ddb-eventual-read",
                "ddb-raw-identifier",
                "ddb-no-ttl",
            },
        }

    def test_the_views_under_weir_give_none(self) -> None:
        guarded = [f for f in check([EXAMPLE]).findings if "guarded" in f.location.path.parts]
        assert guarded == []

    def test_who_loses_a_race_and_is_served_is_found_at_the_write(self) -> None:
        findings = check([EXAMPLE / "quotes"]).findings
        messages = [f.message for f in findings if f.location.path.name == "hashed.py"]
        assert any("loses the race" in message for message in messages)


class TestTheCorpus:
    @pytest.mark.parametrize(
        "file", sorted((CORPUS / "bypassable").iterdir()), ids=lambda f: f.stem
    )
    def test_what_a_bypassable_limiter_says_is_found_and_nothing_else(self, file: Path) -> None:
        expected = {}
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            comment = EXPECTED.search(line)
            if comment:
                expected[number + 1] = set(comment["rules"].split())
        by_line = defaultdict(set)
        for finding in check([file]).counted:
            by_line[finding.location.line].add(finding.rule)
        assert dict(by_line) == expected

    @pytest.mark.parametrize("file", sorted((CORPUS / "innocent").iterdir()), ids=lambda f: f.stem)
    def test_nothing_is_found_in_innocent_code(self, file: Path) -> None:
        assert found(file) == {}

    def test_every_rule_is_found_somewhere(self) -> None:
        everything = found(EXAMPLE, CORPUS / "bypassable").values()
        assert set().union(*everything) == RULES.keys()


class TestWhatIsNotKnown:
    """No finding is better than a guess."""

    def test_a_view_that_reads_and_writes_is_found(self, tmp_path: Path) -> None:
        assert rules_in(tmp_path, NAIVE) == ["ddb-read-then-write"]

    @pytest.mark.parametrize(
        ("what", "instead"),
        [
            ("Key=key, UpdateExpression", "Key=key, **more(), UpdateExpression"),
            ('"SET hits = :n"', "expression_of(request)"),
            ('"SET hits = :n"', '"SET hits = = :n"'),
            ('"SET hits = :n"', '"SET seen = :n"'),
            ("table.update_item(\n        Key=key", "table.update_item(\n        Key=key_of(item)"),
            ("table.update_item(", "other_table(request).update_item("),
            ("status=429", "status=403"),
            ('item["hits"] >= 10', 'request.user.is_banned or request.user.pk == "x"'),
        ],
    )
    def test_what_could_be_otherwise_is_not_found(
        self, tmp_path: Path, what: str, instead: str
    ) -> None:
        assert what in NAIVE
        assert rules_in(tmp_path, NAIVE.replace(what, instead)) == []

    def test_ways_that_exclude_each_other_are_no_sequence(self, tmp_path: Path) -> None:
        either = NAIVE.replace(
            "    item = table", "    if request.method == 'GET':\n        item = table"
        )
        either = either.replace("    if item[", "        if item[").replace(
            "        return HttpResponse(status", "            return HttpResponse(status"
        )
        assert rules_in(tmp_path, either) == ["ddb-read-then-write"]
        assert (
            rules_in(
                tmp_path,
                either.replace(
                    "    table.update", "        return HttpResponse()\n    table.update"
                ),
            )
            == []
        )

    def test_who_was_served_from_a_cache_is_no_refusal(self, tmp_path: Path) -> None:
        text = NAIVE.replace(
            '    if item["hits"] >= 10:',
            """    if item["hits"] > 0:
        return HttpResponse("cached")
    if busy():""",
        )
        assert rules_in(tmp_path, text) == []

    def test_a_checked_identifier_is_not_raw(self, tmp_path: Path) -> None:
        raw = NAIVE.replace("request.user.pk", 'request.headers["X-API-Key"]')
        assert "ddb-raw-identifier" in rules_in(tmp_path, raw)
        checked = raw.replace(
            '    key = {"pk": request.headers["X-API-Key"]}',
            '    api_key = request.headers["X-API-Key"]\n'
            "    if not PATTERN.fullmatch(api_key):\n"
            "        return HttpResponse(status=400)\n"
            '    key = {"pk": api_key}',
        )
        assert "ddb-raw-identifier" not in rules_in(tmp_path, checked)


class TestFiles:
    def test_a_file_that_does_not_parse_is_told_with_its_line(self, tmp_path: Path) -> None:
        report = check_text(tmp_path, "x = 1\ndef broken(:\n")
        assert [each.reason for each in report.sources.skipped] == [
            "does not parse: line 2: invalid syntax"
        ]

    @pytest.mark.parametrize(
        "content",
        [
            b"\xff\xfe\x00nonsense",
            b"# coding: no-such-encoding\n",
            b"name = '\xe9'\n",
            b"x = 1\0\n",
            b"(" * 5_000,
            b"x = " + b"-" * 200_000 + b"1\n",
        ],
        ids=["binary", "unknown-encoding", "not-utf-8", "null-byte", "parentheses", "deep"],
    )
    def test_what_cannot_be_read_is_skipped_with_a_reason(
        self, tmp_path: Path, content: bytes
    ) -> None:
        (tmp_path / "bad.py").write_bytes(content)
        (tmp_path / "good.py").write_text(NAIVE, encoding="utf-8")
        report = check([tmp_path])
        assert [each.path.name for each in report.sources.skipped] == ["bad.py"]
        assert [finding.rule for finding in report.findings] == ["ddb-read-then-write"]
        assert report.sources.coverage == 50

    def test_latin_1_is_read_if_the_file_says_so(self, tmp_path: Path) -> None:
        text = "# coding: latin-1\n# é\n" + NAIVE
        (tmp_path / "view.py").write_bytes(text.encode("latin-1"))
        assert found(tmp_path) == {"view.py": {"ddb-read-then-write"}}

    def test_a_file_of_more_than_a_million_bytes_is_skipped(self, tmp_path: Path) -> None:
        (tmp_path / "most.py").write_bytes(b"#" * MAX_FILE_BYTES)
        (tmp_path / "more.py").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
        report = check([tmp_path])
        assert [each.path.name for each in report.sources.read] == ["most.py"]
        assert [each.path.name for each in report.sources.skipped] == ["more.py"]

    def test_links_in_circles_end_and_a_file_is_read_once(self, tmp_path: Path) -> None:
        (tmp_path / "app").mkdir()
        (tmp_path / "app" / "view.py").write_text(NAIVE, encoding="utf-8")
        (tmp_path / "app" / "again.py").symlink_to("view.py")
        (tmp_path / "app" / "up").symlink_to(tmp_path, target_is_directory=True)
        (tmp_path / "self.py").symlink_to("self.py")
        report = check([tmp_path, tmp_path / "app"])
        assert len(report.sources.read) == 1
        assert {each.path.name for each in report.sources.skipped} == {"self.py"}

    def test_code_of_others_is_not_looked_at(self, tmp_path: Path) -> None:
        for folder in (".venv", "env", "node_modules", "site-packages"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "view.py").write_text(NAIVE, encoding="utf-8")
        (tmp_path / "env" / "pyvenv.cfg").touch()
        assert check([tmp_path]).sources.read == []

    def test_a_function_that_is_too_large_is_told_and_not_judged(self, tmp_path: Path) -> None:
        report = check_text(tmp_path, NAIVE + "    x = 1\n" * 50_000)
        assert report.findings != []
        filler = NAIVE.replace("    key =", "    x = [1, 2, 3]\n" * 20_000 + "    key =")
        report = check_text(tmp_path, filler)
        assert report.findings == []
        assert [location.function for location in report.unfinished] == ["view"]
        deep = NAIVE.replace("    key =", "    x = 1" + " + x" * 2_500 + "\n    key =")
        report = check_text(tmp_path, deep)
        assert [location.function for location in report.unfinished] == ["view"]

    def test_functions_that_call_each_other_end(self, tmp_path: Path) -> None:
        text = NAIVE + "\n\ndef a(request):\n    return b(request)\n\n\ndef b(request):\n"
        text += "    view(request)\n    return a(request) or [b(request), a(request)]\n"
        assert rules_in(tmp_path, text) == ["ddb-read-then-write"]


class TestSuppressing:
    def test_a_reason_on_the_line_or_above_it_suppresses_one_rule(self, tmp_path: Path) -> None:
        ignore = "# weir: ignore[ddb-read-then-write] one worker, one thread"
        for text in (
            NAIVE.replace("    table.update_item(", f"    {ignore}\n    table.update_item("),
            NAIVE.replace("    table.update_item(", f"    table.update_item(  {ignore}"),
        ):
            report = check_text(tmp_path, text)
            assert report.counted == []
            assert [finding.suppressed for finding in report.findings] == ["one worker, one thread"]

    @pytest.mark.parametrize(
        "comment",
        ["# weir: ignore", "# weir: ignore[ddb-no-tll] why", "# weir: ignore[ddb-no-ttl]"],
    )
    def test_a_comment_that_suppresses_nothing_is_a_mistake(
        self, tmp_path: Path, comment: str
    ) -> None:
        (tmp_path / "view.py").write_text(f"x = 1  {comment}\n", encoding="utf-8")
        answer = lint("view.py", cwd=tmp_path)
        assert answer.returncode == 2
        assert "view.py:1: this comment suppresses nothing" in answer.stderr


class TestTheCommand:
    def test_the_exit_code_is_that_of_the_gate(self, tmp_path: Path) -> None:
        (tmp_path / "view.py").write_text(NAIVE, encoding="utf-8")
        (tmp_path / "bad.py").write_text("def (", encoding="utf-8")
        (tmp_path / "none").mkdir()
        for arguments, code in (
            (["."], 0),
            ([".", "--fail-on", "critical"], 0),
            ([".", "--fail-on", "high"], 1),
            ([".", "--fail-on", "low"], 1),
            ([".", "--min-coverage", "50"], 0),
            ([".", "--min-coverage", "51"], 4),
            (["nowhere"], 2),
            ([".", "--format", "xml"], 2),
            ([".", "--output", "a", "--output", "b"], 2),
            ([".", "--output", "no/such/folder"], 2),
            (["none"], 3),
            (["bad.py"], 3),
        ):
            answer = lint(*arguments, cwd=tmp_path)
            assert answer.returncode == code, (arguments, answer.stderr)
            assert answer.returncode in (0, 1, 4) or answer.stderr.count("\n") >= 1

    def test_text_names_place_rule_and_cure(self, tmp_path: Path) -> None:
        (tmp_path / "view.py").write_text(NAIVE, encoding="utf-8")
        answer = lint(".", cwd=tmp_path)
        assert "HIGH    ddb-read-then-write          view.py:13" in answer.stdout
        assert "It decides the refusal at view.py:12." in answer.stdout
        assert "Cure: " in answer.stdout
        assert answer.stdout.endswith("findings: 1 high   files read: 1\n")

    def test_control_characters_of_code_do_not_reach_the_terminal(self, tmp_path: Path) -> None:
        text = NAIVE.replace("    table.update_item(", "    table.update_item(  # \x1b[31m \u202e")
        assert not {"\x1b", "\u202e"} & set(lint_output.text(check_text(tmp_path, text)))

    def test_json_keeps_to_its_schema(self, tmp_path: Path) -> None:
        (tmp_path / "bad.py").write_text("def (", encoding="utf-8")
        answer = lint(EXAMPLE, CORPUS, tmp_path, "--format", "json")
        schema = json.loads((REPOSITORY / "schemas/weir-lint.schema.json").read_text("utf-8"))
        report = json.loads(answer.stdout)
        jsonschema.validate(report, schema)
        assert report["files"]["skipped"][0]["reason"].startswith("does not parse")
        assert {finding["id"] for finding in report["findings"]} == RULES.keys()

    def test_sarif_keeps_to_its_schema_and_lies_in_the_repository(self, tmp_path: Path) -> None:
        target = tmp_path / "weir.sarif"
        answer = lint(
            "examples", "--format", "text", "--format", "sarif",
            "--output", "-", "--output", target,
            cwd=REPOSITORY,
        )  # fmt: skip
        assert answer.stdout.startswith("HIGH")
        document = json.loads(target.read_text("utf-8"))
        schema = REPOSITORY / "tests/report/sarif/sarif-schema-2.1.0.json"
        jsonschema.validate(document, json.loads(schema.read_text("utf-8")))
        results: list[dict[str, Any]] = document["runs"][0]["results"]
        for result in results:
            place = result["locations"][0]["physicalLocation"]
            uri = place["artifactLocation"]["uri"]
            lines = (REPOSITORY / uri).read_text("utf-8").splitlines()
            assert lines[place["region"]["startLine"] - 1].strip()
        prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
        assert len(set(prints)) == len(results) > 0

    def test_weir_lint_is_the_same_and_takes_nothing_from_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "view.py").write_text(NAIVE, encoding="utf-8")
        (tmp_path / "weir").mkdir()
        (tmp_path / "weir" / "__init__.py").write_text("raise SystemExit(9)", encoding="utf-8")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        answer = subprocess.run(  # noqa: S603
            [WEIR, "lint", ".", "--fail-on", "high"],
            cwd=tmp_path,
            env=clean_environment({"PATH": path}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert answer.returncode == 1, answer.stderr
        assert answer.stdout.startswith("HIGH    ddb-read-then-write")

    def test_nothing_of_the_code_is_run(self, tmp_path: Path) -> None:
        (tmp_path / "view.py").write_text("import os\nos.mkdir('made')\n" + NAIVE, encoding="utf-8")
        before = set(tmp_path.iterdir())
        assert lint(".", cwd=tmp_path).returncode == 0
        assert set(tmp_path.iterdir()) == before
