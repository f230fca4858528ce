"""Holds every #include under src/ and include/ to the layers of docs/architecture.md.

    check_layers.py ROOT          exit 1 and one line for each include that points up or sideways
    check_layers.py --self-test   shows that each kind of wrong include is found
"""

import re
import sys
import tempfile
from pathlib import Path

# folder -> the folders that it may include, itself and the public headers (weir/) apart.
LAYERS = {
    "base": set(),
    "limit": {"base"},
    "identity": {"base"},
    "policy": {"base"},
    "net": {"base"},
    "net/grpc": {"base", "net"},
    "store": {"base", "limit"},
    "store/table": {"base", "limit", "store"},
    "store/memory": {"base", "limit", "store", "store/table"},
    "store/shared": {"base", "limit", "store", "store/table"},
    "store/dynamodb": {"base", "limit", "store", "net"},
    "engine": {"base", "limit", "identity", "policy", "store", "store/memory", "store/shared", "store/dynamodb"},
    "library": {"base", "identity", "policy", "engine"},
    "mcp": {"base"},
    "serve": {"base", "identity", "policy", "net", "net/grpc", "store", "engine"},
    "openapi": {"base"},
    "scan": {"base", "limit", "net", "openapi"},
    "tap": {"base", "net"},
    "report": {"base"},
    "cli": None,  # the wiring: anything
}
# Single headers of plain data that a layer may use beyond its folders.
EXCEPTIONS = {
    "tap": {"scan/model.h", "scan/check_info.h"},
    "report": {"scan/model.h", "embedded/kReportCss.h"},
    "serve": {"embedded/kServeOpenApi.h"},
}
# Libraries that live in few places, so that they can be exchanged there: header prefix -> where it may be included.
CONFINED = {
    "date/": {"base"},
    "yaml-cpp/": {"policy", "openapi"},
    "boost/beast": {"net", "scan", "tap"},
    "boost/asio": {"net", "net/grpc", "scan", "tap"},
    "CLI/": {"cli"},
    "libxml/": {"report"},
    "utf8cpp/": {"report"},
    "prometheus/": {"serve"},
    "boost/url": {"serve"},
    "nghttp2/": {"net/grpc", "scan"},
    "protozero/": {"serve"},
    "simdjson": {"store/dynamodb", "openapi"},
}
# Only one file calls a clock, only one draws entropy.
CLOCK = re.compile(r"\b(system_clock::now|steady_clock::now|clock_gettime|gettimeofday|std::time\()")
ENTROPY = re.compile(r"\b(random_device|getrandom\(|getentropy\(|RAND_bytes|/dev/urandom)")
ENVIRONMENT = re.compile(r"\b(std::getenv|secure_getenv|getenv)\s*\(")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path: str) -> str:
    """The layer that a path below src/ belongs to: the longest matching one."""
    parts = path.split("/")
    for length in (2, 1):
        name = "/".join(parts[:length])
        if len(parts) > length and name in LAYERS:
            return name
    return parts[0]


def violations(root: Path) -> list[str]:
    found = []
    for file in sorted((root / "src").rglob("*")):
        if file.suffix not in (".h", ".cc"):
            continue
        name = file.relative_to(root / "src").as_posix()
        layer = layer_of(name)
        text = file.read_text(encoding="utf-8")
        if layer not in LAYERS:
            found.append(f"src/{name}: folder '{layer}' is no layer; add it to tests/layers and docs/architecture.md")
            continue
        allowed = LAYERS[layer]
        for quote, header in INCLUDE.findall(text):
            if quote == "<":
                for prefix, places in CONFINED.items():
                    if header.startswith(prefix) and layer not in places:
                        found.append(f"src/{name}: <{header}> belongs in {', '.join(sorted(places))} only")
                continue
            if header.startswith("weir/") or allowed is None:
                continue
            target = layer_of(header)
            if target == layer or target in allowed or header in EXCEPTIONS.get(layer, ()):
                continue
            found.append(f"src/{name}: {layer} may not include {header}")
        if CLOCK.search(text) and name != "base/system_clock.cc":
            found.append(f"src/{name}: reads a clock; take the time as an argument")
        if ENTROPY.search(text) and name != "base/entropy.cc":
            found.append(f"src/{name}: draws entropy; take an Rng as an argument")
        if ENVIRONMENT.search(text) and layer != "cli":
            found.append(f"src/{name}: reads the environment; take a weir::Environment as an argument")
    for file in sorted((root / "include").rglob("*.h")):
        for quote, header in INCLUDE.findall(file.read_text(encoding="utf-8")):
            if quote == '"' and not header.startswith("weir/"):
                found.append(f"{file.relative_to(root)}: a public header includes {header}")
    return found


def self_test() -> list[str]:
    """Writes one wrong file for each rule and expects each to be found."""
    wrong = {
        "src/limit/a.cc": '#include "store/store.h"\n',
        "src/scan/b.cc": '#include "engine/limiter.h"\n',
        "src/report/c.cc": '#include "scan/engine.h"\n',
        "src/store/memory/d.cc": '#include "store/dynamodb/client.h"\n',
        "src/store/table/k.cc": '#include "store/memory/memory_store.h"\n',
        "src/engine/e.cc": "#include <yaml-cpp/yaml.h>\n",
        "src/limit/f.cc": "auto t = std::chrono::system_clock::now();\n",
        "src/net/g.cc": "std::random_device device;\n",
        "src/policy/h.cc": 'std::getenv("X");\n',
        "src/newfolder/i.cc": "\n",
        "include/weir/j.h": '#include "base/result.h"\n',
    }
    right = {"src/report/ok.cc": '#include "scan/model.h"\n', "src/store/dynamodb/ok.cc": '#include "net/url.h"\n'}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in {**wrong, **right}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        found = violations(root)
    missed = [name for name in wrong if not any(line.startswith(name) for line in found)]
    return [f"not found: {name}" for name in missed] + [line for line in found if "ok.cc" in line]


def main() -> int:
    lines = self_test() if sys.argv[1:] == ["--self-test"] else violations(Path(sys.argv[1]))
    print("\n".join(lines) if lines else "every include points down")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
