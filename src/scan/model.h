// What a scan produces, as plain data: the only thing that report/ knows of a scan.
//
// Times are seconds since the scan began. Nothing in here is secret: credentials were redacted when
// the exchange was recorded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::scan {

enum class Severity { info, low, medium, high, critical };
enum class Confidence { tentative, firm, confirmed };
enum class CheckVerdict { vulnerable, protected_, inconclusive, not_applicable };
enum class LimitKind {
  unknown,
  none,
  fixed_window_clock,
  fixed_window_first_hit,
  sliding_window,
  sliding_counter,
  token_bucket,
  per_process
};

enum class Novelty { not_compared, fresh, unchanged };  // against a baseline

const char* to_string(Severity severity);
const char* to_string(Confidence confidence);
const char* to_string(
    CheckVerdict verdict);  // "vulnerable", "protected", "inconclusive", "not-applicable"
const char* to_string(LimitKind kind);   // "fixed-window (clock)" and so on
const char* to_string(Novelty novelty);  // "not-compared", "new", "unchanged"

// One request and its answer, as evidence.
struct Exchange {
  double sent_s = 0;
  double answered_s = 0;
  std::string method;
  std::string target;   // path and query as sent
  std::string changed;  // what differs from the base request: "X-Forwarded-For: 203.0.113.9"; empty
                        // for the base itself
  int status = 0;       // 0: no answer
  bool refused = false;
  std::string note;  // "base", "control", "variant", ...
};

struct Evidence {
  std::string claim;  // one sentence with the numbers
  std::vector<Exchange> exchanges;
  std::size_t exchanges_left_out = 0;  // taken out of the middle of `exchanges` to keep it short
  std::string curl;                    // a line that reproduces the decisive request
  int admitted = 0;                    // for counted experiments: how many were admitted ...
  int allowed = 0;                     // ... where the limit allows this many
  int rounds = 0;                      // how often the decisive experiment gave the same result
};

// Why a finding does not count, until when. Somebody wrote it down: report/suppressions.h.
struct Suppression {
  std::string reason;
  std::string expires;  // "2027-03-01": the last day on which it holds
};

struct Finding {
  std::string id;     // "boundary-burst"
  std::string title;  // "Twice the limit passes across the edge of the window"
  Severity severity = Severity::info;
  Confidence confidence = Confidence::tentative;
  std::string category;   // "rate-limiting"
  std::string operation;  // "GET /api/quote"
  std::vector<Evidence> evidence;
  std::string why;          // why it matters
  std::string remediation;  // how to mend it, in general
  std::string remediation_django_dynamodb;
  std::string weir_rule;             // YAML of the rule that closes it
  std::vector<std::string> owasp;    // "API4:2023"
  std::vector<int> cwe;              // 770
  std::vector<std::string> pci_dss;  // "6.2.4"; empty where none truly applies
  Novelty novelty = Novelty::not_compared;
  std::optional<Suppression> suppressed;  // then neither score nor gate count it
};

struct CheckResult {
  std::string id;
  std::string category;
  std::string operation;
  CheckVerdict verdict = CheckVerdict::inconclusive;
  std::string detail;  // power of the test, or why it is inconclusive or does not apply
  int requests = 0;
};

struct LimitSummary {
  std::string operation;
  std::optional<std::int64_t> n;
  std::optional<double> window_s;
  LimitKind kind = LimitKind::unknown;
  double fit = 0;       // 0 to 1: share of the observed verdicts that the model explains
  std::string refusal;  // "429" or "500 with body ..."
  std::string detail;
};

// One dot of the timeline picture.
struct TimelinePoint {
  double t_s = 0;
  int status = 0;
  bool refused = false;
  std::string phase;  // "fill", "boundary", "race", the id of a check, ...
};

struct Timeline {
  std::string operation;
  std::optional<std::int64_t> n;
  std::optional<double> window_s;
  std::vector<TimelinePoint> points;
};

struct ScoreStep {
  std::string what;  // "boundary-burst (medium, confirmed)"
  double factor = 1;
};

// Where an operation is declared: the line of an OpenAPI document.
struct Declaration {
  std::string operation;
  std::string file;  // as given on the command line
  int line = 0;      // from 1
};

// An operation of the document that was not tested.
struct LeftOut {
  std::string operation;  // "POST /orders"
  std::string reason;
};

// How much of an OpenAPI document was tested.
struct OperationCoverage {
  std::string document;  // as given on the command line
  int declared = 0;      // operations in it
  int tested = 0;
  std::vector<LeftOut> left_out;  // the others: those that were not to be scanned first
};

// A finding of the baseline that is not there any more.
struct GoneFinding {
  std::string id;
  std::string operation;
  std::optional<CheckVerdict> now;  // what its check says now; nullopt: it did not run
};

// Against an earlier scan.
struct Comparison {
  std::string started_at;  // of the baseline
  int score = 0;           // of the baseline
  int fresh = 0;
  int unchanged = 0;
  std::vector<GoneFinding> gone;
};

struct Report {
  std::string schema = "weir-scan/1";
  std::string tool_version;
  std::string target;
  std::string started_at;  // RFC 3339, UTC
  double duration_s = 0;
  int requests = 0;
  std::uint64_t seed = 0;
  int score = 0;        // 0 to 100
  char grade = 'F';     // A, B, C, D, F
  double coverage = 0;  // 0 to 1: decisive checks that ran / applicable ones
  bool interrupted = false;
  std::map<std::string, int> categories;  // category -> score
  std::vector<ScoreStep> score_steps;
  std::vector<LimitSummary> limits;
  std::vector<CheckResult> checks;
  std::vector<Finding> findings;  // most severe first
  std::vector<Timeline> timelines;
  std::vector<std::string> notes;  // what the user should know: what could not be tested, and why
  std::string scan_id;             // what every request carried in X-Weir-Scan
  std::vector<Declaration> declarations;
  std::optional<OperationCoverage> operations;  // without a document: nullopt
  std::optional<Comparison> comparison;
};

}  // namespace weir::scan
