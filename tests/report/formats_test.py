"""Reads the reports that other programs take with those programs' own parsers: SARIF by the schema of SARIF 2.1.0 and
GitHub's rules for it, JUnit XML by junitparser, Markdown by GitHub's own renderer (cmark-gfm).

    formats_test.py WEIR_REPORT_SAMPLES SARIF_SCHEMA
"""

import html.parser
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import cmarkgfm
import jsonschema
import junitparser

samples_program, sarif_schema = sys.argv[1:3]
SAMPLES = ("failing", "passing", "hostile", "markup", "huge", "empty")
# What the report itself writes; anything else would be a target's.
TAGS = {"h2", "h3", "h4", "p", "ul", "li", "code", "pre", "details", "summary", "strong"}


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = set()
        self.attributes = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)


class FormatsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([samples_program, cls.folder.name], check=True, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def sample(self, name):
        return pathlib.Path(self.folder.name, name).read_text(encoding="utf-8")

    def test_every_sarif_keeps_to_the_schema(self):
        validator = jsonschema.Draft7Validator(json.loads(pathlib.Path(sarif_schema).read_text()))
        for name in SAMPLES:
            with self.subTest(name):
                validator.validate(json.loads(self.sample(f"{name}.sarif")))

    def test_every_sarif_is_as_github_takes_it(self):
        for name in SAMPLES:
            (run,) = json.loads(self.sample(f"{name}.sarif"))["runs"]
            rules = run["tool"]["driver"]["rules"]
            self.assertEqual(len({rule["id"] for rule in rules}), len(rules))
            for rule in rules:
                self.assertRegex(rule["properties"]["security-severity"], r"^\d\.\d$")
                self.assertIn("security", rule["properties"]["tags"])
                self.assertTrue(rule["help"]["text"])
            for result in run["results"]:
                self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
                self.assertTrue(result["message"]["text"])
                self.assertTrue(result["partialFingerprints"]["primaryLocationLineHash"])
                (location,) = result["locations"]
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                # Relative, not empty, no blank, no colon, not out of the repository.
                self.assertRegex(uri, r"^[A-Za-z0-9._~%-]+(/[A-Za-z0-9._~%-]+)*$")
                self.assertNotIn("..", uri.split("/"))
                self.assertGreaterEqual(location["physicalLocation"]["region"]["startLine"], 1)

    def test_every_junit_document_is_read_and_its_sums_are_right(self):
        for name in SAMPLES:
            with self.subTest(name):
                text = self.sample(f"{name}.junit")
                suites = junitparser.JUnitXml.fromstring(text.encode())
                declared = (suites.tests, suites.failures, suites.errors, suites.skipped)
                suites.update_statistics()
                self.assertEqual(declared, (suites.tests, suites.failures, suites.errors, suites.skipped))
        (suite,) = junitparser.JUnitXml.fromstring(self.sample("failing.junit").encode())
        failed = {case.name: case.result[0] for case in suite if case.result and case.result[0]._tag == "failure"}
        self.assertEqual(failed["boundary-burst GET /api/quote"].type, "medium")
        self.assertIn("Reproduce: for i in $(seq 12)", failed["boundary-burst GET /api/quote"].text)

    def test_no_text_of_a_target_becomes_markup_or_a_link(self):
        for name in SAMPLES:
            with self.subTest(name):
                # As GitHub renders it, raw HTML included: what its sanitizer would take out must not be there to begin with.
                page = cmarkgfm.github_flavored_markdown_to_html(
                    self.sample(f"{name}.markdown"), cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE
                )
                tags = Tags()
                tags.feed(page)
                self.assertLessEqual(tags.seen, TAGS)
                self.assertLessEqual(tags.attributes, {"lang"})
                prose = re.sub(r"<(code|pre)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
                self.assertNotRegex(prose, r"@\w|#\d")  # a comment in between keeps GitHub from linking them

    def test_the_hostile_text_is_still_there_to_be_read(self):
        page = cmarkgfm.github_flavored_markdown_to_html(self.sample("hostile.markdown"))
        self.assertIn("&lt;script&gt;document.title=", page)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
