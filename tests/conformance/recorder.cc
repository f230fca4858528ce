#include "conformance/recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
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

// Uniform in [-most, most].
Duration uniform(Rng& rng, Duration most) {
  return Duration(static_cast<std::int64_t>(
             rng.below(2 * static_cast<std::uint64_t>(most.count()) + 1))) -
         most;
}

// Who is refused without anybody being asked would only burn the processor.
constexpr Duration kPause = std::chrono::milliseconds(1);

}  // namespace

limit::WindowLimit RecordingPlan::limit() const {
  return {n, limit::Geometry::for_window(window, skew + patience / 2)};
}

std::string RecordingPlan::to_text() const {
  std::ostringstream text;
  text << key_hex << ' ' << n << ' ' << window.count() << ' ' << skew.count() << ' '
       << patience.count() << ' ' << until.count() << ' ' << epoch.count() << ' ' << threads << ' '
       << static_cast<int>(habit);
  return text.str();
}

RecordingPlan RecordingPlan::from_text(const std::string& text) {
  RecordingPlan plan;
  std::istringstream in(text);
  std::int64_t window_ns = 0, skew_ns = 0, patience_ns = 0, until_ns = 0, epoch_ns = 0;
  int habit = 0;
  in >> plan.key_hex >> plan.n >> window_ns >> skew_ns >> patience_ns >> until_ns >> epoch_ns >>
      plan.threads >> habit;
  WEIR_CHECK(in);
  plan.window = Duration(window_ns);
  plan.skew = Duration(skew_ns);
  plan.patience = Duration(patience_ns);
  plan.until = Duration(until_ns);
  plan.epoch = Duration(epoch_ns);
  plan.habit = static_cast<Habit>(habit);
  return plan;
}

NodeClock::NodeClock(const RecordingPlan& plan, std::uint64_t seed)
    : epoch_(plan.epoch),
      began_(base::monotonic_now()),
      speed_(plan.habit == Habit::fast_clock ? 2 : 1),
      skew_([&] {
        Rng rng(seed);
        return uniform(rng, plan.skew / 2);
      }()),
      jitter_(plan.skew / 2),
      readings_(seed) {}

Time NodeClock::now() {
  Rng rng(readings_.fetch_add(1, std::memory_order_relaxed));
  const Duration passed = base::monotonic_now() - began_;
  return Time(epoch_ + began_ + speed_ * passed + skew_ + uniform(rng, jitter_));
}

void Recording::append(const Recording& other) {
  asked.insert(asked.end(), other.asked.begin(), other.asked.end());
  answered.insert(answered.end(), other.answered.begin(), other.answered.end());
  refused += other.refused;
  errors += other.errors;
  throttled += other.throttled;
  lasting += other.lasting;
  late += other.late;
  if (!other.last_error.empty()) last_error = other.last_error;
}

RecordingFile::RecordingFile(const std::string& path)
    : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)) {
  WEIR_CHECK(descriptor_ >= 0);
}

RecordingFile::~RecordingFile() {
  ::close(descriptor_);
}

// One write: a line is there whole or not at all.
void RecordingFile::append(const std::string& line) const {
  WEIR_CHECK(::write(descriptor_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
}

void RecordingFile::admitted(Time asked, Time answered, std::int64_t cost) const {
  std::ostringstream line;
  line << "admitted " << asked.time_since_epoch().count() << ' '
       << answered.time_since_epoch().count() << ' ' << cost << '\n';
  append(line.str());
}

void RecordingFile::ended(const Recording& totals) const {
  std::string last_error = totals.last_error;
  std::replace(last_error.begin(), last_error.end(), '\n', ' ');
  std::ostringstream line;
  line << "ended " << totals.refused << ' ' << totals.errors << ' ' << totals.throttled << ' '
       << totals.lasting << ' ' << totals.late << ' ' << std::quoted(last_error) << '\n';
  append(line.str());
}

Recording read_recording(const std::string& path) {
  Recording recording;
  std::ifstream in(path);
  std::string word;
  while (in >> word) {
    if (word == "admitted") {
      std::int64_t asked_ns = 0, answered_ns = 0, cost = 0;
      in >> asked_ns >> answered_ns >> cost;
      recording.asked.push_back({Time(Duration(asked_ns)), cost});
      recording.answered.push_back({Time(Duration(answered_ns)), cost});
    } else {
      WEIR_CHECK(word == "ended");
      in >> recording.refused >> recording.errors >> recording.throttled >> recording.lasting >>
          recording.late >> std::quoted(recording.last_error);
      recording.ended = true;
    }
    WEIR_CHECK(in);
  }
  return recording;
}

namespace {

// One crowd member's way of asking, and what it has come to.
class Recorder {
 public:
  Recorder(store::Store& store, const RecordingPlan& plan, Clock& node_clock, std::uint64_t seed,
           const RecordingFile* file)
      : store_(store),
        plan_(plan),
        node_clock_(node_clock),
        file_(file),
        rng_(seed),
        request_{.key = from_hex(plan.key_hex), .limit = plan.limit()} {
    request_.budget = plan.patience;
  }

  void ask_once() {
    const Duration asked = base::monotonic_now();
    request_.now = node_clock_.now();
    request_.cost = 1 + static_cast<std::int64_t>(rng_.below(3));
    const auto outcome = store_.charge(request_);
    const Duration answered = base::monotonic_now();
    if (!outcome) {
      note(outcome.error());
      if (plan_.habit == Habit::uses_unknown) admitted(asked, answered);
    } else if (!outcome->charge.admitted) {
      ++recording.refused;
      if (outcome->local) base::sleep_for(kPause);
    } else if (answered - asked > plan_.patience) {
      ++recording.late;
    } else if (rng_.below(8) == 0) {
      give_back(outcome->charge.slot);
    } else {
      admitted(asked, answered);
    }
  }

  Recording recording;

 private:
  void admitted(Duration asked, Duration answered) {
    const Time asked_at(plan_.epoch + asked);
    const Time answered_at(plan_.epoch + answered);
    if (file_ != nullptr) file_->admitted(asked_at, answered_at, request_.cost);
    recording.asked.push_back({asked_at, request_.cost});
    recording.answered.push_back({answered_at, request_.cost});
  }

  void give_back(std::int64_t slot) {
    for (int left = plan_.habit == Habit::gives_back_twice ? 2 : 1; left > 0; --left) {
      const Status given = store_.give_back(request_, slot);
      if (!given) note(given.error());
    }
  }

  void note(const Error& error) {
    ++recording.errors;
    recording.throttled += error.code == ErrorCode::throttled ? 1 : 0;
    recording.lasting += error.transient ? 0 : 1;
    recording.last_error = error.to_string();
  }

  store::Store& store_;
  const RecordingPlan& plan_;
  Clock& node_clock_;
  const RecordingFile* file_;
  Rng rng_;
  store::ChargeRequest request_;
};

}  // namespace

Recording record(store::Store& store, const RecordingPlan& plan, Clock& node_clock,
                 std::uint64_t seed, const std::atomic<bool>& stop, const RecordingFile* file) {
  Recorder recorder(store, plan, node_clock, seed, file);
  while (!stop && base::monotonic_now() < plan.until) recorder.ask_once();
  return std::move(recorder.recording);
}

std::string to_hex(const Key& key) {
  std::ostringstream text;
  text << std::hex << std::setfill('0');
  for (const std::byte byte : key.bytes) text << std::setw(2) << std::to_integer<int>(byte);
  return text.str();
}

}  // namespace weir::test
