"""Makes a large OpenAPI document in the shape of the published ones: `document.py FOLDER` writes
api.json, api.yaml (block style) and dense.json (short texts, no white space: as many values as such
a size holds) of 10 MB and 1,000 operations each.

Schemas refer to each other and carry descriptions; an operation has parameters by reference, a
body, answers by reference, and as many examples as the size asks for.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any, TextIO

SCHEMAS = 800
PROSE = (
    'The "thing" as it was when it was asked for. It is left out where the caller may not see it, '
    "and is the same for all callers otherwise. See https://api.example/docs/things#state."
)


def without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_prose(item) for key, item in value.items()}
    return "x" if value == PROSE else value


def schema(index: int) -> dict[str, Any]:
    text = {"type": "string", "description": PROSE, "maxLength": 100, "enum": ["open", "closed"]}
    properties: dict[str, Any] = {f"p{number}": text for number in range(6)}
    properties["id"] = {"type": "integer", "minimum": 1}
    properties["next"] = {"$ref": f"#/components/schemas/s{(index + 1) % SCHEMAS}"}
    return {"type": "object", "description": PROSE, "required": ["id"], "properties": properties}


def example(index: int) -> dict[str, Any]:
    permissions = {"admin": True, "push": False, "pull": True}
    value = {"id": index, "name": "octocat", "url": f"https://api.example/things/{index}"}
    more = {"score": 1.5, "permissions": permissions, "labels": ["bug", "late"], "body": PROSE}
    return {"value": {**value, **more}}


def operation(index: int, examples: int) -> dict[str, Any]:
    ours = {"$ref": f"#/components/schemas/s{index % SCHEMAS}"}
    shown = {f"e{number}": example(number) for number in range(examples)}
    limit = {"X-RateLimit-Limit": {"schema": {"type": "integer"}}}
    served = {"schema": ours, "examples": shown}
    return {
        "post": {
            "operationId": f"things{index}",
            "summary": "Change a thing",
            "tags": ["things"],
            "description": PROSE,
            "parameters": [
                {"$ref": "#/components/parameters/id"},
                {"$ref": "#/components/parameters/page"},
                {"name": "q", "in": "query", "description": PROSE, "schema": {"type": "string"}},
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": ours}}},
            "responses": {
                "200": {
                    "description": "OK",
                    "headers": limit,
                    "content": {"application/json": served},
                },
                "404": {"$ref": "#/components/responses/gone"},
                "429": {"$ref": "#/components/responses/slow"},
            },
        }
    }


def document(operations: int, examples: int) -> dict[str, Any]:
    number = {"type": "integer", "minimum": 1}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://api.example"}],
        "paths": {
            f"/v1/things{index}/{{id}}": operation(index, examples) for index in range(operations)
        },
        "components": {
            "parameters": {
                "id": {"name": "id", "in": "path", "required": True, "schema": number},
                "page": {"name": "page", "in": "query", "schema": {"type": "integer"}},
            },
            "responses": {
                "gone": {"description": "Not there"},
                "slow": {"description": "Too many", "headers": {"Retry-After": {"schema": number}}},
            },
            "schemas": {f"s{index}": schema(index) for index in range(SCHEMAS)},
        },
    }


def write_yaml(value: Any, out: TextIO, indent: int) -> None:
    """Block style, as converters and people write it; scalars as JSON does."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            out.write(f"\n{' ' * indent}{key if key.isidentifier() else json.dumps(key)}:")
            write_yaml(item, out, indent + 2)
    elif isinstance(value, list) and value:
        for item in value:
            out.write(f"\n{' ' * indent}-")
            write_yaml(item, out, indent + 2)
    else:
        out.write(f" {json.dumps(value)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--operations", type=int, default=1000)
    options = parser.parse_args()

    def fitted(name: str, render: Any) -> None:
        """As many examples as the size asks for, judged by documents with none and with one."""
        sizes = [len(render(document(options.operations, count))) for count in (0, 1)]
        room = options.megabytes * 1e6 - sizes[0]
        examples = max(0, round(room / (sizes[1] - sizes[0])))
        (options.folder / name).write_text(render(document(options.operations, examples)))

    def as_yaml(made: dict[str, Any]) -> str:
        out = io.StringIO()
        write_yaml(made, out, 0)
        return out.getvalue() + "\n"

    fitted("api.json", lambda made: json.dumps(made, indent=1))
    fitted("api.yaml", as_yaml)
    fitted("dense.json", lambda made: json.dumps(without_prose(made), separators=(",", ":")))
    for name in ("api.json", "api.yaml", "dense.json"):
        print(f"{name}: {(options.folder / name).stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
