// The parts of the HTML page, one function a section. Each adds itself as the last child of `main`.
//
// Thread safety: as Element.
#pragma once

#include "report/html_tree.h"
#include "scan/model.h"

namespace weir::report {

// A section with its heading, named for links: <section id="checks" aria-labelledby="checks-h">.
Element add_section(Element main, const char* id, const char* heading);

// A small label, such as "high" or "CWE-770".
void add_chip(Element parent, const std::string& kind, std::string_view text);

// A part of a page that scrolls sideways by itself when it has to, also by keyboard.
Element add_scroller(Element parent, const char* label);

void add_summary(Element main, const scan::Report& report);     // html_summary.cc
void add_operations(Element main, const scan::Report& report);  // html_checks.cc
void add_limits(Element main, const scan::Report& report);      // html_limits.cc
void add_findings(Element main, const scan::Report& report);    // html_findings.cc
void add_checks(Element main, const scan::Report& report);      // html_checks.cc
void add_score(Element main, const scan::Report& report);       // html_checks.cc
void add_notes(Element main, const scan::Report& report);       // html_checks.cc

}  // namespace weir::report
