#include "tap/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <optional>
#include <utility>

#include "base/rng.h"
#include "tap/operation.h"
#include "tap/rewrite.h"

namespace weir::tap {
namespace {

constexpr std::array<std::pair<std::string_view, Fault::Kind>, 7> kKinds = {{
    {"throttle", Fault::Kind::throttle},
    {"500", Fault::Kind::error},
    {"timeout", Fault::Kind::timeout},
    {"cut", Fault::Kind::cut},
    {"lose", Fault::Kind::lose},
    {"500-after", Fault::Kind::late_error},
    {"delay", Fault::Kind::delay},
}};

std::optional<int> number(std::string_view text, int least, int most) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value >= least && value <= most ? std::optional(value) : std::nullopt;
}

bool holds(const Item& key, std::string_view text) {
  return std::any_of(key.begin(), key.end(), [text](const auto& attribute) {
    return attribute.second.text.find(text) != std::string::npos;
  });
}

}  // namespace

Result<Fault> Fault::parse(std::string_view text) {
  const auto wrong = [text](std::string_view why) {
    return fail(ErrorCode::invalid_input, fmt::format("the fault '{}' {}", text.substr(0, 80), why),
                "Write KIND or KIND:op=NAME,table=NAME,key=TEXT,percent=1-100,ms=NUMBER; KIND is "
                "throttle, 500, timeout, cut, lose, 500-after or delay");
  };
  const std::string_view word = text.substr(0, text.find(':'));
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(),
                                  [word](const auto& known) { return known.first == word; });
  if (kind == kKinds.end()) return wrong("is of no known kind");
  Fault fault{.kind = kind->second};
  std::string_view rest = text.substr(word.size());  // ":op=NAME,table=NAME"
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view pair = rest.substr(0, rest.find(','));
    rest.remove_prefix(pair.size());
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    if (value.empty()) return wrong("names something without a value");
    if (name == "op") {
      fault.operation = value;
    } else if (name == "table") {
      fault.table = value;
    } else if (name == "key") {
      fault.key = value;
    } else if (name == "percent") {
      const auto percent = number(value, 1, 100);
      if (!percent) return wrong("has a percentage that is not 1 to 100");
      fault.percent = *percent;
    } else if (name == "ms") {
      const auto ms = number(value, 1, static_cast<int>(kMaxDelay / std::chrono::milliseconds(1)));
      if (!ms) return wrong("has a delay that is not 1 to 60000 ms");
      fault.delay = std::chrono::milliseconds(*ms);
    } else {
      return wrong("names something that it does not have");
    }
  }
  if (fault.kind == Kind::delay && fault.delay == Duration::zero()) {
    return wrong("says no length: delay:ms=300");
  }
  return fault;
}

bool Fault::concerns(std::string_view operation_name, std::span<const Access> accesses) const {
  if (!operation.empty() && operation != operation_name) return false;
  if (table.empty() && key.empty()) return true;
  return std::any_of(accesses.begin(), accesses.end(), [this](const Access& access) {
    return (table.empty() || access.table == table) &&
           (key.empty() || holds(access.key, key) || holds(access.item, key));
  });
}

const char* to_string(Fault::Kind kind) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [kind](const auto& known) { return known.second == kind; });
  return found->first.data();
}

struct FaultInjector::Dice {
  explicit Dice(std::uint64_t seed) : rng(seed) {}
  std::mutex mutex;  // guards rng
  Rng rng;
};

FaultInjector::FaultInjector(std::vector<Fault> faults, std::uint64_t seed)
    : faults_(std::move(faults)), dice_(std::make_shared<Dice>(seed)) {}

Treatment FaultInjector::operator()(const Call& call) const {
  const auto accesses = read_accesses(call.operation, call.request->body);
  for (const Fault& fault : faults_) {
    if (!fault.concerns(call.operation, accesses)) continue;
    const std::lock_guard lock(dice_->mutex);
    if (dice_->rng.below(100) < static_cast<std::uint64_t>(fault.percent)) {
      return treatment_of(fault);
    }
  }
  return {};
}

Treatment treatment_of(const Fault& fault) {
  using Kind = Treatment::Kind;
  Treatment treatment;
  treatment.name = to_string(fault.kind);
  treatment.delay = fault.delay;
  switch (fault.kind) {
    case Fault::Kind::throttle:
      treatment.kind = Kind::answer;
      treatment.answer =
          error_response(400, "ProvisionedThroughputExceededException",
                         "The level of configured provisioned throughput for the table was "
                         "exceeded. Consider increasing your provisioning level with the "
                         "UpdateTable API.");
      break;
    case Fault::Kind::error:
      treatment.kind = Kind::answer;
      treatment.answer = error_response(500, "InternalServerError", "Internal server error");
      break;
    case Fault::Kind::late_error:
      treatment.kind = Kind::replace;
      treatment.answer = error_response(500, "InternalServerError", "Internal server error");
      break;
    case Fault::Kind::timeout:
      treatment.kind = Kind::silent;
      break;
    case Fault::Kind::cut:
      treatment.kind = Kind::cut;
      break;
    case Fault::Kind::lose:
      treatment.kind = Kind::lose;
      break;
    case Fault::Kind::delay:
      break;
  }
  return treatment;
}

}  // namespace weir::tap
