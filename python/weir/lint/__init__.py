"""`weir lint`: limits of Python code that count in DynamoDB, and how they can be got around.

    from pathlib import Path
    from weir.lint import check

    for finding in check([Path("shop")]).counted:
        print(finding.location.path, finding.location.line, finding.rule, finding.message)

The code is parsed (with Python's own `ast`), never run. docs/lint.md says what is found.
"""

from weir.lint.check import Finding, Location, Report, check

__all__ = ["Finding", "Location", "Report", "check"]
