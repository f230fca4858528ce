"""Looks at the Markdown that is no page of the site (README and the like): every link into the repository has to lead to a file,
and to a heading of it if it names one.

    check_links.py          exit 1 and one line for each link that leads nowhere
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

REPOSITORY = Path(__file__).resolve().parent.parent
MARKDOWN = MarkdownIt("gfm-like", {"linkify": False}).use(anchors_plugin, max_level=6)


def tokens(path: Path) -> Iterator[Token]:
    for token in MARKDOWN.parse(path.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def links(path: Path) -> Iterator[str]:
    for token in tokens(path):
        target = token.attrGet("href") if token.type == "link_open" else token.attrGet("src") if token.type == "image" else None
        if isinstance(target, str):
            yield target


def headings(path: Path) -> set[str]:
    return {str(token.attrGet("id")) for token in tokens(path) if token.type == "heading_open"}


def wrong_in(path: Path) -> Iterator[str]:
    for link in links(path):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            yield f"{path.relative_to(REPOSITORY)}: {link} leads to no file"
        elif parts.fragment and target.suffix == ".md" and parts.fragment not in headings(target):
            yield f"{path.relative_to(REPOSITORY)}: {link} leads to no heading"


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    wrong = [line for name in listed.stdout.split() for line in wrong_in(REPOSITORY / name)]
    print("\n".join(wrong) or "docs: every link leads somewhere")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
