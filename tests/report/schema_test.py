"""Holds schemas/weir-scan.schema.json true: every rendered sample keeps to it, and says nothing
that it does not describe.

    schema_test.py WEIR_REPORT_SAMPLES SCHEMA
"""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import jsonschema

samples_program, schema_file = sys.argv[1:3]


def closed(schema):
    """The same schema, in which an object has no property beside those described."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if isinstance(result.get("properties"), dict) and result.get("type") == "object":
        result["unevaluatedProperties"] = False
    return result


class SchemaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([samples_program, cls.folder.name], check=True, timeout=60)
        cls.schema = json.loads(pathlib.Path(schema_file).read_text())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def sample(self, name):
        return json.loads(pathlib.Path(self.folder.name, f"{name}.json").read_text())

    def test_schema_is_itself_valid(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_every_sample_keeps_to_the_schema(self):
        validator = jsonschema.Draft202012Validator(closed(self.schema))
        for name in ("failing", "passing", "hostile", "markup"):
            with self.subTest(name):
                validator.validate(self.sample(name))

    def test_the_bounds_of_a_huge_report_keep_to_the_schema(self):
        # Validating every one of its points takes half a minute: the lists are cut after their count.
        huge = self.sample("huge")
        self.assertEqual(len(huge["timelines"][0]["points"]), 10_000)
        for timeline in huge["timelines"]:
            timeline["points"] = timeline["points"][:10]
        for name in ("findings", "checks", "limits"):
            huge[name] = huge[name][:10]
        jsonschema.Draft202012Validator(closed(self.schema)).validate(huge)

    def test_a_field_that_is_missing_or_unknown_is_noticed(self):
        validator = jsonschema.Draft202012Validator(closed(self.schema))
        good = self.sample("failing")
        for spoil in (
            lambda report: report.pop("grade"),
            lambda report: report["findings"][0].pop("evidence"),
            lambda report: report["checks"][0].update(verdict="fine"),
            lambda report: report["limits"][0].update(surprise=1),
        ):
            bad = copy.deepcopy(good)
            spoil(bad)
            with self.assertRaises(jsonschema.ValidationError):
                validator.validate(bad)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
