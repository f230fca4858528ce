#include "samples.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::report::samples {
namespace {

constexpr int kLimit = 6;
constexpr double kWindow = 6;
constexpr const char* kOperation = "GET /api/quote";

scan::Exchange exchange(double at, int status, std::string note, std::string changed = {}) {
  scan::Exchange one;
  one.sent_s = at;
  one.answered_s = at + 0.004;
  one.method = "GET";
  one.target = "/api/quote";
  one.changed = std::move(changed);
  one.status = status;
  one.refused = status != 200;
  one.note = std::move(note);
  return one;
}

// Base refused, dummy refused, variant served, base refused: five rounds.
std::vector<scan::Exchange> sandwich(double at, const std::string& dummy,
                                     const std::string& variant) {
  std::vector<scan::Exchange> exchanges;
  for (int round = 0; round < 5; ++round) {
    const double start = at + 0.08 * round;
    exchanges.push_back(exchange(start, 429, "base"));
    exchanges.push_back(exchange(start + 0.02, 429, "control", dummy));
    exchanges.push_back(exchange(start + 0.04, 200, "variant", variant));
    exchanges.push_back(exchange(start + 0.06, 429, "base"));
  }
  return exchanges;
}

void add_points(scan::Timeline& timeline, const std::string& phase,
                const std::vector<scan::Exchange>& exchanges) {
  for (const scan::Exchange& one : exchanges) {
    timeline.points.push_back({one.sent_s, one.status, one.refused, phase});
  }
}

std::vector<scan::Exchange> burst(double at, double step, int admitted, int refused,
                                  const std::string& note) {
  std::vector<scan::Exchange> exchanges;
  for (int i = 0; i < admitted + refused; ++i) {
    exchanges.push_back(exchange(at + step * i, i < admitted ? 200 : 429, note));
  }
  return exchanges;
}

scan::Finding finding(std::string id, std::string title, scan::Severity severity) {
  scan::Finding one;
  one.id = std::move(id);
  one.title = std::move(title);
  one.severity = severity;
  one.confidence = scan::Confidence::confirmed;
  one.category = "rate-limiting";
  one.operation = kOperation;
  one.owasp = {"API4:2023"};
  one.cwe = {770, 799};
  one.pci_dss = {"6.2.4"};
  one.weir_rule =
      "rules:\n"
      "  - name: quote\n"
      "    match: { route: /api/quote, methods: [GET] }\n"
      "    limit: 6/6s\n"
      "    key: api_key\n";
  return one;
}

scan::Finding boundary_burst() {
  scan::Finding one =
      finding("boundary-burst", "Twice the limit passes across the edge of the window",
              scan::Severity::medium);
  scan::Evidence evidence;
  evidence.claim = "12 requests were admitted within 0.62 s where 6 in 6 s are allowed";
  evidence.exchanges = burst(11.62, 0.05, 6, 1, "before the edge");
  for (scan::Exchange& after : burst(12.01, 0.05, 6, 1, "after the edge")) {
    evidence.exchanges.push_back(std::move(after));
  }
  evidence.curl =
      "for i in $(seq 12); do curl -s -o /dev/null -w '%{http_code}\\n' -H 'X-API-Key: REDACTED' "
      "http://127.0.0.1:8000/api/quote; done";
  evidence.admitted = 12;
  evidence.allowed = kLimit;
  evidence.rounds = 2;
  one.evidence = {evidence};
  one.why =
      "A counter that starts anew when the clock passes a multiple of the window lets a client "
      "send "
      "the whole limit just before the edge and again just after it: the promise '6 in 6 seconds' "
      "is broken by a factor of two, every 6 seconds, by anyone who looks at a clock.";
  one.remediation =
      "Count over a window that slides: keep the times of the last N admissions, or N slots, and "
      "admit only when the oldest of them is at least one window old.";
  one.remediation_django_dynamodb =
      "The item's key carries the window's number (int(time.time() // 6)). Keep one item per "
      "client "
      "with a ring of N times, and make the condition of UpdateItem ask whether the slot to be "
      "overwritten is older than the window.";
  return one;
}

scan::Finding concurrent_overrun() {
  scan::Finding one = finding("concurrent-overrun",
                              "Requests that arrive together pass together: the counter is read, "
                              "then written",
                              scan::Severity::high);
  scan::Evidence evidence;
  evidence.claim =
      "18 requests released at one instant: 14 were admitted where 6 in 6 s are allowed";
  for (int i = 0; i < 18; ++i) {
    evidence.exchanges.push_back(
        exchange(24.3 + 0.0007 * i, i % 9 < 7 ? 200 : 429, "released with the last byte"));
  }
  evidence.curl =
      "seq 18 | xargs -P 18 -I{} curl -s -o /dev/null -w '%{http_code}\\n' -H 'X-API-Key: "
      "REDACTED' http://127.0.0.1:8000/api/quote";
  evidence.admitted = 14;
  evidence.allowed = kLimit;
  evidence.rounds = 2;
  one.evidence = {evidence};
  one.why =
      "Between reading the counter and writing it back, every other request still sees the old "
      "value. Whoever sends in parallel is not limited at all.";
  one.remediation = "Decide and count in one atomic step of the store.";
  one.remediation_django_dynamodb =
      "Replace get_item and put_item by one update_item with a ConditionExpression that bounds the "
      "count, and catch ConditionalCheckFailedException as the refusal.";
  one.cwe = {362, 770};
  return one;
}

scan::Finding spoofed_client_address() {
  scan::Finding one =
      finding("spoofed-client-address",
              "A made-up X-Forwarded-For gives every request a fresh quota", scan::Severity::high);
  scan::Evidence evidence;
  evidence.claim =
      "While refused, 5 of 5 requests with a made-up X-Forwarded-For were served; 5 of 5 with a "
      "dummy header of the same length and 10 of 10 without were refused";
  evidence.exchanges =
      sandwich(31.1, "X-Weir-Control-H: 203.0.113.9", "X-Forwarded-For: 203.0.113.9");
  evidence.curl =
      "curl -i -H 'X-API-Key: REDACTED' -H 'X-Forwarded-For: 203.0.113.9' "
      "http://127.0.0.1:8000/api/quote";
  evidence.admitted = 5;
  evidence.allowed = 0;
  evidence.rounds = 5;
  one.evidence = {evidence};
  one.why = "Anyone can write any address into the header: the limit costs one line to get around.";
  one.remediation =
      "Believe forwarding headers only from your own proxies, and take the address that the "
      "nearest "
      "trusted proxy added.";
  one.remediation_django_dynamodb =
      "Do not key on request.META['HTTP_X_FORWARDED_FOR']. List your proxies in Weir's policy and "
      "key on client_ip.";
  one.weir_rule =
      "trusted_proxies: [10.0.0.0/8]\n"
      "rules:\n"
      "  - name: quote\n"
      "    match: { route: /api/quote, methods: [GET] }\n"
      "    limit: 6/6s\n"
      "    key: client_ip\n";
  one.cwe = {290, 348, 770};
  return one;
}

scan::Finding limit_as_error() {
  scan::Finding one = finding("limit-as-error", "The refusal is an unhandled error: 500, not 429",
                              scan::Severity::medium);
  one.confidence = scan::Confidence::firm;
  scan::Evidence evidence;
  evidence.claim =
      "Past 6 requests the answer is 500 'ConditionalCheckFailedException', and 200 again once the "
      "window has passed";
  evidence.exchanges = {exchange(0.31, 200, "request 6"), exchange(0.36, 500, "request 7"),
                        exchange(0.41, 500, "request 8"), exchange(6.02, 200, "a window later")};
  evidence.curl = "curl -i -H 'X-API-Key: REDACTED' http://127.0.0.1:8000/api/quote";
  one.evidence = {evidence};
  one.why =
      "Clients retry a 500 at once and monitoring counts it as an outage: the limiter makes the "
      "load "
      "worse that it is there to prevent.";
  one.remediation = "Answer 429 with Retry-After when the limit is reached.";
  one.remediation_django_dynamodb =
      "Catch ClientError, test error.response['Error']['Code'] == "
      "'ConditionalCheckFailedException', and return HttpResponse(status=429).";
  one.cwe = {755};
  one.pci_dss = {};
  return one;
}

void add_check(scan::Report& report, std::string id, scan::CheckVerdict verdict, std::string detail,
               int requests) {
  report.checks.push_back(
      {std::move(id), "rate-limiting", kOperation, verdict, std::move(detail), requests});
}

scan::Report base() {
  scan::Report report;
  report.tool_version = "0.1.0";
  report.target = "http://127.0.0.1:8000/api/quote";
  report.started_at = "2026-11-23T21:40:00Z";
  report.duration_s = 38.2;
  report.requests = 214;
  report.seed = 42;
  return report;
}

scan::LimitSummary limit(scan::LimitKind kind, double fit, std::string refusal) {
  scan::LimitSummary one;
  one.operation = kOperation;
  one.n = kLimit;
  one.window_s = kWindow;
  one.kind = kind;
  one.fit = fit;
  one.refusal = std::move(refusal);
  return one;
}

}  // namespace

scan::Report failing() {
  using enum scan::CheckVerdict;
  scan::Report report = base();
  report.score = 48;
  report.grade = 'F';
  report.coverage = 0.9;
  report.categories = {{"rate-limiting", 48}};
  report.score_steps = {{"concurrent-overrun (high, confirmed)", 0.75},
                        {"spoofed-client-address (high, confirmed)", 0.75},
                        {"boundary-burst (medium, confirmed)", 0.90},
                        {"limit-as-error (medium, firm)", 0.94}};
  report.limits = {
      limit(scan::LimitKind::fixed_window_clock, 0.986, "500 with body 'Server Error'")};
  report.limits[0].detail = "the window's edge is at a multiple of 6 s of the server's clock";
  report.findings = {concurrent_overrun(), spoofed_client_address(), boundary_burst(),
                     limit_as_error()};
  add_check(report, "no-limit", protected_, "17 of 23 requests were refused", 23);
  add_check(report, "boundary-burst", vulnerable, "12 admitted within 0.62 s, twice", 28);
  add_check(report, "concurrent-overrun", vulnerable, "14 of 18 admitted, twice", 36);
  add_check(report, "spoofed-client-address", vulnerable, "X-Forwarded-For; 7 others held", 61);
  add_check(report, "identifier-rotation", protected_, "5 of 5 made-up keys were answered 401", 20);
  add_check(report, "key-variant", protected_, "11 spellings held or were answered 401", 22);
  add_check(report, "path-variant", protected_, "9 spellings held or were answered 404", 18);
  add_check(report, "key-injection", inconclusive,
            "the target answered 502 to the control as well: its proxy refuses long headers", 12);
  add_check(report, "limit-as-error", vulnerable, "500", 0);
  add_check(report, "missing-retry-after", protected_, "no 429 to judge", 0);
  add_check(report, "misleading-retry-after", not_applicable, "the target states no wait", 0);
  report.notes = {"key-injection could not be decided; scan the app without its proxy to find out"};

  scan::Timeline timeline;
  timeline.operation = kOperation;
  timeline.n = kLimit;
  timeline.window_s = kWindow;
  add_points(timeline, "learn", burst(0.05, 0.05, 6, 17, "fill"));
  add_points(timeline, "boundary-burst", report.findings[2].evidence[0].exchanges);
  add_points(timeline, "concurrent-overrun", report.findings[0].evidence[0].exchanges);
  add_points(timeline, "spoofed-client-address", burst(30.4, 0.05, 6, 4, "fill"));
  add_points(timeline, "spoofed-client-address", report.findings[1].evidence[0].exchanges);
  add_points(timeline, "key-variant", burst(36.1, 0.05, 6, 12, "fill"));
  report.timelines = {timeline};
  return report;
}

scan::Report passing() {
  using enum scan::CheckVerdict;
  scan::Report report = base();
  report.score = 100;
  report.grade = 'A';
  report.coverage = 1;
  report.categories = {{"rate-limiting", 100}};
  report.limits = {limit(scan::LimitKind::sliding_window, 1, "429")};
  add_check(report, "no-limit", protected_, "17 of 23 requests were refused", 23);
  add_check(report, "boundary-burst", protected_,
            "6 admitted across each of 2 edges tried; 12 would have shown a fixed window", 26);
  add_check(report, "concurrent-overrun", protected_, "6 of 18 admitted, in each of 3 rounds", 54);
  add_check(report, "spoofed-client-address", protected_, "8 headers, 5 rounds each, all refused",
            61);
  add_check(report, "identifier-rotation", protected_, "5 of 5 made-up keys were answered 401", 20);
  add_check(report, "key-variant", protected_, "11 spellings held or were answered 400", 22);
  add_check(report, "path-variant", protected_, "9 spellings held or were answered 404", 18);
  add_check(report, "key-injection", protected_, "14 hostile identifiers were answered 400", 14);
  add_check(report, "limit-as-error", protected_, "429 with application/problem+json", 0);
  add_check(report, "missing-retry-after", protected_, "Retry-After: 6", 0);
  add_check(report, "misleading-retry-after", protected_,
            "served right after the stated wait, 3 of 3", 4);
  scan::Timeline timeline;
  timeline.operation = kOperation;
  timeline.n = kLimit;
  timeline.window_s = kWindow;
  add_points(timeline, "learn", burst(0.05, 0.05, 6, 17, "fill"));
  add_points(timeline, "boundary-burst", burst(8.6, 0.05, 6, 2, "before"));
  add_points(timeline, "boundary-burst", burst(12.01, 0.05, 0, 8, "after"));
  add_points(timeline, "concurrent-overrun", burst(18.3, 0.0007, 6, 12, "race"));
  add_points(timeline, "spoofed-client-address", burst(26.1, 0.03, 6, 60, "variants"));
  for (int i = 0; i < 5; ++i) {
    timeline.points.push_back({28.5 + 0.1 * i, 401, false, "identifier-rotation"});
  }
  report.timelines = {timeline};
  return report;
}

scan::Report filled_with(const std::string& text) {
  scan::Report report = failing();
  report.tool_version = report.target = report.started_at = report.scan_id = text;
  report.declarations = {{text, text, -1}};
  report.operations = scan::OperationCoverage{text, 3, 9, {{text, text}}};
  report.comparison = scan::Comparison{text, 400, 1, 2, {{text, text, std::nullopt}}};
  report.categories = {{text, 48}};
  report.notes = {text};
  for (scan::ScoreStep& step : report.score_steps) step.what = text;
  for (scan::LimitSummary& one : report.limits) one.operation = one.refusal = one.detail = text;
  for (scan::CheckResult& one : report.checks) {
    one.id = one.category = one.operation = one.detail = text;
  }
  for (scan::Timeline& timeline : report.timelines) {
    timeline.operation = text;
    for (scan::TimelinePoint& point : timeline.points) point.phase = text;
  }
  for (scan::Finding& one : report.findings) {
    one.id = one.title = one.category = one.operation = one.why = one.remediation = text;
    one.remediation_django_dynamodb = one.weir_rule = text;
    one.owasp = one.pci_dss = {text};
    one.suppressed = {text, text};
    one.novelty = scan::Novelty::unchanged;
    for (scan::Evidence& evidence : one.evidence) {
      evidence.claim = evidence.curl = text;
      for (scan::Exchange& each : evidence.exchanges) {
        each.method = each.target = each.changed = each.note = text;
      }
    }
  }
  return report;
}

scan::Report with_many(std::size_t count) {
  scan::Report report = failing();
  scan::Finding many = report.findings[0];
  report.findings.assign(std::min<std::size_t>(count, 201), many);
  many.evidence.resize(std::min<std::size_t>(count, 11), many.evidence[0]);
  many.evidence[0].exchanges.resize(count, many.evidence[0].exchanges[0]);
  report.findings[0] = many;
  report.checks.resize(count, report.checks[0]);
  report.limits.resize(count, report.limits[0]);
  report.notes.resize(count, report.notes[0]);
  report.declarations.assign(count, {kOperation, "openapi.yaml", 12});
  report.operations = scan::OperationCoverage{"openapi.yaml", 9, 0, {}};
  report.operations->left_out.assign(count, {kOperation, "it may change something"});
  report.comparison = scan::Comparison{report.started_at, 48, 0, 0, {}};
  report.comparison->gone.assign(count, {"no-limit", "GET /gone", std::nullopt});
  report.score_steps.resize(count, report.score_steps[0]);
  report.categories.clear();
  for (std::size_t i = 0; i < count; ++i) report.categories[fmt::format("category-{:05}", i)] = 50;
  scan::Timeline timeline = report.timelines[0];
  timeline.points.clear();
  for (std::size_t i = 0; i < count; ++i) {
    timeline.points.push_back({0.01 * static_cast<double>(i), i % 3 == 0 ? 200 : 429, i % 3 != 0,
                               fmt::format("phase-{}", i % 40)});
  }
  report.timelines.assign(std::min<std::size_t>(count, 21), timeline);
  return report;
}

}  // namespace weir::report::samples
