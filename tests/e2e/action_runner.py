"""Runs a composite action the way GitHub's runner does, as far as action/action.yml goes: inputs with their defaults, `env` with
expressions, `if: always()`, outputs by GITHUB_OUTPUT, bash as the shell. Anything else in the file is an error."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*([^}]*?)\s*\}\}")


@dataclass
class ActionRun:
    failed: bool = False
    outputs: dict = field(default_factory=dict)
    log: str = ""
    summary: str = ""


def run_action(action: Path, inputs: dict, folder: Path, github: dict) -> ActionRun:
    """`github` holds what differs from run to run of the runner's own variables, and `token`."""
    spec = yaml.safe_load((action / "action.yml").read_text())
    assert spec["runs"]["using"] == "composite"
    assert set(inputs) <= set(spec["inputs"]), "the action has no such input"
    temp = folder / "runner-temp"
    temp.mkdir(exist_ok=True)
    context = {"github.token": github.pop("token", "")}
    for name, declared in spec["inputs"].items():
        context[f"inputs.{name}"] = inputs.get(name, EXPRESSION.sub(lambda match: context[match[1]], declared["default"]))

    def evaluated(text):
        return EXPRESSION.sub(lambda match: context.get(match[1], ""), str(text))

    run = ActionRun()
    summary = temp / "summary.md"
    summary.touch()
    for step in spec["runs"]["steps"]:
        assert set(step) <= {"id", "if", "shell", "run", "env"} and step["shell"] == "bash"
        assert "${{" not in step["run"], "an expression in a shell's text"
        assert step.get("if") in (None, "always()")
        if run.failed and "if" not in step:
            continue
        outputs = temp / f"outputs-{step['id']}"
        outputs.touch()
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(temp),
                "GITHUB_ACTION_PATH": str(action),
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_REPOSITORY": "owner/repository",
                "RUNNER_TEMP": str(temp),
                **github,
                **{name: evaluated(value) for name, value in step.get("env", {}).items()},
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        run.log += done.stdout.decode("utf-8", "replace")
        run.failed = run.failed or done.returncode != 0
        for line in outputs.read_text().splitlines():
            name, _, value = line.partition("=")
            context[f"steps.{step['id']}.outputs.{name}"] = value
    run.outputs = {name: evaluated(declared["value"]) for name, declared in spec["outputs"].items()}
    run.summary = summary.read_text()
    return run
