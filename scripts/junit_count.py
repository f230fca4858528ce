"""Prints 'PASSED FAILED' of a JUnit XML file. Whatever neither passed nor failed (skipped, not run) counts as failed: Weir has no
skipped tests."""

import sys
import xml.etree.ElementTree as ElementTree


def main() -> int:
    try:
        root = ElementTree.parse(sys.argv[1]).getroot()
    except (OSError, ElementTree.ParseError) as error:
        print(f"{sys.argv[1]}: {error}", file=sys.stderr)
        return 1
    passed = failed = 0
    for case in root.iter("testcase"):
        bad = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
        if bad or case.get("status", "run") not in ("run", ""):
            failed += 1
            print(f"failed: {case.get('classname', '')} {case.get('name', '')}", file=sys.stderr)
        else:
            passed += 1
    print(passed, failed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
