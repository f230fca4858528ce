#include "scan/probe/prober.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::scan {
namespace {

// So many exchanges in a row without any answer: the target is down or drops us.
constexpr int kMaxSilentInARow = 8;
constexpr std::size_t kLatencies = 200;
// So many answers in a row that each took this many times as long as the first ones did, and this
// long at least: the target suffers. A wait for it, doubled each time, up to kMostBackOffs.
constexpr std::size_t kCalm = 5;
constexpr int kLateInARow = 10;
constexpr double kLateTimes = 20;
constexpr double kLateS = 1.0;
constexpr double kBackOffS = 0.5;
constexpr double kPatienceS = 1.0;  // while a request is held back
constexpr int kMostBackOffs = 5;

Response not_sent(Time now, const std::string& why) {
  Response response;
  response.failure = Failure::not_sent;
  response.failure_text = why;
  response.sent = response.answered = now;
  return response;
}

}  // namespace

Prober::Prober(Transport& transport, Clock& clock, WaitUntil wait_until, ProbeBounds bounds,
               std::optional<Time> began)
    : transport_(transport),
      clock_(clock),
      wait_until_(std::move(wait_until)),
      bounds_(bounds),
      started_(began.value_or(clock.now())) {}

double Prober::seconds(Time time) const {
  return std::chrono::duration<double>(time - started_).count();
}

void Prober::wait_until(double at_s, std::string_view why) {
  if (stopped()) return;
  const Time until =
      started_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(at_s));
  if (until <= clock_.now()) return;
  if (!wait_until_(until, why)) {
    interrupted_ = true;
    stop_reason_ = "interrupted by the user";
  }
}

bool Prober::may_send(int count) {
  if (stopped()) return false;
  const Time now = clock_.now();
  // A wait of no length: how an interrupt is noticed between requests.
  if (!wait_until_(now, "")) {
    interrupted_ = true;
    stop_reason_ = "interrupted by the user";
  } else if (count > requests_left()) {
    used_up_ = true;
    stop_reason_ = fmt::format("the bound of {} requests is reached", bounds_.max_requests);
    if (bounds_.kept_back > 0) {
      stop_reason_ +=
          fmt::format(", of which {} were kept for the other categories", bounds_.kept_back);
    }
  } else if (now - started_ > bounds_.max_time) {
    stop_reason_ = "the bound on the scan's time is reached";
  }
  return !stopped();
}

void Prober::pace() {
  const Time now = clock_.now();
  if (now - second_began_ >= std::chrono::seconds(1)) {
    second_began_ = now;
    sent_this_second_ = 0;
  }
  if (sent_this_second_ < bounds_.per_second) return;
  wait_until(seconds(second_began_) + 1.0, "keeping to the rate that was agreed");
  second_began_ = clock_.now();
  sent_this_second_ = 0;
}

void Prober::note_health(const Response& response) {
  if (response.ok()) {
    silent_in_a_row_ = 0;
    if (latencies_.size() == kLatencies) latencies_.erase(latencies_.begin());
    const double seconds = std::chrono::duration<double>(response.answered - response.sent).count();
    latencies_.push_back(seconds);
    note_latency(seconds);
    return;
  }
  // A refused or odd probe may be cut off on purpose; many in a row mean that the target suffers.
  if (++silent_in_a_row_ >= kMaxSilentInARow && !stopped()) {
    stop_reason_ = fmt::format("no answer to {} requests in a row: {}", silent_in_a_row_,
                               response.failure_text);
  }
}

void Prober::note_latency(double seconds) {
  if (calm_latency_s_ <= 0) {
    if (latencies_.size() >= kCalm) calm_latency_s_ = typical_latency_s();
    return;
  }
  const bool late = seconds > std::max(kLateS, kLateTimes * calm_latency_s_);
  late_in_a_row_ = late ? late_in_a_row_ + 1 : 0;
}

void Prober::back_off() {
  if (late_in_a_row_ < kLateInARow && silent_in_a_row_ < kMaxSilentInARow / 2) return;
  if (late_in_a_row_ >= kLateInARow && backed_off_ >= kMostBackOffs) {
    stop_reason_ = fmt::format(
        "the target suffers: its answers take {:.1f} s instead of {:.3f} s, also after waiting",
        latencies_.back(), calm_latency_s_);
    return;
  }
  const double wait_s = kBackOffS * static_cast<double>(1 << std::min(backed_off_, kMostBackOffs));
  ++backed_off_;
  late_in_a_row_ = 0;
  wait_until(now_s() + wait_s, "the target is slow: giving it time");
}

Response Prober::send(const Request& request) {
  if (may_send(1)) back_off();
  if (stopped()) return not_sent(clock_.now(), stop_reason_);
  pace();
  ++sent_;
  ++sent_this_second_;
  Response response = transport_.send(request);
  note_health(response);
  return response;
}

std::vector<Response> Prober::send_together(const std::vector<Request>& requests) {
  const int count = static_cast<int>(requests.size());
  if (!may_send(count)) {
    return std::vector<Response>(requests.size(), not_sent(clock_.now(), stop_reason_));
  }
  sent_ += count;
  sent_this_second_ += count;
  std::vector<Response> responses = transport_.send_together(requests);
  for (const Response& response : responses) note_health(response);
  return responses;
}

std::vector<Response> Prober::send_while_holding(
    const Request& held, const Request& request, int most,
    const std::function<bool(const Response&)>& go_on) {
  if (!may_send(most + 1)) return {};
  const auto patience = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::max(kPatienceS, kLateTimes * typical_latency_s())));
  int count = 0;
  std::vector<Response> responses = transport_.send_while_holding(
      held, request, patience,
      [&](const Response& response) { return ++count < most && go_on(response); });
  sent_ += static_cast<int>(responses.size());
  sent_this_second_ += static_cast<int>(responses.size());
  return responses;
}

double Prober::typical_latency_s() const {
  if (latencies_.empty()) return 0.005;
  std::vector<double> sorted = latencies_;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                   sorted.end());
  return sorted[sorted.size() / 2];
}

}  // namespace weir::scan
