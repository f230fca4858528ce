"""Prints one count over JUnit XML files, 'N passed, N failed', and the names of what failed. Ends with 0 if something passed and
nothing failed.

Whatever neither passed nor failed (skipped, not run) counts as failed: Weir has no skipped tests. So does a file that is not there:
its tests did not run."""

import sys
import xml.etree.ElementTree as ElementTree


def count(path: str) -> tuple[int, int]:
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 0, 1
    passed = failed = 0
    for case in root.iter("testcase"):
        bad = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
        if bad or case.get("status", "run") not in ("run", ""):
            failed += 1
            print(f"failed: {case.get('classname', '')} {case.get('name', '')}", file=sys.stderr)
        else:
            passed += 1
    return passed, failed


def main() -> int:
    counts = [count(path) for path in sys.argv[1:]]
    passed, failed = sum(one[0] for one in counts), sum(one[1] for one in counts)
    print(f"\n{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
