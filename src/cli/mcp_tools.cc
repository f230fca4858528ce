#include "cli/mcp_tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/system_clock.h"
#include "cli/check_json.h"
#include "cli/scan_plan.h"
#include "cli/scan_progress.h"
#include "net/url.h"
#include "report/baseline.h"
#include "report/bounded.h"
#include "report/visible.h"
#include "scan/checks/catalogue.h"
#include "scan/probe/http_transport.h"
#include "scan/scan.h"

namespace weir::cli {
namespace {

namespace json = boost::json;

enum class ScanState { running, finished, failed, cancelled };

const char* to_string(ScanState state) {
  switch (state) {
    case ScanState::running:
      return "running";
    case ScanState::finished:
      return "finished";
    case ScanState::failed:
      return "failed";
    case ScanState::cancelled:
      return "cancelled";
  }
  return "failed";
}

struct KeptScan {
  std::string id;
  std::string url;
  ScanState state = ScanState::running;
  std::string error;
  std::optional<scan::Report> report;
};

// By its name alone, so that nothing is looked up for a host that nobody allowed.
bool is_this_machine(const std::string& host) {
  return host == "localhost" || host == "::1" || host == "127.0.0.1";
}

// Whatever it quotes, it is one line of visible text.
std::string shown(const std::string& text) {
  return report::visible(report::valid_text(text, 2000));
}

json::object text_schema(const char* description) {
  return {{"type", "string"}, {"description", description}};
}

json::object object_schema(json::object properties, json::array required) {
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

json::object list_schema(json::object items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

json::object integer_schema() {
  return {{"type", "integer"}};
}

json::object any_object_schema() {
  return {{"type", "object"}};
}

json::object reads_only() {
  return {{"readOnlyHint", true}, {"openWorldHint", false}};
}

json::object scan_id_schema() {
  return object_schema({{"scanId", text_schema("As scan_api gave it")}}, {"scanId"});
}

// Arguments by name; what is unknown or of another type is an error.
class Arguments {
 public:
  Arguments(const json::object& given, const std::set<std::string_view>& known) : given_(given) {
    for (const auto& [name, value] : given) {
      if (!known.contains(std::string_view(name))) problem_ = "there is no such argument";
    }
  }

  std::string text(const char* name, bool required = true) {
    const json::value* value = given_.if_contains(name);
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
    if (value != nullptr || required) problem_ = fmt::format("'{}' is not a text", name);
    return {};
  }

  double number(const char* name, double least, double most, double otherwise) {
    const json::value* value = given_.if_contains(name);
    if (value == nullptr) return otherwise;
    boost::system::error_code failed;
    const double number = value->to_number<double>(failed);
    if (!failed && number >= least && number <= most) return number;
    problem_ = fmt::format("'{}' is not a number from {} to {}", name, least, most);
    return otherwise;
  }

  Status status() const {
    if (problem_.empty()) return {};
    return fail(ErrorCode::invalid_input, problem_, "See the tool's input schema");
  }

 private:
  const json::object& given_;
  std::string problem_;
};

json::object finding_json(const scan::Finding& finding) {
  json::array evidence;
  for (const scan::Evidence& each : finding.evidence) {
    evidence.push_back({{"claim", shown(each.claim)}, {"curl", shown(each.curl)}});
  }
  return {{"id", shown(finding.id)},
          {"title", shown(finding.title)},
          {"severity", scan::to_string(finding.severity)},
          {"confidence", scan::to_string(finding.confidence)},
          {"operation", shown(finding.operation)},
          {"evidence", std::move(evidence)}};
}

json::object report_json(const scan::Report& whole) {
  const scan::Report report = report::bounded(whole);
  json::array findings;
  for (const scan::Finding& finding : report.findings) findings.push_back(finding_json(finding));
  json::array limits;
  for (const scan::LimitSummary& limit : report.limits) {
    limits.push_back(
        {{"operation", shown(limit.operation)},
         {"n", limit.n ? json::value(*limit.n) : json::value(nullptr)},
         {"windowSeconds", limit.window_s ? json::value(*limit.window_s) : json::value(nullptr)},
         {"kind", scan::to_string(limit.kind)},
         {"fit", limit.fit}});
  }
  json::array notes;
  for (const std::string& note : report.notes) notes.push_back(json::string(shown(note)));
  return {{"score", report.score},           {"grade", std::string(1, report.grade)},
          {"coverage", report.coverage},     {"requests", report.requests},
          {"findings", std::move(findings)}, {"limits", std::move(limits)},
          {"notes", std::move(notes)}};
}

json::array pairs(const std::vector<std::pair<std::string, std::string>>& list) {
  json::array all;
  for (const auto& [id, operation] : list) {
    all.push_back({{"id", shown(id)}, {"operation", shown(operation)}});
  }
  return all;
}

json::object scan_input_schema() {
  return object_schema(
      {{"url", text_schema("The operation to scan, such as http://127.0.0.1:8000/api/quote")},
       {"method", json::object{{"enum", json::array{"GET", "HEAD"}}}},
       {"maxRequests", json::object{{"type", "integer"}, {"minimum", 1}, {"maximum", 10000}}},
       {"maxWaitSeconds", json::object{{"type", "number"}, {"minimum", 1}, {"maximum", 600}}}},
      {"url"});
}

}  // namespace

struct ScanTools::State {
  explicit State(McpOptions given) : options(std::move(given)) {}

  // What a scan of these arguments would be; checks who may be scanned before anything is looked
  // up.
  Result<scan::ScanPlan> plan(const json::object& given, net::Url& url) const;
  Result<json::object> scan_api(const json::object& given);
  Result<json::object> plan_scan(const json::object& given) const;
  Result<json::object> get_scan(const json::object& given);
  Result<json::object> cancel_scan(const json::object& given);
  Result<json::object> diff_scans(const json::object& given);
  json::object list_scans();

  bool is_allowed(const std::string& host) const {
    return std::find(options.hosts.begin(), options.hosts.end(), host) != options.hosts.end();
  }
  KeptScan* find(const std::string& id);
  void run(const std::string& id, const scan::ScanPlan& plan,
           std::unique_ptr<scan::HttpTransport> transport);

  McpOptions options;
  base::SystemClock clock;
  std::mutex mutex;  // of what follows
  std::deque<KeptScan> scans;
  int next_id = 1;
  std::atomic<bool> interrupted{false};
  std::thread thread;
};

Result<scan::ScanPlan> ScanTools::State::plan(const json::object& given, net::Url& url) const {
  Arguments arguments(given, {"url", "method", "maxRequests", "maxWaitSeconds"});
  ScanOptions scan;
  scan.url = arguments.text("url");
  scan.method = arguments.text("method", /*required=*/false);
  scan.max_requests = static_cast<int>(arguments.number("maxRequests", 1, 10000, 2000));
  scan.max_wait_s = arguments.number("maxWaitSeconds", 1, 600, 65);
  scan.headers = options.headers;
  const Status status = arguments.status();
  if (!status) return tl::unexpected(status.error());
  if (!scan.method.empty() && scan.method != "GET" && scan.method != "HEAD") {
    return fail(ErrorCode::invalid_input, "'method' is neither GET nor HEAD",
                "Other methods are for the operator to scan, with weir scan --allow-writes");
  }
  auto parsed = net::Url::parse(scan.url);
  if (!parsed) return tl::unexpected(parsed.error());
  url = *std::move(parsed);
  if (!is_allowed(url.host) && !is_this_machine(url.host)) {
    return fail(ErrorCode::unauthorized,
                shown(url.host) + " is not this machine, so it is not scanned unasked",
                "The operator may allow it: weir mcp --i-am-authorized-for HOST");
  }
  return make_scan_plan(scan, url);
}

KeptScan* ScanTools::State::find(const std::string& id) {
  const auto found = std::find_if(scans.begin(), scans.end(),
                                  [&id](const KeptScan& each) { return each.id == id; });
  return found == scans.end() ? nullptr : &*found;
}

void ScanTools::State::run(const std::string& id, const scan::ScanPlan& plan,
                           std::unique_ptr<scan::HttpTransport> transport) {
  ScanProgress progress(/*quiet=*/true);
  const auto wait = [&](Time until, std::string_view why) {
    return wait_until(clock, until, why, progress, interrupted);
  };
  scan::ScanResult result = scan::run_scan(plan, *transport, clock, wait, progress);
  const std::lock_guard lock(mutex);
  KeptScan* const kept = find(id);
  if (kept == nullptr) return;
  if (result.report.interrupted) {
    kept->state = ScanState::cancelled;
  } else if (result.failure) {
    kept->state = ScanState::failed;
    kept->error = result.failure->message + ". " + result.failure->cure;
  } else {
    kept->state = ScanState::finished;
  }
  if (kept->state != ScanState::failed) kept->report = std::move(result.report);
}

Result<json::object> ScanTools::State::scan_api(const json::object& given) {
  net::Url url;
  auto planned = plan(given, url);
  if (!planned) return tl::unexpected(planned.error());
  {
    const std::lock_guard lock(mutex);
    if (!scans.empty() && scans.back().state == ScanState::running) {
      return fail(ErrorCode::unavailable, "a scan is running: " + scans.back().id,
                  "Ask get_scan until it has ended, or end it with cancel_scan");
    }
  }
  if (thread.joinable()) thread.join();
  auto transport = scan::HttpTransport::create(url.endpoint(), clock, {});
  if (!transport) return tl::unexpected(transport.error());
  if (!(*transport)->is_loopback() && !is_allowed(url.host)) {
    return fail(ErrorCode::unauthorized, "localhost does not stand for this machine here");
  }
  planned->loopback = (*transport)->is_loopback_v4();
  planned->bounds.per_second = (*transport)->is_loopback() ? 1000 : 50;
  const std::lock_guard lock(mutex);
  const std::string id = fmt::format("scan-{}", next_id++);
  scans.push_back({id, url.to_string(), ScanState::running, {}, {}});
  if (scans.size() > kMaxKeptScans) scans.pop_front();
  interrupted = false;
  thread = std::thread([this, id, made = *std::move(planned),
                        to = *std::move(transport)]() mutable { run(id, made, std::move(to)); });
  return json::object{{"scanId", id}, {"state", "running"}};
}

Result<json::object> ScanTools::State::plan_scan(const json::object& given) const {
  net::Url url;
  const auto planned = plan(given, url);
  if (!planned) return tl::unexpected(planned.error());
  json::array operations;
  for (const auto& operation : planned->operations) {
    operations.push_back(json::string(shown(scan::operation_name(operation.request))));
  }
  return json::object{{"origin", planned->origin},
                      {"operations", std::move(operations)},
                      {"maxRequests", planned->bounds.max_requests},
                      {"maxWaitSeconds", planned->max_wait_s}};
}

Result<json::object> ScanTools::State::get_scan(const json::object& given) {
  Arguments arguments(given, {"scanId"});
  const std::string id = arguments.text("scanId");
  const Status status = arguments.status();
  if (!status) return tl::unexpected(status.error());
  const std::lock_guard lock(mutex);
  const KeptScan* const kept = find(id);
  if (kept == nullptr) {
    return fail(ErrorCode::not_found, "there is no such scan", "list_scans lists them");
  }
  json::object result{
      {"scanId", kept->id}, {"url", shown(kept->url)}, {"state", to_string(kept->state)}};
  if (!kept->error.empty()) result["error"] = shown(kept->error);
  if (kept->report) result["report"] = report_json(*kept->report);
  return result;
}

Result<json::object> ScanTools::State::cancel_scan(const json::object& given) {
  Arguments arguments(given, {"scanId"});
  const std::string id = arguments.text("scanId");
  const Status status = arguments.status();
  if (!status) return tl::unexpected(status.error());
  const std::lock_guard lock(mutex);
  const KeptScan* const kept = find(id);
  if (kept == nullptr || kept->state != ScanState::running) {
    return fail(ErrorCode::not_found, "no such scan is running", "list_scans lists them");
  }
  interrupted = true;
  return json::object{{"scanId", kept->id}, {"state", "running"}};
}

Result<json::object> ScanTools::State::diff_scans(const json::object& given) {
  Arguments arguments(given, {"before", "after"});
  const std::string before_id = arguments.text("before");
  const std::string after_id = arguments.text("after");
  const Status status = arguments.status();
  if (!status) return tl::unexpected(status.error());
  const std::lock_guard lock(mutex);
  const KeptScan* const before = find(before_id);
  const KeptScan* const after = find(after_id);
  if (before == nullptr || after == nullptr || !before->report || !after->report) {
    return fail(ErrorCode::not_found, "there are no such two scans with a report",
                "list_scans lists them");
  }
  scan::Report now = *after->report;
  report::compare(now, *before->report);
  std::vector<std::pair<std::string, std::string>> fresh;
  std::vector<std::pair<std::string, std::string>> unchanged;
  std::vector<std::pair<std::string, std::string>> gone;
  for (const scan::Finding& finding : now.findings) {
    (finding.novelty == scan::Novelty::fresh ? fresh : unchanged)
        .emplace_back(finding.id, finding.operation);
  }
  for (const scan::GoneFinding& each : now.comparison->gone) {
    gone.emplace_back(each.id, each.operation);
  }
  return json::object{{"scoreBefore", now.comparison->score},
                      {"scoreAfter", now.score},
                      {"new", pairs(fresh)},
                      {"unchanged", pairs(unchanged)},
                      {"gone", pairs(gone)}};
}

json::object ScanTools::State::list_scans() {
  const std::lock_guard lock(mutex);
  json::array all;
  for (const KeptScan& kept : scans) {
    all.push_back(
        {{"scanId", kept.id}, {"url", shown(kept.url)}, {"state", to_string(kept.state)}});
  }
  return {{"scans", std::move(all)}};
}

ScanTools::ScanTools(McpOptions options) : state_(std::make_unique<State>(std::move(options))) {}

ScanTools::~ScanTools() {
  state_->interrupted = true;
  if (state_->thread.joinable()) state_->thread.join();
}

std::vector<mcp::Tool> ScanTools::all() {
  State* const state = state_.get();
  const json::object state_schema{
      {"enum", json::array{"running", "finished", "failed", "cancelled"}}};
  const json::object started = object_schema(
      {{"scanId", text_schema("For get_scan")}, {"state", state_schema}}, {"scanId", "state"});
  const json::object pair_list = list_schema(object_schema(
      {{"id", text_schema("The check")}, {"operation", text_schema("Method and path")}},
      {"id", "operation"}));
  const json::object nothing = object_schema({}, {});
  return {
      {"scan_api", "Scan an API",
       "Starts a scan of one operation's rate limit and gives its id at once. It sends up to "
       "maxRequests GET or HEAD requests and takes about three windows of the limit.",
       scan_input_schema(), started,
       json::object{{"readOnlyHint", false},
                    {"destructiveHint", false},
                    {"idempotentHint", false},
                    {"openWorldHint", true}},
       [state](const json::object& given) { return state->scan_api(given); }},
      {"get_scan", "Get a scan", "The state of a scan, and once it has ended its report.",
       scan_id_schema(),
       object_schema({{"scanId", text_schema("As given")},
                      {"url", text_schema("What is scanned")},
                      {"state", state_schema},
                      {"error", text_schema("Why it failed")},
                      {"report", any_object_schema()}},
                     {"scanId", "url", "state"}),
       reads_only(), [state](const json::object& given) { return state->get_scan(given); }},
      {"cancel_scan", "Cancel a scan", "Ends a running scan; what it has found by then is kept.",
       scan_id_schema(), started, json::object{{"readOnlyHint", false}, {"openWorldHint", false}},
       [state](const json::object& given) { return state->cancel_scan(given); }},
      {"list_scans", "List scans", "The scans of this session.", nothing,
       object_schema({{"scans", list_schema(any_object_schema())}}, {"scans"}), reads_only(),
       [state](const json::object&) -> Result<json::object> { return state->list_scans(); }},
      {"plan_scan", "Plan a scan", "What scan_api would send; sends nothing.", scan_input_schema(),
       object_schema({{"origin", text_schema("Scheme, host and port")},
                      {"operations", list_schema(text_schema("Method and path"))},
                      {"maxRequests", integer_schema()},
                      {"maxWaitSeconds", json::object{{"type", "number"}}}},
                     {"origin", "operations", "maxRequests", "maxWaitSeconds"}),
       reads_only(), [state](const json::object& given) { return state->plan_scan(given); }},
      {"explain_finding", "Explain a finding",
       "What a check looks for, what proves it, why it matters and how to mend it.",
       object_schema({{"id", text_schema("The check, such as boundary-burst")}}, {"id"}),
       any_object_schema(), reads_only(),
       [](const json::object& given) -> Result<json::object> {
         Arguments arguments(given, {"id"});
         const std::string id = arguments.text("id");
         const Status status = arguments.status();
         if (!status) return tl::unexpected(status.error());
         const scan::CheckInfo* check = scan::find_check(id);
         if (check == nullptr) {
           return fail(ErrorCode::not_found, "there is no such check", "list_rules lists them");
         }
         return check_json(*check);
       }},
      {"list_rules", "List rules", "Every check of the scanner.", nothing,
       object_schema({{"rules", list_schema(any_object_schema())}}, {"rules"}), reads_only(),
       [](const json::object&) -> Result<json::object> {
         return json::object{{"rules", checks_json(scan::catalogue())}};
       }},
      {"diff_scans", "Compare two scans", "Which findings are new, unchanged or gone.",
       object_schema({{"before", text_schema("A scanId")}, {"after", text_schema("A scanId")}},
                     {"before", "after"}),
       object_schema({{"scoreBefore", integer_schema()},
                      {"scoreAfter", integer_schema()},
                      {"new", pair_list},
                      {"unchanged", pair_list},
                      {"gone", pair_list}},
                     {"scoreBefore", "scoreAfter", "new", "unchanged", "gone"}),
       reads_only(), [state](const json::object& given) { return state->diff_scans(given); }},
  };
}

}  // namespace weir::cli
