"""`weir serve`, started and asked as its users do."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

from conftest import PROGRAM

PATIENCE = 60


class Daemon:
    def __init__(self, folder: Path, policy: str, *arguments: str, **environment: str):
        self.policy = folder / "weir.yaml"
        self.policy.write_text(policy)
        clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "WEIR_PEPPER": "0123456789abcdef"}
        self.process = subprocess.Popen(
            [str(PROGRAM), "serve", "--policy", str(self.policy), "--http", "127.0.0.1:0", *arguments],
            cwd=folder,
            env={**clean, **environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        self.port = int(self.wait_for_log(r"HTTP on 127\.0\.0\.1:(\d+)").group(1))

    def read_log(self):
        for line in self.process.stderr:
            with self.changed:
                self.log.append(line)
                self.changed.notify_all()
        with self.changed:
            self.log.append("(ended)")
            self.changed.notify_all()

    def wait_for_log(self, pattern: str) -> re.Match:
        def found():
            return re.search(pattern, "".join(self.log))

        with self.changed:
            self.changed.wait_for(lambda: found() or "(ended)" in self.log, PATIENCE)
            match = found()
        assert match, "".join(self.log)
        return match

    def ask(self, method: str, target: str, body=None, **headers: str):
        """(status, headers, body) of one request on a connection of its own."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request(method, target, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def check(self, **request):
        status, _, body = self.ask("POST", "/v1/check", request)
        assert status == 200, body
        return json.loads(body)

    def metric(self, name: str) -> float:
        _, _, text = self.ask("GET", "/metrics")
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    def signal(self, number: int):
        self.process.send_signal(number)

    def end(self) -> int:
        self.signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return code
