// A scan, from the first request to the report.
//
// Promises: never throws, never hangs, always returns a report; what could not be tested is in its
// notes and verdicts. Nothing secret is in it. With the same seed and the same answers it sends the
// same requests.
// Thread safety: one scan at a time per Transport.
//
//   Report report = run_scan({.origin = url.to_string(), .operations = {{request}}}, transport,
//                            clock, wait_until, listener);
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "openapi/document.h"
#include "scan/model.h"
#include "scan/probe/prober.h"
#include "scan/probe/tls_facts.h"

namespace weir::scan {

class Callback;

struct ScanOperation {
  Request request;
  // What the OpenAPI document says of it; null where the user gave a URL only.
  std::shared_ptr<const openapi::Operation> declared = nullptr;
};

struct ScanPlan {
  std::string origin;  // "http://127.0.0.1:8000"
  std::string version;
  std::string scan_id;  // in X-Weir-Scan of every request
  std::vector<ScanOperation> operations;
  std::string document;            // the OpenAPI document that declares them; empty: there is none
  std::vector<LeftOut> skipped;    // what else the document declares, and why it is not scanned
  std::vector<std::string> notes;  // about reading the document
  bool loopback = false;           // the target is an IPv4 loopback address
  bool allow_writes = false;       // POST may be sent where the operation itself is a GET
  std::uint64_t seed = 0;
  double max_wait_s = 65;  // the longest window that is waited for
  ProbeBounds bounds;

  std::vector<Header> other = {};  // the credential of another, ordinary user; empty: none given
  std::string expired_token = {};  // a JWT of the user that has ended; empty: none given
  std::string canary = {};         // stands in a model's instructions to be looked for; or empty
  Callback* callback = nullptr;    // where a target that fetches URLs shows itself; null: nowhere
  std::vector<std::string> categories = {};           // those to test; empty: all
  std::shared_ptr<const openapi::Document> api = {};  // what `document` says; null: there is none
  std::function<TlsFacts()> look_at_tls = {};         // empty: the target is not asked about TLS
};

// Told about progress as it happens. All methods may do nothing.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void operation_began(const std::string& name) { (void)name; }
  virtual void step(const std::string& what) { (void)what; }
  virtual void found(const Finding& finding) { (void)finding; }
};

// Of the categories of checks, in the order in which they run: what --category takes.
std::vector<std::string> category_names();

// Some of the plan's checks look at what the target fetches.
bool wants_callback(const ScanPlan& plan);

// Why no operation could be scanned at all.
struct ScanFailure {
  Failure failure = Failure::none;
  std::string message;
  std::string cure;
};

struct ScanResult {
  Report report;
  std::optional<ScanFailure> failure;  // the target did not answer, or not as an API
};

ScanResult run_scan(const ScanPlan& plan, Transport& transport, Clock& clock,
                    const WaitUntil& wait_until, Listener& listener);

}  // namespace weir::scan
