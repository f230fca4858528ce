#include "scan/checks/screen.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "scan/experiment/fill.h"

namespace weir::scan {
namespace {

constexpr int kTries = 3;  // a candidate that is served just when room comes back is tried again
constexpr const char* kDummyHeader = "X-Weir-Control";

enum class First { held, unreached, served };

// Served while the base is still refused right after it?
First first_look(Bench& bench, const Candidate& candidate) {
  for (int i = 0; i < kTries && !bench.stopped(); ++i) {
    const Reply reply = bench.send(candidate.variant(), "probe");
    if (reply.refused()) return First::held;
    if (!candidate.served(reply)) {
      // A random fault may have hidden the answer.
      if (reply.response.status < 500 || i > 0) return First::unreached;
      continue;
    }
    if (bench.base("control").refused()) return First::served;
    ensure_refused(bench);
  }
  return First::held;
}

}  // namespace

bool same_document(Bench& bench, const Reply& reply) {
  return reply.admitted() && bench.refusal().same_document(reply.response);
}

Candidate change_candidate(Bench& bench, const std::string& changed,
                           const std::function<void(Request&)>& change) {
  Candidate candidate;
  candidate.label = changed;
  candidate.variant = [&bench, changed, change] {
    Variant variant{changed, bench.base_request()};
    change(variant.request);
    return variant;
  };
  candidate.served = [&bench](const Reply& reply) { return same_document(bench, reply); };
  return candidate;
}

Candidate header_candidate(Bench& bench, const std::string& name,
                           const std::function<std::string()>& value) {
  Candidate candidate;
  candidate.label = name;
  candidate.renews = true;
  candidate.variant = [&bench, name, value] { return bench.with_header(name, value()); };
  candidate.dummy = [&bench, value] { return bench.with_header(kDummyHeader, value()); };
  candidate.served = [&bench](const Reply& reply) { return same_document(bench, reply); };
  return candidate;
}

Screening screen(Bench& bench, const std::vector<Candidate>& candidates, int prove_most) {
  Screening result;
  for (const Candidate& candidate : candidates) {
    if (bench.stopped()) break;
    switch (first_look(bench, candidate)) {
      case First::held:
        ++result.held;
        continue;
      case First::unreached:
        ++result.unreached;
        continue;
      case First::served:
        break;
    }
    if (result.proven >= prove_most) {
      result.served.push_back(candidate.label);
      continue;
    }
    Lift lift = prove_lift(bench, candidate);
    if (lift.verdict == Lift::Verdict::lifted) {
      ++result.proven;
      if (candidate.renews) bench.learn_fresh_identities(candidate.variant);
      result.confidence = std::max(result.confidence, lift.confidence);
      result.served.insert(result.served.begin(), candidate.label);
      result.evidence.push_back(std::move(lift.evidence));
    } else if (lift.verdict == Lift::Verdict::unclear) {
      result.unclear.push_back(candidate.label + ": " + lift.detail);
    } else {
      ++result.held;
    }
  }
  return result;
}

void merge(Screening& into, Screening part) {
  into.held += part.held;
  into.unreached += part.unreached;
  into.proven += part.proven;
  into.confidence = std::max(into.confidence, part.confidence);
  std::move(part.served.begin(), part.served.end(), std::back_inserter(into.served));
  std::move(part.unclear.begin(), part.unclear.end(), std::back_inserter(into.unclear));
  std::move(part.evidence.begin(), part.evidence.end(), std::back_inserter(into.evidence));
}

bool is_held(Bench& bench, const Candidate& noise) {
  return screen(bench, {noise}, 0).held > 0;
}

CheckOutcome conclude(Bench& bench, const Screening& screening, std::string_view what) {
  CheckOutcome outcome;
  if (screening.proven > 0) {
    outcome.verdict = CheckVerdict::vulnerable;
    outcome.confidence = screening.confidence;
    outcome.evidence = screening.evidence;
    outcome.detail = fmt::format("served while the plain request was refused: {}",
                                 fmt::join(screening.served, ", "));
    return outcome;
  }
  if (bench.stopped()) return CheckOutcome::inconclusive(bench.prober().stop_reason());
  if (!screening.unclear.empty()) {
    return CheckOutcome::inconclusive(fmt::format("{}", fmt::join(screening.unclear, "; ")));
  }
  return CheckOutcome::protected_(
      fmt::format("{} {} tried: {} refused like the plain request, {} "
                  "answered without reaching the operation",
                  screening.held + screening.unreached, what, screening.held, screening.unreached));
}

CheckOutcome CheckOutcome::vulnerable(Confidence confidence, Evidence evidence) {
  CheckOutcome outcome;
  outcome.verdict = CheckVerdict::vulnerable;
  outcome.confidence = confidence;
  outcome.detail = evidence.claim;
  outcome.evidence.push_back(std::move(evidence));
  return outcome;
}

CheckOutcome CheckOutcome::protected_(std::string detail) {
  CheckOutcome outcome;
  outcome.verdict = CheckVerdict::protected_;
  outcome.detail = std::move(detail);
  return outcome;
}

CheckOutcome CheckOutcome::inconclusive(std::string detail) {
  CheckOutcome outcome;
  outcome.detail = std::move(detail);
  return outcome;
}

CheckOutcome CheckOutcome::not_applicable(std::string detail) {
  CheckOutcome outcome;
  outcome.verdict = CheckVerdict::not_applicable;
  outcome.detail = std::move(detail);
  return outcome;
}

}  // namespace weir::scan
