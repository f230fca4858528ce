"""The steps of the GitHub Action, each a command of this program: program, start, scan, publish, stop, gate.

Everything comes by the environment: the action's inputs as WEIR_*, the runner's own as GITHUB_* and RUNNER_TEMP. Needs nothing
beyond Python's standard library. What a target said is printed nowhere where the runner looks for its own commands.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

MARKER = "<!-- weir-scan -->"
RESULTS = {0: "passed", 1: "failed", 4: "low-coverage", 130: "interrupted"}
ANNOTATIONS = {"critical": "error", "high": "error", "medium": "warning"}
MAX_ANNOTATIONS = 10  # of a level, in a step: the runner shows no more
MAX_PAGES = 20  # of comments on a pull request
WAIT_SECONDS = 120


def setting(name: str) -> str:
    return os.environ.get(f"WEIR_{name}", "").strip()


def folder() -> Path:
    path = Path(os.environ["RUNNER_TEMP"]) / "weir-scan"
    path.mkdir(parents=True, exist_ok=True)
    return path


def put_output(name: str, value: str) -> None:
    if "\n" in value or "\r" in value:
        raise SystemExit(f"{name}: a line break in an output")
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as file:
        file.write(f"{name}={value}\n")


def escaped(text: str, in_property: bool = False) -> str:
    """Text as the runner takes it in a workflow command."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text


def annotate(level: str, text: str, **properties: str) -> None:
    listed = ",".join(f"{name}={escaped(value, in_property=True)}" for name, value in properties.items() if value)
    print(f"::{level}{' ' + listed if listed else ''}::{escaped(text)}", flush=True)


def program() -> int:
    given = setting("PROGRAM") or shutil.which("weir")
    if not given:
        root = Path(os.environ["GITHUB_ACTION_PATH"]).resolve().parent
        subprocess.run(["scripts/bootstrap", "--apt"], cwd=root, check=True)
        subprocess.run(["cmake", "--preset", "release"], cwd=root, check=True)
        subprocess.run(["cmake", "--build", "--preset", "release", "--target", "weir"], cwd=root, check=True)
        given = str(root / "build/release/bin/weir")
    put_output("program", str(Path(given).resolve()))
    return 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True  # it answers
    except (OSError, ValueError):
        return False


def start() -> int:
    process = None
    if setting("START_COMMAND"):
        log = (folder() / "start.log").open("wb")
        process = subprocess.Popen(
            ["bash", "-c", setting("START_COMMAND")], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        (folder() / "start.pid").write_text(str(process.pid))
    url = setting("WAIT_FOR")
    if not url:
        return 0
    if not re.match(r"https?://", url):
        annotate("error", f"wait-for is not an http or https URL: {url}")
        return 1
    deadline = time.monotonic() + WAIT_SECONDS
    while not answers(url):
        if process is not None and process.poll() not in (None, 0):
            annotate("error", f"start-command ended with {process.returncode} before {url} answered")
            return 1
        if time.monotonic() > deadline:
            annotate("error", f"{url} did not answer within {WAIT_SECONDS} s")
            return 1
        time.sleep(0.5)
    return 0


def scan_arguments() -> list[str]:
    out = folder()
    arguments = ["scan", "--quiet"]
    for format, path in (
        ("json", out / "report.json"),
        ("markdown", out / "report.md"),
        ("sarif", setting("SARIF") or out / "report.sarif"),
        ("junit", setting("JUNIT") or out / "report.junit.xml"),
    ):
        arguments += [f"--format={format}", f"--output={path}"]
    for option, name in (
        ("method", "METHOD"),
        ("fail-under", "THRESHOLD"),
        ("fail-on", "FAIL_ON"),
        ("spec", "SPEC"),
        ("config", "CONFIG"),
        ("baseline", "BASELINE"),
    ):
        if setting(name):
            arguments.append(f"--{option}={setting(name)}")
    if setting("BASELINE"):
        arguments.append("--new-only")
    if setting("AUTHORIZED") == "true":
        arguments.append("--i-am-authorized")
    for line in setting("HEADERS").splitlines():
        if line.strip():
            arguments.append(f"--header={line.strip()}")
    if setting("URL"):
        arguments += ["--", setting("URL")]
    return arguments


def scan() -> int:
    for old in folder().glob("report.*"):
        old.unlink()
    run = subprocess.run([setting("PROGRAM"), *scan_arguments()], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    code = run.returncode if run.returncode >= 0 else 1
    put_output("exit-code", str(code))
    put_output("result", RESULTS.get(code, "error"))
    if code not in RESULTS:
        lines = run.stderr.decode("utf-8", "replace").strip().splitlines()
        annotate("error", lines[-1] if lines else f"weir ended with {code}", title="Weir scan")
    if (folder() / "report.json").exists():
        report = json.loads((folder() / "report.json").read_text(encoding="utf-8"))
        put_output("score", str(int(report["score"])))
        put_output("grade", re.sub("[^A-F]", "", report["grade"]))
        put_output("findings-count", str(len([each for each in report["findings"] if not each["suppressed"]])))
        put_output("scan-id", re.sub("[^0-9a-f]", "", report["scan_id"]))
    return 0  # the gate comes after everything was published


def annotate_findings(report: dict) -> None:
    places = {each["operation"]: each for each in report["declarations"]}
    counts = dict.fromkeys(ANNOTATIONS.values(), 0)
    for finding in report["findings"]:
        level = ANNOTATIONS.get(finding["severity"])
        if level is None or finding["suppressed"] or counts[level] == MAX_ANNOTATIONS:
            continue
        counts[level] += 1
        claim = finding["evidence"][0]["claim"] if finding["evidence"] else ""
        place = places.get(finding["operation"], {})
        where = {"file": place["file"], "line": str(place["line"])} if place else {}
        annotate(level, f"{finding['operation']}: {finding['title']}. {claim}", title=f"Weir: {finding['id']}", **where)


class GitHub:
    """The few calls of GitHub's API that a comment needs. The token goes to GITHUB_API_URL and nowhere else."""

    def __init__(self) -> None:
        self.base = os.environ["GITHUB_API_URL"].rstrip("/") + "/repos/" + os.environ["GITHUB_REPOSITORY"]

        class NoRedirect(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):  # it would carry the token along
                return None

        self.opener = urllib.request.build_opener(NoRedirect)

    def call(self, method: str, path: str, body: dict | None = None):
        request = urllib.request.Request(
            self.base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {setting('TOKEN')}",
                "Accept": "application/vnd.github+json",
                "Content-Type": "application/json",
                "User-Agent": "weir-scan-action",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        with self.opener.open(request, timeout=30) as answer:
            return json.load(answer)

    def our_comment(self, number: int) -> int | None:
        for page in range(1, MAX_PAGES + 1):
            comments = self.call("GET", f"/issues/{number}/comments?per_page=100&page={page}")
            for comment in comments:
                if comment["body"].startswith(MARKER):
                    return int(comment["id"])
            if len(comments) < 100:
                return None
        return None

    def put_comment(self, number: int, body: str) -> None:
        known = self.our_comment(number)
        if known is not None:
            try:
                self.call("PATCH", f"/issues/comments/{known}", {"body": body})
                return
            except urllib.error.HTTPError as error:
                if error.code not in (403, 404):
                    raise
                # Somebody else wrote it, or it was deleted meanwhile.
        self.call("POST", f"/issues/{number}/comments", {"body": body})


def pull_request() -> int | None:
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = event.get("pull_request", {}).get("number")
    return int(number) if number is not None else None


def publish() -> int:
    if not (folder() / "report.json").exists():
        return 0
    page = (folder() / "report.md").read_text(encoding="utf-8")
    with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as file:
        file.write(page)
    annotate_findings(json.loads((folder() / "report.json").read_text(encoding="utf-8")))
    if setting("COMMENT") == "true":
        number = pull_request()
        if number is None:
            annotate("notice", "This is no pull request: there is nothing to comment on", title="Weir scan")
            return 0
        try:
            GitHub().put_comment(number, page)
        except (OSError, ValueError, KeyError, TypeError) as error:
            # Not a reason to fail: a pull request from a fork has no right to comment.
            annotate("warning", f"The comment could not be written: {error}", title="Weir scan")
    return 0


def stop() -> int:
    pid_file = folder() / "start.pid"
    if pid_file.exists():
        try:
            os.killpg(int(pid_file.read_text()), signal.SIGTERM)
        except ProcessLookupError:
            pass  # it has ended by itself
        pid_file.unlink()
    return 0


def gate() -> int:
    code = int(setting("EXIT_CODE") or "1")
    print(f"weir scan: {RESULTS.get(code, 'error')}")
    return code


if __name__ == "__main__":
    sys.exit({"program": program, "start": start, "scan": scan, "publish": publish, "stop": stop, "gate": gate}[sys.argv[1]]())
