// From the command line to the requests that a scan is made of: headers, body, and the operations
// of an OpenAPI document.
//
// Promises: nothing is sent; an error says what is wrong and how to mend it, and repeats no secret.
#pragma once

#include <vector>

#include "base/result.h"
#include "cli/scan_options.h"
#include "net/url.h"
#include "scan/scan.h"

namespace weir::cli {

// The operation that the URL names, or with a document those of the document. Every request says
// who it is: User-Agent and X-Weir-Scan.
Result<scan::ScanPlan> make_scan_plan(const ScanOptions& options, const net::Url& url);

// Of --header, or what else `option` is, in order. An error repeats no value: it may be a secret.
Result<std::vector<scan::Header>> parse_headers(const std::vector<std::string>& texts,
                                                const std::string& option);

// Says on standard output what would be sent.
void print_plan(const scan::ScanPlan& plan, const ScanOptions& options);

}  // namespace weir::cli
