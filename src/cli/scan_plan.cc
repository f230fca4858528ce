#include "cli/scan_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/rng.h"
#include "base/system_clock.h"
#include "cli/files.h"
#include "cli/spec_source.h"
#include "openapi/document.h"
#include "scan/surface/run.h"

namespace weir::cli {
namespace {

constexpr std::size_t kMaxBodyFileBytes = 1024 * 1024;
constexpr std::size_t kMaxHeaders = 64;
constexpr double kMostWindows = 4;  // of each operation, as long as --max-wait: time for them

Result<scan::Header> parse_header(const std::string& text, const std::string& option) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) {
    // The text itself may hold a credential: it is not repeated.
    return fail(ErrorCode::invalid_input, option + ": not of the form 'Name: value'",
                "Write " + option + " 'X-API-Key: ...'");
  }
  const std::size_t start = text.find_first_not_of(' ', colon + 1);
  scan::Header header{text.substr(0, colon), start == std::string::npos ? "" : text.substr(start)};
  if (text.find_first_of("\r\n") != std::string::npos || text.find('\0') != std::string::npos) {
    return fail(ErrorCode::invalid_input,
                option + " " + header.name + ": a line break is not part of a header",
                "Give one " + option + " for each header");
  }
  return header;
}

bool is_read_only(const std::string& method) {
  return method == "GET" || method == "HEAD";
}

// What every probe carries, so that operators can tell the scan from other traffic.
void identify(scan::Request& request, const std::string& scan_id) {
  if (!scan::find_header(request.headers, "User-Agent")) {
    request.add_header("User-Agent", std::string("weir-scan/") + WEIR_VERSION);
  }
  if (!scan::find_header(request.headers, "Accept")) request.add_header("Accept", "*/*");
  request.add_header("X-Weir-Scan", scan_id);
}

Result<scan::Request> request_from_options(const ScanOptions& options, const std::string& target) {
  scan::Request request;
  request.target = target;
  request.method = !options.method.empty() ? options.method : options.body.empty() ? "GET" : "POST";
  auto headers = parse_headers(options.headers, "--header");
  if (!headers) return tl::unexpected(headers.error());
  request.headers = *std::move(headers);
  if (!options.body.empty()) {
    request.body = options.body;
    if (options.body.front() == '@') {
      auto text = read_file(options.body.substr(1), kMaxBodyFileBytes);
      if (!text) return tl::unexpected(text.error());
      request.body = *text;
    }
    if (!scan::find_header(request.headers, "Content-Type")) {
      request.add_header("Content-Type",
                         request.body->starts_with('{') || request.body->starts_with('[')
                             ? "application/json"
                             : "application/x-www-form-urlencoded");
    }
  }
  return request;
}

// As --operations and --exclude name operations.
bool is_among(const openapi::Operation& operation, const std::vector<std::string>& names) {
  const std::string name = operation.method + " " + operation.base_path + operation.path;
  return std::any_of(names.begin(), names.end(), [&](const std::string& text) {
    return text == name || text == operation.operation_id || text == operation.path ||
           text == operation.base_path + operation.path ||
           text == operation.method + " " + operation.path;
  });
}

// Why an operation of a document is left alone; empty: it is scanned.
std::string reason_to_skip(const openapi::Operation& operation, const ScanOptions& options) {
  if (!options.operations.empty() && !is_among(operation, options.operations)) {
    return "not among --operations";
  }
  if (is_among(operation, options.exclude)) return "among --exclude";
  if (!is_read_only(operation.method) && !options.allow_writes) {
    return "it may change something: allow it with --allow-writes";
  }
  if (operation.method != "GET" && operation.method != "HEAD" && operation.method != "POST") {
    return "only GET, HEAD and POST are sent";
  }
  if (!operation.unfilled.empty()) {
    return "no known value for " + operation.unfilled.front();
  }
  return "";
}

Status operations_from_spec(const ScanOptions& options, const net::Url& url, scan::ScanPlan& plan) {
  const auto source = open_spec(options, url);
  if (!source) return tl::unexpected(source.error());
  auto read = openapi::read_document(source->text, options.spec, source->read_other);
  if (!read) return tl::unexpected(read.error());
  plan.notes = read->notes;
  const auto document = std::make_shared<const openapi::Document>(std::move(*read));
  std::string prefix(url.path());
  while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
  for (const openapi::Operation& operation : document->operations) {
    const std::string name = operation.method + " " + operation.path;
    const std::string reason = reason_to_skip(operation, options);
    if (!reason.empty()) {
      plan.skipped.push_back({name, reason});
      continue;
    }
    auto request = request_from_options(options, operation.target());
    if (!request) return tl::unexpected(request.error());
    // The URL's path stands for a prefix that the document does not know, unless it knows it.
    if (!prefix.empty() && !operation.base_path.starts_with(prefix)) {
      request->target = prefix + request->target;
    }
    request->method = operation.method;
    for (const openapi::NameValue& header : operation.headers) {
      if (!scan::find_header(request->headers, header.name)) {
        request->add_header(header.name, header.value);
      }
    }
    if (operation.body && !request->body && operation.method == "POST") {
      request->body = operation.body->text;
      request->set_header("Content-Type", operation.body->content_type);
    }
    // Points into the document, which the plan keeps.
    plan.operations.push_back(
        {std::move(*request), std::shared_ptr<const openapi::Operation>(document, &operation)});
  }
  if (plan.operations.empty()) {
    return fail(ErrorCode::invalid_input, options.spec + ": no operation of it can be scanned",
                plan.skipped.empty()
                    ? "The document lists no operations"
                    : plan.skipped.front().operation + ": " + plan.skipped.front().reason);
  }
  plan.api = document;
  return {};
}

}  // namespace

Result<std::vector<scan::Header>> parse_headers(const std::vector<std::string>& texts,
                                                const std::string& option) {
  if (texts.size() > kMaxHeaders) {
    return fail(ErrorCode::limit_exceeded,
                fmt::format("{}: more than {} headers", option, kMaxHeaders), "Give fewer");
  }
  std::vector<scan::Header> headers;
  for (const std::string& text : texts) {
    auto header = parse_header(text, option);
    if (!header) return tl::unexpected(header.error());
    headers.push_back(*std::move(header));
  }
  return headers;
}

Result<scan::ScanPlan> make_scan_plan(const ScanOptions& options, const net::Url& url) {
  scan::ScanPlan plan;
  plan.origin = url.Endpoint::to_string();
  plan.version = WEIR_VERSION;
  plan.document = options.spec;
  plan.seed = options.seed != 0 ? options.seed : base::entropy_seed();
  plan.max_wait_s = options.max_wait_s;
  plan.bounds.max_requests = options.max_requests;
  const auto& categories = options.categories;
  if (std::find(categories.begin(), categories.end(), "all") == categories.end()) {
    plan.categories = categories;
  }
  plan.allow_writes = options.allow_writes;
  plan.expired_token = options.expired_token;
  plan.canary = options.canary;
  auto other = parse_headers(options.as_other, "--as-other");
  if (!other) return tl::unexpected(other.error());
  plan.other = *std::move(other);
  if (options.spec.empty()) {
    auto request = request_from_options(options, url.target);
    if (!request) return tl::unexpected(request.error());
    if (!is_read_only(request->method) && !options.allow_writes) {
      return fail(ErrorCode::invalid_input,
                  request->method + " may change something, so it is not sent unasked",
                  "Add --allow-writes if the target is a test instance");
    }
    plan.operations.push_back({std::move(*request), {}});
  } else {
    const Status read = operations_from_spec(options, url, plan);
    if (!read) return tl::unexpected(read.error());
  }
  plan.bounds.max_time += std::chrono::duration_cast<Duration>(
      static_cast<double>(plan.operations.size()) * kMostWindows *
      std::chrono::duration<double>(options.max_wait_s));
  Rng scan_ids(base::entropy_seed());
  plan.scan_id = fmt::format("{:016x}", scan_ids());
  for (auto& operation : plan.operations) identify(operation.request, plan.scan_id);
  return plan;
}

void print_plan(const scan::ScanPlan& plan, const ScanOptions& options) {
  fmt::print("Would scan {} operation(s) of {}:\n", plan.operations.size(), plan.origin);
  for (const auto& operation : plan.operations) {
    fmt::print("  {}\n", scan::operation_name(operation.request));
  }
  for (const auto& skipped : plan.skipped) {
    fmt::print("  not {}: {}\n", skipped.operation, skipped.reason);
  }
  for (const std::string& note : plan.notes) fmt::print("  {}\n", note);
  if (scan::wants(plan, "rate-limiting")) {
    fmt::print(
        "Each: requests until one is refused (at most 160), about 130 variants while it is "
        "refused,\n"
        "then up to four windows of the limit with volleys of at most 40 requests at once.\n");
  }
  if (scan::wants_surfaces(plan)) {
    fmt::print(
        "For the other categories: at most {} requests to each and to the target as a whole, one "
        "after\n"
        "the other.\n",
        scan::kMaxOfSurface);
  }
  fmt::print(
      "Never more than {} requests in all and {} a second; no window longer than {:.0f} s is "
      "waited for.\nIt ends after {:.0f} min at most.\n",
      options.max_requests, plan.bounds.per_second, options.max_wait_s,
      std::chrono::duration<double, std::ratio<60>>(plan.bounds.max_time).count());
}

}  // namespace weir::cli
