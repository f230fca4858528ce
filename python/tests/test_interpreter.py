"""What the native module asks of its interpreter."""

from __future__ import annotations

import subprocess
import sys

SUB_INTERPRETER = """
import importlib
try:
    interpreters = importlib.import_module("_interpreters")
except ImportError:
    interpreters = importlib.import_module("_xxsubinterpreters")
other = interpreters.create()
failed = None
try:
    failed = interpreters.run_string(other, "import weir")
except Exception as error:
    failed = error
print(failed)
import weir
print(weir.Limiter({"version": 1}, environment={}).policy.store)
"""


def test_a_sub_interpreter_is_refused_and_told_why() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SUB_INTERPRETER], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert "weir works in the main interpreter of a process only" in ran.stdout
    assert "WSGIApplicationGroup %{GLOBAL}" in ran.stdout
    assert ran.stdout.endswith("memory\n")
