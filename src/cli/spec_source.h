// Where `--spec` gets an OpenAPI document from: a file, or the target itself.
//
// Promises:
// - Of a file's folder only regular files inside of it are read, links followed: a reference cannot
//   lead out of it.
// - Of a URL only the very host and port that is scanned is asked, with the headers of the scan; a
//   document from a file is never a reason to ask the network. Redirects are not followed.
// - Each file has at most openapi::kMaxDocumentBytes.
//
// Thread safety: one thread at a time.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/scan_options.h"
#include "net/url.h"
#include "openapi/document.h"

namespace weir::cli {

struct SpecSource {
  std::string text;
  openapi::ReadOther read_other;  // the files beside it
};

// Sends a request if `options.spec` is a URL: the caller has checked that `target` may be asked.
Result<SpecSource> open_spec(const ScanOptions& options, const net::Url& target);

}  // namespace weir::cli
