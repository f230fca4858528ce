"""Holds schemas/weir-policy.schema.json to the sample policies, which tests/policy/read_test.cc holds the reader to.

    check_schema.py SCHEMA SAMPLES   exit 1 and one line for each sample that the schema judges otherwise

good/ is accepted by both, bad_shape/ refused by both; bad_meaning/ is what only the reader can know, so that the schema
accepts it.
"""

import json
import sys
from pathlib import Path

import jsonschema
import yaml

ACCEPTED = {"good": True, "bad_shape": False, "bad_meaning": True}


def main() -> int:
    schema = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong = []
    for folder, expected in ACCEPTED.items():
        samples = sorted((Path(sys.argv[2]) / folder).glob("*.yaml"))
        if not samples:
            wrong.append(f"{folder}: there are no samples")
        for sample in samples:
            errors = list(validator.iter_errors(yaml.safe_load(sample.read_text(encoding="utf-8"))))
            if bool(errors) == expected:
                verdict = errors[0].message if errors else "accepted"
                wrong.append(f"{folder}/{sample.name}: {verdict}")
    print("\n".join(wrong) if wrong else "the schema judges every sample as the reader does")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
