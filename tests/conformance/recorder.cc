#include "conformance/recorder.h"

#include <fstream>
#include <iomanip>
#include <sstream>

#include "base/rng.h"
#include "base/system_clock.h"

namespace weir::test {
namespace {

Key from_hex(const std::string& hex) {
  Key key;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) {
    key.bytes.at(i) = static_cast<std::byte>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  }
  return key;
}

Duration uniform(Rng& rng, Duration from, Duration to) {
  return from + Duration(static_cast<std::int64_t>(
                    rng.below(static_cast<std::uint64_t>((to - from).count()) + 1)));
}

}  // namespace

limit::WindowLimit RecordingPlan::limit() const {
  return {n, limit::Geometry::for_window(window, skew + patience / 2)};
}

std::string RecordingPlan::to_text() const {
  std::ostringstream text;
  text << key_hex << ' ' << n << ' ' << window.count() << ' ' << skew.count() << ' '
       << patience.count() << ' ' << until.count() << ' ' << epoch.count() << ' ' << threads;
  return text.str();
}

RecordingPlan RecordingPlan::from_text(const std::string& text) {
  RecordingPlan plan;
  std::istringstream in(text);
  std::int64_t window_ns = 0, skew_ns = 0, patience_ns = 0, until_ns = 0, epoch_ns = 0;
  in >> plan.key_hex >> plan.n >> window_ns >> skew_ns >> patience_ns >> until_ns >> epoch_ns >>
      plan.threads;
  WEIR_CHECK(in);
  plan.window = Duration(window_ns);
  plan.skew = Duration(skew_ns);
  plan.patience = Duration(patience_ns);
  plan.until = Duration(until_ns);
  plan.epoch = Duration(epoch_ns);
  return plan;
}

void Recording::append(const Recording& other) {
  asked.insert(asked.end(), other.asked.begin(), other.asked.end());
  answered.insert(answered.end(), other.answered.begin(), other.answered.end());
  refused += other.refused;
  errors += other.errors;
  late += other.late;
  if (!other.last_error.empty()) last_error = other.last_error;
}

Recording record(store::Store& store, const RecordingPlan& plan, std::uint64_t seed) {
  Rng rng(seed);
  Recording recording;
  // Half of the allowed error belongs to the node, half to each reading.
  const Duration node_skew = uniform(rng, -plan.skew / 2, plan.skew / 2);
  store::ChargeRequest request{.key = from_hex(plan.key_hex), .limit = plan.limit()};
  request.budget = plan.patience;
  for (;;) {
    const Duration asked = base::monotonic_now();
    if (asked >= plan.until) return recording;
    const Time asked_at(plan.epoch + asked);
    request.now = asked_at + node_skew + uniform(rng, -plan.skew / 2, plan.skew / 2);
    request.cost = 1 + static_cast<std::int64_t>(rng.below(3));
    const auto outcome = store.charge(request);
    const Duration answered = base::monotonic_now();
    if (!outcome) {
      ++recording.errors;
      recording.last_error = outcome.error().to_string();
    } else if (!outcome->charge.admitted) {
      ++recording.refused;
    } else if (answered - asked > plan.patience) {
      ++recording.late;
    } else if (rng.below(8) == 0) {
      if (!store.give_back(request, outcome->charge.slot)) ++recording.errors;
    } else {
      recording.asked.push_back({asked_at, request.cost});
      recording.answered.push_back({Time(plan.epoch + answered), request.cost});
    }
  }
}

void write_recording(const Recording& recording, const std::string& path) {
  std::ofstream out(path);
  out << recording.asked.size() << ' ' << recording.refused << ' ' << recording.errors << ' '
      << recording.late << '\n'
      << std::quoted(recording.last_error) << '\n';
  for (std::size_t i = 0; i < recording.asked.size(); ++i) {
    out << recording.asked[i].at.time_since_epoch().count() << ' '
        << recording.answered[i].at.time_since_epoch().count() << ' ' << recording.asked[i].cost
        << '\n';
  }
  WEIR_CHECK(out.flush());
}

Recording read_recording(const std::string& path) {
  Recording recording;
  std::ifstream in(path);
  std::size_t size = 0;
  in >> size >> recording.refused >> recording.errors >> recording.late >>
      std::quoted(recording.last_error);
  for (std::size_t i = 0; i < size; ++i) {
    std::int64_t asked_ns = 0, answered_ns = 0, cost = 0;
    in >> asked_ns >> answered_ns >> cost;
    recording.asked.push_back({Time(Duration(asked_ns)), cost});
    recording.answered.push_back({Time(Duration(answered_ns)), cost});
  }
  WEIR_CHECK(in);
  return recording;
}

std::string to_hex(const Key& key) {
  std::ostringstream text;
  text << std::hex << std::setfill('0');
  for (const std::byte byte : key.bytes) text << std::setw(2) << std::to_integer<int>(byte);
  return text.str();
}

}  // namespace weir::test
