"""The site, for Sphinx: `make docs`. Every link between pages and to headings is checked; a wrong one is an error."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

project = "Weir"
author = "the Weir developers"
copyright = author  # noqa: A001
release = re.search(r"project\(weir VERSION ([\d.]+)", (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
version = release

extensions = ["myst_parser"]
exclude_patterns = ["Doxyfile"]
root_doc = "index"
nitpicky = True
# Headings have the anchors that they have on GitHub, so that one spelling of a link serves both.
myst_heading_anchors = 4
highlight_language = "text"

html_theme = "furo"
html_title = f"Weir {release}"
html_copy_source = False
html_show_sphinx = False
