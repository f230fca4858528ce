#include "scan/model.h"

namespace weir::scan {

const char* to_string(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
  }
  return "info";
}

const char* to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::tentative:
      return "tentative";
    case Confidence::firm:
      return "firm";
    case Confidence::confirmed:
      return "confirmed";
  }
  return "tentative";
}

const char* to_string(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::vulnerable:
      return "vulnerable";
    case CheckVerdict::protected_:
      return "protected";
    case CheckVerdict::inconclusive:
      return "inconclusive";
    case CheckVerdict::not_applicable:
      return "not-applicable";
  }
  return "inconclusive";
}

const char* to_string(LimitKind kind) {
  switch (kind) {
    case LimitKind::unknown:
      return "unknown";
    case LimitKind::none:
      return "none";
    case LimitKind::fixed_window_clock:
      return "fixed-window (clock)";
    case LimitKind::fixed_window_first_hit:
      return "fixed-window (first hit)";
    case LimitKind::sliding_window:
      return "sliding-window";
    case LimitKind::sliding_counter:
      return "sliding-counter";
    case LimitKind::token_bucket:
      return "token-bucket";
    case LimitKind::per_process:
      return "per-process";
  }
  return "unknown";
}

const char* to_string(Novelty novelty) {
  switch (novelty) {
    case Novelty::not_compared:
      return "not-compared";
    case Novelty::fresh:
      return "new";
    case Novelty::unchanged:
      return "unchanged";
  }
  return "not-compared";
}

}  // namespace weir::scan
