"""What the documentation shows is run: Python as it stands, policies as Weir reads them, and of
commands that there are such commands and options.

A page's Python blocks are run in their order in one namespace, on top of what the page takes for
granted, which is given() here.
"""

from __future__ import annotations

import importlib
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import weir
from servers import REPOSITORY
from weir._native import Policy

PAGES = [*sorted((REPOSITORY / "docs").glob("*.md")), REPOSITORY / "README.md"]
BLOCK = re.compile(r"^( *)```(?P<language>\w*)\n(?P<text>.*?)^\1```$", re.MULTILINE | re.DOTALL)
WEIR = REPOSITORY / "build/dev/bin/weir"
DOTTED = re.compile(r"weir(\.\w+)+")
POLICY = "version: 1\nrules:\n  - {id: sign-in, limit: 5/m, key: client_ip}\n"


def blocks(*languages: str) -> Iterator[Any]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for number, block in enumerate(BLOCK.finditer(text)):
            if block["language"] in languages:
                line = text.count("\n", 0, block.start()) + 1
                yield pytest.param(block["text"], id=f"{page.name}:{line}-{number}")


def python_pages() -> Iterator[Any]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        found = [b["text"] for b in BLOCK.finditer(text) if b["language"] == "python"]
        if found:
            yield pytest.param(page, found, id=page.name)


def given() -> dict[str, Any]:
    """The names that pages use without saying where they come from: Django's, and the project's."""
    from django.contrib.auth.views import PasswordResetView
    from django.dispatch import receiver
    from django.urls import path
    from ninja import NinjaAPI

    return {
        "BASE_DIR": Path.cwd(),
        "NinjaAPI": NinjaAPI,
        "PasswordResetView": PasswordResetView,
        "__name__": __name__,
        "item": {},
        "metrics": SimpleNamespace(incr=lambda *_, **__: None),
        "path": path,
        "receiver": receiver,
        "request": weir.Request(peer="203.0.113.7", method="GET", route="/quotes/{pair}"),
        "table": SimpleNamespace(put_item=lambda **_: None),
    }


@pytest.mark.parametrize(("page", "texts"), [*python_pages()])
def test_python_runs(
    page: Path, texts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weir.yaml").write_text(POLICY, encoding="utf-8")
    namespace = given()
    for text in texts:
        exec(compile(text, str(page), "exec"), namespace)  # noqa: S102
        # Settings name things of Weir by their place.
        for name in DOTTED.finditer(text):
            assert resolves(name[0]), f"{page.name} names {name[0]}, which there is not"


def resolves(dotted: str) -> bool:
    if dotted in ("weir.yaml", "weir.answer"):
        return True  # the policy's file; a key of the environ
    parts = dotted.split(".")
    for split in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            found = getattr(found, part, None)
        return found is not None
    return False


@pytest.mark.parametrize("text", [*blocks("yaml")])
def test_yaml_reads_and_policies_are_right(text: str) -> None:
    document = yaml.safe_load(text)
    if isinstance(document, dict) and "version" in document and "suppress" not in document:
        pepper = {"WEIR_PEPPER": "0123456789abcdef0123456789abcdef"}
        assert Policy.read(text, "weir.yaml", pepper) is not None


@pytest.mark.parametrize("text", [*blocks("json")])
def test_json_reads(text: str) -> None:
    json.loads(text)


def commands() -> Iterator[Any]:
    """Each `weir ...` that a page shows, once."""
    seen = set()
    for page in PAGES:
        for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
            if block["language"] not in ("", "sh"):
                continue
            for line in block["text"].replace("\\\n", " ").splitlines():
                shown = re.match(r"\s*(\$ )?(?P<command>weir [a-z]+(?!:)\b.*)", line)
                if shown and shown["command"] not in seen:
                    seen.add(shown["command"])
                    yield pytest.param(shown["command"], id=shown["command"][:60])


@pytest.mark.parametrize("command", [*commands()])
def test_commands_and_their_options_exist(command: str) -> None:
    words = shlex.split(command.split(" | ")[0].split(" > ")[0], comments=True)[1:]
    names = []
    for word in words:
        if not re.fullmatch(r"[a-z]+", word):
            break
        names.append(word)
    help_text = ""
    found: list[str] = []
    for name in names:  # weir store inspect: as far as there are subcommands
        answer = subprocess.run(  # noqa: S603
            [WEIR, *found, name, "--help"], capture_output=True, text=True, check=False, timeout=30
        )
        if answer.returncode != 0:
            break
        found.append(name)
        help_text = answer.stdout
    assert found, f"there is no command for: weir {command}"
    for option in (word.split("=")[0] for word in words if word.startswith("--")):
        assert re.search(rf"{re.escape(option)}\b", help_text), f"weir {' '.join(found)}: {option}"
