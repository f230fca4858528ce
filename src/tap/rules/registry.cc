#include <array>

#include "tap/rules/catalogue.h"

namespace weir::tap {
namespace {

using scan::Severity;

constexpr const char* kCategory = "dynamodb";
constexpr const char* kBounded =
    "table.update_item(Key=..., UpdateExpression=\"ADD hits :one\", "
    "ConditionExpression=\"attribute_not_exists(hits) OR hits < :limit\", ...), and its failed "
    "condition is the refusal.";
constexpr const char* kWindow =
    "rules:\n  - id: per-key\n    key: [api_key]\n    limit: 100/m   # exact: never more than 100 "
    "in any minute\n";

// Of the tap's rules none needs another condition than that of the exact window.
scan::CheckInfo info(const char* id, const char* title, Severity severity, std::vector<int> cwe,
                     const char* why, const char* remediation, const char* in_django,
                     const char* proof) {
  return {.id = id,
          .title = title,
          .severity = severity,
          .category = kCategory,
          .owasp = {"API4:2023"},
          .cwe = std::move(cwe),
          .pci_dss = {},
          .why = why,
          .remediation = remediation,
          .remediation_django_dynamodb = in_django,
          .weir_rule = kWindow,
          .proof = proof};
}

const std::array<Rule, 9>& all() {
  static const std::array<Rule, 9> kRules = {{
      {info("ddb-read-then-write",
            "A counter is read, then written, without a condition on what was read", Severity::high,
            {362, 367},
            "Requests that arrive together all read the same count, all pass, and the last write "
            "wins: the others are never counted.",
            "Count in one conditional write, and take its failure for the refusal.", kBounded,
            "A recording in which writes of one more than a read had shown, or increments right "
            "after a read, have no condition on the count; confirmed where two wrote the same."),
       find_read_then_write},
      {info("ddb-weak-condition", "The condition of a counter's write does not bound the count",
            Severity::high, {799, 693},
            "A condition that only asks whether the item exists, or when it expires, lets the "
            "count rise without end.",
            "Hold the count itself against the limit.", kBounded,
            "A recording with increments under a condition that compares what they raise with "
            "nothing, and whose answer does not show the new value."),
       find_weak_condition},
      {info("ddb-eventual-read", "A read that may be stale decides a refusal", Severity::medium,
            {362, 821},
            "Without ConsistentRead DynamoDB may answer with a count from before the latest "
            "writes; reads of an index always may.",
            "Let the conditional write decide. Where a read has to, make it consistent, of the "
            "table itself.",
            kBounded,
            "A recording in which a write follows such reads of low counts and none follows those "
            "of the highest."),
       find_eventual_read},
      {info("ddb-fixed-window-key", "The key holds the number of a window of the clock",
            Severity::medium, {799},
            "The count starts anew at the window's edge: up to twice the limit passes within a "
            "moment around it.",
            "Keep one item for each identity and let the window slide.",
            "Use Weir's exact window, or keep the counts of the last slots in the item, held by "
            "the condition.",
            "A recording in which the keys of counting writes hold the number of the present "
            "window of one length; firm where it changes with the clock."),
       find_fixed_window_key},
      {info("ddb-refusal-writes", "Refused requests write, or pay for a write", Severity::medium,
            {400, 405},
            "A failed condition costs a write unit like one that holds: whoever floods you makes "
            "you pay, and takes the roughly 1,000 writes a second that one item has.",
            "Remember on the machine until when a key is refused, and answer from there.",
            "Cache the refusal until its end before calling update_item again.",
            "A recording in which one connection sends the very same increment several times in a "
            "row, and its condition fails each time."),
       find_refusal_writes},
      {info("ddb-unconditional-increment",
            "A counter is raised without a bound, and looked at afterwards", Severity::low, {799},
            "What is refused has been counted too: a client that keeps trying keeps the count "
            "above the limit, and pays with your write capacity.",
            "Put the bound into the write.", kBounded,
            "A recording with increments of a counter with a window or an expiry whose answers "
            "show the new value and whose condition, if any, does not bound it."),
       find_unconditional_increment},
      {info("ddb-client-clock-coarse", "Whole seconds, where the window is a few seconds",
            Severity::low, {682},
            "Rounding moves the window's edges by up to a second, which is a large share of it.",
            "Keep milliseconds.", "int(time.time() * 1000)",
            "A recording in which an expiry in whole seconds, at most ten ahead, is put and read."),
       find_client_clock_coarse},
      {info("ddb-no-ttl", "Counters never expire", Severity::low, {770},
            "The table grows with every window and every identifier that somebody makes up.",
            "Write when the counter ends in epoch seconds and make that attribute the table's TTL. "
            "Do not take the deletion for the reset: it may come days late.",
            "int(time.time()) + window",
            "A recording in which counters of a window are created, and no number of theirs reads "
            "as a time to come."),
       find_no_ttl},
      {info("ddb-retry-double-count", "A retry of the SDK counts twice", Severity::low, {837},
            "An increment whose answer is lost may have been carried out. The SDK sends it again, "
            "and one request counts as two.",
            "Make the repeat fail its condition, or do not repeat.",
            "Config(retries={\"total_max_attempts\": 1}) for the limiter's client.",
            "A recording in which a later attempt of one call succeeds after one that had no "
            "answer or a 5xx; weir tap --fault lose provokes it."),
       find_retry_double_count},
  }};
  return kRules;
}

}  // namespace

std::span<const Rule> rules() {
  return all();
}

std::vector<Finding> find_flaws(std::span<const Operation> operations) {
  const Ledger ledger(operations);
  std::vector<Finding> found;
  for (const Rule& rule : rules()) {
    for (Finding& one : rule.find(ledger)) {
      one.rule = &rule.info;
      found.push_back(std::move(one));
    }
  }
  return found;
}

}  // namespace weir::tap
