"""Installs the library into an empty folder, and builds and runs examples/cpp against that tree alone, by find_package and by
pkg-config. `make test` runs it.

    check_install.py BUILD CMAKE
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples" / "cpp"
CLIENT = "203.0.113.7\n"


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return str(done.stdout)


def public_symbols(library: Path) -> set[str]:
    """What the library defines for others, without the standard library's templates."""
    lines = run("nm", "--dynamic", "--defined-only", "--demangle", library).splitlines()
    names = {line.split(" ", 2)[2] for line in lines}
    return {name for name in names if not re.match(r"(std::|void std::|bool std::|typeinfo|vtable|guard|.*\bstd::|.*__gnu_cxx)", name)}


def check_answers(program: Path, environment: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        said = run(program, EXAMPLE / "weir.yaml", input=CLIENT * 6, cwd=folder, env=environment).splitlines()
        assert said[:5] == ["200"] * 5, said
        assert re.fullmatch(r"429 retry after \d+ s", said[5]), said
        wrong = subprocess.run([program, "nowhere.yaml"], capture_output=True, text=True, cwd=folder, env=environment)
        assert wrong.returncode == 2 and "there is no policy file" in wrong.stderr, wrong


def main() -> int:
    build, cmake = Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "root"
        for component in ("library", "development"):
            run(cmake, "--install", build, "--prefix", root, "--component", component)
        library = next(root.rglob("libweir.so"))
        headers = sorted(path.name for path in (root / "include/weir").iterdir())
        assert headers == sorted(path.name for path in (REPOSITORY / "include/weir").iterdir()), headers
        # Types of the public headers stand in weir::, all others in a namespace of their folder.
        outsiders = {name for name in public_symbols(library) if not re.match(r"weir::[A-Z]", name)}
        assert not outsiders, f"libweir shows more than its public headers: {sorted(outsiders)[:10]}"

        # The sources of Weir are nowhere to be found from here.
        example = Path(temporary) / "example"
        run(cmake, "-S", EXAMPLE, "-B", example, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={root}")
        run(cmake, "--build", example)
        environment = {**os.environ, "LD_LIBRARY_PATH": str(library.parent), "WEIR_PEPPER": "0123456789abcdef0123456789abcdef"}
        check_answers(example / "quotes", environment)

        paths = {**os.environ, "PKG_CONFIG_PATH": str(library.parent / "pkgconfig")}
        flags = run("pkg-config", "--cflags", "--libs", "weir", env=paths).split()
        version = run("pkg-config", "--modversion", "weir", env=paths).strip()
        assert f"VERSION {version} " in (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8"), version
        program = Path(temporary) / "by-pkg-config"
        # Warnings as strict as a user's may be.
        strict = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        run("c++", *strict, EXAMPLE / "quotes.cc", "-o", program, *flags)
        check_answers(program, environment)
    print("the library is installed, found and used, by CMake and by pkg-config")
    return 0


if __name__ == "__main__":
    sys.exit(main())
