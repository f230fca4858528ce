// A target in virtual time: a limiter out of limit_model/candidates behind a make-believe wire.
// Waiting moves its clock, sending takes a round trip. So a scan of a ten-second window takes
// milliseconds, and always goes the same way.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "scan/limit_model/candidates/engines.h"
#include "scan/scan.h"

namespace weir::scan::test {

class VirtualClock final : public Clock {
 public:
  Time now() override { return now_; }
  void advance(double seconds) {
    now_ += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  }
  double seconds() const { return std::chrono::duration<double>(now_.time_since_epoch()).count(); }

 private:
  Time now_{std::chrono::seconds(1'700'000'000)};
};

using Admit = std::function<bool(double t)>;

struct Behaviour {
  std::function<Admit()> limiter = {};  // a new counter; empty: no limit
  // Which counter a request is counted on, and its status apart from the limit (200 or an error).
  std::function<std::string(const Request&)> key = [](const Request&) { return std::string(); };
  std::function<int(const Request&)> status = [](const Request& request) {
    return request.target.substr(0, request.target.find('?')) == "/quote" ? 200 : 404;
  };
  int refusal = 429;
  // Not counted at all, although it is served.
  std::function<bool(const Request&)> exempt = [](const Request&) { return false; };
  // Finishes an answer that is not refused: another body, more headers.
  std::function<void(const Request&, Response&)> finish = [](const Request&, Response&) {};
  std::function<std::string(double wait_guess)> retry_after = {};  // empty: no header
  double fault_share = 0;       // answered with 503 at random, after the limit has counted
  bool races = false;           // a volley reads the counter before it writes it
  bool races_when_new = false;  // ... but only where there is no counter yet
  // How long an answer takes beyond the way there and back.
  std::function<double(const Response&)> takes_s = [](const Response&) { return 0.0; };
  double turn_s = 0;   // > 0: each request waits until so long after the one before
  int slow_after = 0;  // > 0: after so many requests each takes three seconds
  bool addresses_count_apart = false;
  int processes = 1;  // with counters of their own, which take turns; a held request keeps one busy
};

class VirtualTarget final : public Transport {
 public:
  VirtualTarget(VirtualClock& clock, Behaviour behaviour, std::uint64_t seed)
      : clock_(clock), behaviour_(std::move(behaviour)), rng_(seed) {
    clock_.advance(static_cast<double>(rng_.below(100000)) / 1000.0);  // a random phase
  }

  Response send(const Request& request) override {
    Response response;
    response.sent = clock_.now();
    clock_.advance(0.0005 + static_cast<double>(rng_.below(2000)) / 1e6);
    answer(request, response);
    clock_.advance(behaviour_.takes_s(response));
    if (behaviour_.slow_after > 0 && ++served_ > behaviour_.slow_after) clock_.advance(3.0);
    if (behaviour_.turn_s > 0) {
      next_turn_s_ = std::max(next_turn_s_, clock_.seconds());
      clock_.advance(next_turn_s_ - clock_.seconds());
      next_turn_s_ += behaviour_.turn_s;
    }
    clock_.advance(0.0005 + static_cast<double>(rng_.below(2000)) / 1e6);
    response.answered = clock_.now();
    return response;
  }

  Behaviour& behaviour() { return behaviour_; }

  std::vector<Response> send_together(std::span<const Request> requests) override {
    std::vector<Response> responses(requests.size());
    clock_.advance(0.06);
    for (Response& response : responses) response.sent = clock_.now();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      racing_ = (behaviour_.races || (behaviour_.races_when_new && met_none_)) && i > 0;
      clock_.advance(0.0005);
      answer(requests[i], responses[i]);
      responses[i].answered = clock_.now();
    }
    racing_ = false;
    return responses;
  }

  std::vector<Response> send_while_holding(
      const Request& held, const Request& request, Duration,
      const std::function<bool(const Response&)>& go_on) override {
    std::vector<Response> responses;
    busy_ = next_process();
    do {
      responses.push_back(send(request));
    } while (go_on(responses.back()));
    turn_ = *busy_ + behaviour_.processes - 1;
    busy_.reset();
    responses.push_back(send(held));
    return responses;
  }

 private:
  int next_process() {
    do {
      turn_ = (turn_ + 1) % behaviour_.processes;
    } while (turn_ == busy_ && behaviour_.processes > 1);
    return turn_;
  }

  void answer(const Request& request, Response& response) {
    response.status = behaviour_.status(request);
    response.headers.push_back({"Content-Type", "application/json"});
    response.body =
        response.status == 200 ? R"({"quote":"EURUSD","bid":1.08})" : R"({"error":"no"})";
    if (response.status != 200) return;
    if (behaviour_.limiter && !behaviour_.exempt(request) && !admit(request)) {
      response.status = behaviour_.refusal;
      response.body = R"({"error":"too many requests"})";
      if (behaviour_.retry_after) {
        response.headers.push_back({"Retry-After", behaviour_.retry_after(0)});
      }
    } else {
      behaviour_.finish(request, response);
    }
    if (static_cast<double>(rng_.below(10000)) < behaviour_.fault_share * 10000) {
      response.status = 503;
      response.body = "upstream fault";
    }
    if (request.method == "HEAD") response.body.clear();
  }

  bool admit(const Request& request) {
    std::string key = behaviour_.key(request);
    if (behaviour_.addresses_count_apart) key += request.source_address.value_or("");
    key += "#" + std::to_string(next_process());
    auto [counter, fresh] = counters_.try_emplace(key);
    if (fresh) counter->second = behaviour_.limiter();
    if (!racing_) met_none_ = fresh;
    if (racing_ && last_verdict_) return true;
    last_verdict_ = counter->second(clock_.seconds());
    return last_verdict_;
  }

  VirtualClock& clock_;
  Behaviour behaviour_;
  Rng rng_;
  int turn_ = 0;
  std::optional<int> busy_;
  bool racing_ = false;
  bool met_none_ = false;
  int served_ = 0;
  double next_turn_s_ = 0;
  bool last_verdict_ = false;
  std::map<std::string, Admit> counters_;
};

// A counter of any candidate engine.
template <class Engine>
std::function<Admit()> counting(Engine prototype) {
  return [prototype] {
    auto engine = std::make_shared<Engine>(prototype);
    return Admit([engine](double t) { return candidates::admit(*engine, t); });
  };
}

// Waiting moves the clock on.
inline ScanResult run_in_virtual_time(const ScanPlan& plan, Transport& target,
                                      VirtualClock& clock) {
  Listener nobody;
  return run_scan(
      plan, target, clock,
      [&clock](Time until, std::string_view) {
        if (until > clock.now()) {
          clock.advance(std::chrono::duration<double>(until - clock.now()).count());
        }
        return true;
      },
      nobody);
}

struct VirtualScan {
  explicit VirtualScan(Behaviour behaviour, std::uint64_t seed = 1)
      : target(clock, std::move(behaviour), seed) {
    plan.origin = "http://target.test";
    plan.version = "test";
    plan.seed = seed;
    plan.bounds.per_second = 100000;
    plan.categories = {"rate-limiting"};  // the others: surface_target.h
    plan.operations.push_back({Request{.method = "GET", .target = "/quote"}});
  }

  ScanResult run() { return run_in_virtual_time(plan, target, clock); }

  VirtualClock clock;
  VirtualTarget target;
  ScanPlan plan;
};

inline CheckVerdict verdict_of(const Report& report, std::string_view id) {
  for (const CheckResult& check : report.checks) {
    if (check.id == id) return check.verdict;
  }
  return CheckVerdict::not_applicable;
}

inline bool has(const Report& report, std::string_view id) {
  for (const Finding& finding : report.findings) {
    if (finding.id == id) return true;
  }
  return false;
}

inline std::string ids(const Report& report) {
  std::string all;
  for (const Finding& finding : report.findings) all += finding.id + " ";
  return all;
}

}  // namespace weir::scan::test
