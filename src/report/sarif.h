// The report as SARIF 2.1.0, as GitHub's code scanning takes it.
//
// - A result lies at the line of the OpenAPI document that declares the operation; without a
//   document at a made-up path that only the operation's name goes into
//   ("weir-scan/get-api-quote"), so that alerts do not flap with host, port or time.
// - partialFingerprints are those of report/fingerprint.h: they do not move with the line.
// - There is a run with an empty list of results when nothing was found.
// - Suppressed findings carry `suppressions`, compared ones `baselineState`.
//
// `report` has been bounded. Thread safety: a pure function.
#pragma once

#include <string>

#include "scan/model.h"

namespace weir::report {

std::string render_sarif(const scan::Report& report);

}  // namespace weir::report
