"""Writes the bill of materials of a build, CycloneDX 1.6 in JSON, to standard output.

    sbom.py VERSION PROGRAM

Components are the Debian packages whose shared libraries the program loads, those of header-only libraries (scripts/packages.txt,
"# libraries"), and nanobind, which is in the Python module. Times are SOURCE_DATE_EPOCH and the serial number follows from the
content, so that the same build has the same bill.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from importlib.metadata import version as version_of
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

REPOSITORY = Path(__file__).resolve().parent.parent


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def libraries_of(program: str) -> set[str]:
    """The Debian packages of the libraries that a program loads."""
    packages = set()
    for line in run("ldd", program).splitlines():
        words = line.split()
        if len(words) > 2 and words[1] == "=>" and words[2].startswith("/"):
            # Debian knows files by the place that they were installed to, before /lib became a link.
            real = os.path.realpath(words[2])
            owner = next(filter(None, map(owner_of, (real, real.removeprefix("/usr")))), None)
            if owner is not None:
                packages.add(owner)
    return packages


def owner_of(path: str) -> str | None:
    found = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True)
    return found.stdout.split(":")[0] if found.returncode == 0 else None


def headers_of() -> set[str]:
    """The packages that the sources are compiled with."""
    lines = (REPOSITORY / "scripts/packages.txt").read_text(encoding="utf-8").splitlines()
    begin = lines.index("# libraries") + 1
    end = next(place for place in range(begin, len(lines)) if lines[place].startswith("#"))
    return {line for line in lines[begin:end] if line.endswith("-dev")}


def debian(package: str) -> Component:
    fields = run("dpkg-query", "-W", "-f", "${Version}\t${Architecture}\t${source:Package}\n", package)
    number, architecture, source = fields.splitlines()[0].split("\t")
    purl = PackageURL("deb", "debian", package, number, {"arch": architecture, "distro": "debian-12"})
    return Component(
        type=ComponentType.LIBRARY, name=package, version=number, group=source, purl=purl, bom_ref=str(purl)
    )


def bill(version: str, program: str) -> Bom:
    components = [debian(package) for package in sorted(libraries_of(program) | headers_of())]
    nanobind = PackageURL("pypi", None, "nanobind", version_of("nanobind"))
    components.append(
        Component(
            type=ComponentType.LIBRARY, name="nanobind", version=nanobind.version, purl=nanobind, bom_ref=str(nanobind)
        )
    )
    weir = Component(
        type=ComponentType.APPLICATION,
        name="weir",
        version=version,
        licenses=[LicenseExpression("Apache-2.0")],
        bom_ref=f"weir@{version}",
    )
    refs = "\n".join(str(component.purl) for component in components)
    made = Bom(
        components=components,
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"weir@{version}\n{refs}"),
    )
    made.metadata.component = weir
    made.metadata.timestamp = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), timezone.utc)
    made.register_dependency(weir, components)
    return made


def main() -> int:
    version, program = sys.argv[1:]
    text = make_outputter(bill(version, program), OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        print(f"sbom: {wrong}", file=sys.stderr)
        return 1
    json.dump(json.loads(text), sys.stdout, indent=2, sort_keys=True)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
