// Prober: sends probes within the bounds that the user agreed to, and knows when to stop.
//
// Promises: never more than max_requests in total, never more than per_second in any second (except
// inside a volley, whose size is bounded), never more than kMaxTogether in flight. It stops for
// good when the user interrupts, when a bound is reached, or when the target suffers: then every
// send returns Failure::not_sent, and stop_reason() says why. Before it comes to that it backs off:
// where answers take far longer than they did at first, or every other one fails, the next request
// waits. Thread safety: one thread at a time;
// interrupt flags may be set from anywhere.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scan/probe/transport.h"
#include "weir/clock.h"

namespace weir::scan {

// Waits until `until`; false if the wait was cut short because the user interrupts. In tests the
// virtual clock is moved instead.
using WaitUntil = std::function<bool(Time until, std::string_view why)>;

struct ProbeBounds {
  int max_requests = 2000;
  int kept_back = 0;  // of those, for what comes after ...
  int spent = 0;      // ... and what was sent before
  int per_second = 400;
  Duration max_time = std::chrono::minutes(10);
};

class Prober {
 public:
  // `began`: when the scan began, if that was before; max_time counts from then.
  Prober(Transport& transport, Clock& clock, WaitUntil wait_until, ProbeBounds bounds,
         std::optional<Time> began = std::nullopt);

  Response send(const Request& request);
  std::vector<Response> send_together(const std::vector<Request>& requests);

  // See Transport; of `request` at most so many are sent. That one is not answered says nothing of
  // the target's health here: it may be able to do one thing at a time only.
  std::vector<Response> send_while_holding(const Request& held, const Request& request, int most,
                                           const std::function<bool(const Response&)>& go_on);

  // Seconds since the scan began.
  double now_s() const { return seconds(clock_.now()); }
  double seconds(Time time) const;
  // Returns at once if the time has passed or the scan stopped.
  void wait_until(double at_s, std::string_view why);

  int requests_sent() const { return sent_; }
  int requests_left() const {
    return bounds_.max_requests - bounds_.kept_back - bounds_.spent - sent_;
  }
  // It stopped because so many requests were sent, and for no other reason.
  bool used_up() const { return used_up_; }
  bool stopped() const { return !stop_reason_.empty(); }
  bool interrupted() const { return interrupted_; }
  const std::string& stop_reason() const { return stop_reason_; }
  // How often it waited for the target to recover.
  int backed_off() const { return backed_off_; }
  // Median time of an answered exchange so far, in seconds.
  double typical_latency_s() const;

 private:
  void pace();
  void note_health(const Response& response);
  void note_latency(double seconds);
  void back_off();
  bool may_send(int count);

  Transport& transport_;
  Clock& clock_;
  WaitUntil wait_until_;
  ProbeBounds bounds_;
  Time started_;
  int sent_ = 0;
  Time second_began_{};
  int sent_this_second_ = 0;
  int silent_in_a_row_ = 0;
  std::vector<double> latencies_;  // of the last kLatencies answered exchanges
  double calm_latency_s_ = 0;      // median of the first kCalm; 0: not known yet
  int late_in_a_row_ = 0;
  int backed_off_ = 0;
  bool interrupted_ = false;
  bool used_up_ = false;
  std::string stop_reason_;
};

}  // namespace weir::scan
