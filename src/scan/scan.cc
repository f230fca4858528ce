#include "scan/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "scan/checks/check.h"
#include "scan/checks/filing.h"
#include "scan/checks/surface_check.h"
#include "scan/experiment/bench.h"
#include "scan/experiment/estimate.h"
#include "scan/experiment/fill.h"
#include "scan/experiment/processes.h"
#include "scan/experiment/rounds.h"
#include "scan/score.h"
#include "scan/surface/run.h"
#include "scan/utc.h"

namespace weir::scan {
namespace {

constexpr const char* kRateLimiting = "rate-limiting";

bool is_redirect(int status) {
  return status >= 301 && status <= 308 && status != 304;
}

// What the first answers say about a target that cannot be scanned.
std::optional<ScanFailure> look_for_failure(Bench& bench, const Response& first,
                                            const std::string& origin) {
  if (!first.ok()) {
    switch (first.failure) {
      case Failure::tls:
        return ScanFailure{first.failure, origin + ": no TLS session: " + first.failure_text,
                           "Check the certificate, or scan the http:// address of a test instance"};
      case Failure::unreachable:
        return ScanFailure{first.failure, origin + ": nothing answers there: " + first.failure_text,
                           "Start the API, or check host and port"};
      case Failure::timeout:
        return ScanFailure{first.failure,
                           origin + bench.base_request().target + ": no answer in time",
                           "Raise --timeout, or check that the API is up"};
      case Failure::malformed:
        return ScanFailure{first.failure,
                           origin + ": what answers does not speak HTTP/1.1: " + first.failure_text,
                           "Check the port, and whether it wants https://"};
      default:
        return ScanFailure{
            first.failure,
            origin + ": the connection ends without an answer: " + first.failure_text,
            "Check the port, and whether it wants https://"};
    }
  }
  if (is_redirect(first.status)) {
    const std::string to(find_header(first.headers, "Location").value_or("nowhere"));
    return ScanFailure{Failure::malformed,
                       fmt::format("{} answers {} and sends us to {}: redirects are not followed",
                                   bench.name(), first.status, to.substr(0, 200)),
                       "Give the URL of the operation itself"};
  }
  return std::nullopt;
}

class OperationScan {
 public:
  OperationScan(const ScanPlan& plan, Bench& bench, Report& report, Listener& listener)
      : plan_(plan), bench_(bench), report_(report), listener_(listener) {}

  void run(const Reply& first) {
    listener_.step("sending until refused");
    const FillResult filled = fill_first(bench_, first, plan_.max_wait_s);
    if (filled == FillResult::refused) {
      note_growing_wait(bench_);
      if (bench_.facts().wait_grows) {
        skip_variants();
      } else {
        look_for_other_sources();
        look_for_other_credentials();
        look_behind_a_held_request(bench_);
        run_stage(Stage::while_refused);
      }
      listener_.step("waiting for windows");
      RoundPlan rounds;
      rounds.max_wait_s = plan_.max_wait_s;
      rounds.until_s = bench_.now_s() + 3.5 * plan_.max_wait_s;
      run_rounds(bench_, rounds);
      look_at_canary();
    } else {
      skip_stage(Stage::while_refused, filled == FillResult::unlimited
                                           ? "there is no limit to get around"
                                           : "no limit was reached");
    }
    run_stage(Stage::concluding);
    summarise();
    run_stage(Stage::with_room);
    keep_timeline();
  }

 private:
  void look_for_other_sources() {
    if (!bench_.sources_are_possible()) return;
    const Reply other = bench_.send(bench_.from_fresh_source(), "another local address");
    if (!other.admitted() && !other.refused()) return;
    bench_.facts().sources_count_apart = other.admitted() && ensure_refused(bench_).admitted == 0;
  }

  // Is each user counted, or each address? Another user at the same address tells.
  void look_for_other_credentials() {
    if (plan_.other.empty() || bench_.stopped()) return;
    Variant other{"the other user's credential", bench_.base_request()};
    for (const Header& header : plan_.other) other.request.set_header(header.name, header.value);
    const Reply reply = bench_.send(other, "another user at this address");
    if (!reply.admitted() && !reply.refused()) return;
    bench_.facts().credentials_count_apart =
        reply.admitted() && ensure_refused(bench_).admitted == 0;
  }

  // Each refused request would lock this client out for longer.
  void skip_variants() {
    const auto& [first, last] = *bench_.facts().wait_grows;
    const std::string why = fmt::format(
        "each refused request lengthens the wait (told {:.0f} s, then {:.0f} s), so nothing is "
        "tried while refused",
        first, last);
    for (const Check& check : rate_limiting_checks()) {
      if (check.stage == Stage::while_refused) {
        file(*check.info, CheckOutcome::inconclusive(why), 0);
      }
    }
  }

  // A client that has sent nothing must still be served. If it is not, some limit counts all
  // clients together, and a change that was served may have met its room by chance.
  void look_at_canary() {
    if (!bench_.facts().sources_count_apart.value_or(false) || bench_.stopped()) return;
    bench_.set_phase("canary");
    if (!bench_.send(bench_.from_fresh_source(), "canary").refused()) return;
    if (!bench_.send(bench_.from_fresh_source(), "canary").refused()) return;
    report_.notes.push_back(fmt::format(
        "{}: at the end a client that had sent nothing was refused: a limit counts all clients "
        "together, so what depends on a change of identity is less certain",
        bench_.name()));
    for (Finding& finding : report_.findings) {
      if (finding.operation != bench_.name()) continue;
      finding.confidence = std::min(finding.confidence, Confidence::firm);
    }
  }

  void run_stage(Stage stage) {
    for (const Check& check : rate_limiting_checks()) {
      if (check.stage != stage) continue;
      listener_.step(check.info->id);
      bench_.set_phase(check.info->id);
      const int before = bench_.prober().requests_sent();
      if (stage == Stage::while_refused) ensure_refused(bench_);
      file(*check.info,
           bench_.stopped() && stage == Stage::while_refused
               ? CheckOutcome::inconclusive(bench_.prober().stop_reason())
               : check.run(bench_),
           bench_.prober().requests_sent() - before);
    }
  }

  void skip_stage(Stage stage, const std::string& why) {
    for (const Check& check : rate_limiting_checks()) {
      if (check.stage != stage) continue;
      file(*check.info,
           bench_.stopped() ? CheckOutcome::inconclusive(bench_.prober().stop_reason())
                            : CheckOutcome::not_applicable(why),
           0);
    }
  }

  void file(const CheckInfo& info, CheckOutcome outcome, int requests) {
    file_outcome(info, bench_.name(), std::move(outcome), requests, report_, listener_);
  }

  void summarise() {
    const LimitFacts& facts = bench_.facts();
    LimitSummary summary;
    summary.operation = bench_.name();
    summary.refusal = bench_.refusal().describe_refusal();
    if (facts.unlimited) {
      summary.kind = LimitKind::none;
      summary.fit = 1;
      summary.detail = fmt::format("{} requests without a refusal", facts.n);
    } else if (facts.held_back) {
      summary.detail = "requests are held back until their turn comes, not refused";
    } else if (facts.learned) {
      describe_limit(facts, summary);
    } else {
      summary.detail = "no refusal was seen";
    }
    add_detail(summary, counted_per(facts));
    if (facts.wait_grows) {
      add_detail(summary, fmt::format("each refused request lengthens the wait: told {:.0f} s, "
                                      "then {:.0f} s",
                                      facts.wait_grows->first, facts.wait_grows->second));
    }
    if (facts.no_room_s) add_detail(summary, what_longer_takes(facts));
    report_.limits.push_back(std::move(summary));
  }

  static void add_detail(LimitSummary& summary, const std::string& text) {
    if (text.empty()) return;
    if (!summary.detail.empty()) summary.detail += "; ";
    summary.detail += text;
  }

  // What is counted together, as far as other identities were to be had.
  static std::string counted_per(const LimitFacts& facts) {
    if (!facts.learned) return "";
    const std::optional<bool> address = facts.sources_count_apart;
    const std::optional<bool> user = facts.credentials_count_apart;
    if (address && user) {
      if (*address) return *user ? "counted per user and address" : "counted per address alone";
      return *user ? "counted per user" : "counted for all together";
    }
    if (address) return *address ? "counted per address" : "not counted per address";
    if (user) return *user ? "counted per user" : "not counted per user";
    return "";
  }

  void keep_timeline() {
    const LimitSummary& summary = report_.limits.back();
    report_.timelines.push_back({bench_.name(), summary.n, summary.window_s, bench_.timeline()});
  }

  void describe_limit(const LimitFacts& facts, LimitSummary& summary) {
    summary.n = facts.n;
    if (facts.per_process) {
      summary.kind = LimitKind::per_process;
      summary.fit = 1;
      summary.detail = fmt::format("{} passed over all processes, {} before the first refusal",
                                   facts.all_processes, facts.n);
      if (facts.window_high_s > 0) summary.window_s = facts.window_high_s;
      return;
    }
    const Fit fit = fit_of(bench_);
    summary.fit = fit.share;
    summary.kind = fit.kind;
    if (fit.kind != LimitKind::unknown) {
      summary.n = fit.n;
      summary.window_s = fit.window_s;
      if (fit.counts_refused) summary.detail = "refused requests are counted as well";
    } else if (facts.window_high_s > 0) {
      summary.window_s = facts.window_high_s;
      if (facts.counts_refused) summary.detail = "refused requests are counted as well";
    }
    for (const LimitKind tie : fit.ties) {
      summary.detail +=
          fmt::format("{}{} explains as much", summary.detail.empty() ? "" : "; ", to_string(tie));
    }
    if (facts.stated_limit) {
      summary.detail += fmt::format("{}the answers state {}", summary.detail.empty() ? "" : "; ",
                                    *facts.stated_limit);
    }
  }

  const ScanPlan& plan_;
  Bench& bench_;
  Report& report_;
  Listener& listener_;
};

// Of two reasons the first one stands.
void add_reasons(std::vector<std::string>& reasons, const std::vector<std::string>& more) {
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (reasons[i].empty()) reasons[i] = more[i];
  }
}

OperationCoverage coverage_of(const ScanPlan& plan, const std::vector<std::string>& reasons) {
  OperationCoverage coverage;
  coverage.document = plan.document;
  coverage.declared = static_cast<int>(plan.operations.size() + plan.skipped.size());
  coverage.left_out = plan.skipped;
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (reasons[i].empty()) {
      ++coverage.tested;
    } else {
      coverage.left_out.push_back({operation_name(plan.operations[i].request), reasons[i]});
    }
  }
  return coverage;
}

}  // namespace

std::vector<std::string> category_names() {
  std::vector<std::string> names = {kRateLimiting};
  for (const SurfaceCategory& category : surface_categories()) names.emplace_back(category.name);
  return names;
}

bool wants_callback(const ScanPlan& plan) {
  return wants(plan, "ssrf");
}

ScanResult run_scan(const ScanPlan& plan, Transport& transport, Clock& clock,
                    const WaitUntil& wait_until, Listener& listener) {
  ScanResult result;
  Report& report = result.report;
  report.tool_version = plan.version;
  report.scan_id = plan.scan_id;
  report.target = plan.origin;
  report.started_at = rfc3339(clock.now());
  report.seed = plan.seed;
  report.notes = plan.notes;

  for (const ScanOperation& operation : plan.operations) {
    if (operation.declared == nullptr) continue;
    report.declarations.push_back(
        {operation_name(operation.request), operation.declared->file, operation.declared->line});
  }

  const Time began = clock.now();
  const bool limits_wanted = wants(plan, kRateLimiting);
  ProbeBounds bounds = plan.bounds;
  bounds.kept_back = limits_wanted ? requests_for_surfaces(plan) : 0;
  Prober prober(transport, clock, wait_until, bounds, began);
  Rng rng(plan.seed);
  int scanned = 0;
  std::map<std::size_t, RefusalModel> refusals;
  // Why an operation was not tested whole, by place; empty: it was.
  std::vector<std::string> reasons(plan.operations.size(),
                                   limits_wanted ? "the scan ended before it" : "");
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    if (prober.stopped()) break;
    // Without the limits, the first operation shows whether the target can be scanned at all.
    if (!limits_wanted && scanned > 0) break;
    Bench bench(prober, plan.operations[i].request, {plan.origin, plan.loopback, plan.allow_writes},
                rng, plan.operations[i].declared);
    listener.operation_began(bench.name());
    const Reply first = bench.base("base");
    const auto failure = look_for_failure(bench, first.response, plan.origin);
    // Where a redirect leads is what some of the checks look at.
    const bool is_looked_at =
        is_redirect(first.response.status) && !limits_wanted && wants(plan, "ssrf");
    if (failure && !is_looked_at) {
      report.notes.push_back(failure->message);
      reasons[i] = failure->message;
      if (!result.failure) result.failure = failure;
      if (!first.response.ok()) break;  // the same will happen to every operation
      continue;
    }
    ++scanned;
    if (!limits_wanted) continue;
    OperationScan(plan, bench, report, listener).run(first);
    reasons[i] = prober.stop_reason();
    refusals[i] = bench.refusal();
  }
  if (scanned > 0) result.failure.reset();

  const int sent = prober.requests_sent();
  bounds = plan.bounds;
  bounds.spent = sent;
  Prober rest(transport, clock, wait_until, bounds, began);
  if (scanned > 0 && wants_surfaces(plan) && (!prober.stopped() || prober.used_up())) {
    add_reasons(reasons, run_surfaces(plan, rest, rng, refusals, report, listener));
  }
  if (!plan.document.empty()) report.operations = coverage_of(plan, reasons);

  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  report.requests = sent + rest.requests_sent();
  report.duration_s = prober.now_s();
  report.interrupted = prober.interrupted() || rest.interrupted();
  if (prober.stopped()) report.notes.push_back("The scan stopped early: " + prober.stop_reason());
  if (rest.stopped()) {
    report.notes.push_back("The scan of the other categories stopped early: " + rest.stop_reason());
  }
  score(report);
  return result;
}

}  // namespace weir::scan
