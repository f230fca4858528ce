// The limiters that an API may run, as the hypotheses of the replay fit: each a few lines, pure, on
// times in seconds.
//
// room(t) says whether a request at t would pass, and changes nothing. charge(t) enters one that
// passed, whether there was room or not: what was seen is what counts. refuse(t) enters a refused
// one, for those that count these too. admit(t) is the limiter itself. Times must not decrease.
// Thread safety: plain values.
//
//   SlidingLog log(5, 10.0);
//   admit(log, 0.0);  // true
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>

namespace weir::scan::candidates {

enum class Refused { free, counted };

template <class Engine>
bool admit(Engine& engine, double t) {
  const bool passes = engine.room(t);
  if (passes) {
    engine.charge(t);
  } else {
    engine.refuse(t);
  }
  return passes;
}

// N in each window [k*W + phase, (k+1)*W + phase), as INCR on a key that holds the window's number.
class FixedClock {
 public:
  FixedClock(int n, double window, double phase) : n_(n), window_(window), phase_(phase) {}
  bool room(double t) const { return index(t) != index_ || used_ < n_; }
  void charge(double t) {
    if (index(t) != index_) used_ = 0;
    index_ = index(t);
    ++used_;
  }
  void refuse(double) {}

 private:
  double index(double t) const { return std::floor((t - phase_) / window_); }

  int n_;
  double window_, phase_, index_ = -1e18;
  int used_ = 0;
};

// N in a window that starts with the first request after the last one ended.
class FixedFirstHit {
 public:
  FixedFirstHit(int n, double window) : n_(n), window_(window) {}
  bool room(double t) const { return t >= ends_ || used_ < n_; }
  void charge(double t) {
    if (t >= ends_) {
      ends_ = t + window_;
      used_ = 0;
    }
    ++used_;
  }
  void refuse(double) {}

 private:
  int n_;
  double window_, ends_ = -1e18;
  int used_ = 0;
};

// A count that every request keeps alive, refused ones too, and that is forgotten once nothing came
// for W: INCR and EXPIRE each time.
class ElasticWindow {
 public:
  ElasticWindow(int n, double window) : n_(n), window_(window) {}
  bool room(double t) const { return t >= ends_ || used_ < n_; }
  void charge(double t) {
    if (t >= ends_) used_ = 0;
    ++used_;
    ends_ = t + window_;
  }
  void refuse(double t) { charge(t); }

 private:
  int n_;
  double window_, ends_ = -1e18;
  int used_ = 0;
};

// Never more than N in any window. With Refused::counted, refused requests are entered as well, as
// the sorted-set recipe for Redis does.
class SlidingLog {
 public:
  SlidingLog(int n, double window, Refused refused = Refused::free)
      : n_(static_cast<std::size_t>(n)), window_(window), refused_(refused) {}
  bool room(double t) const {
    return times_.size() < n_ || times_[times_.size() - n_] <= t - window_;
  }
  void charge(double t) {
    while (times_.size() > n_) times_.pop_front();  // no older one can decide any more
    times_.push_back(t);
  }
  void refuse(double t) {
    if (refused_ == Refused::counted) charge(t);
  }

 private:
  std::size_t n_;
  double window_;
  Refused refused_;
  std::deque<double> times_;
};

// The last period's count fades out over this one: previous * (1 - fraction) + current < N.
class SlidingCounter {
 public:
  SlidingCounter(int n, double window, double phase, Refused refused = Refused::free)
      : n_(n), window_(window), phase_(phase), refused_(refused) {}
  bool room(double t) const {
    const Count count = at(t);
    const double fraction = (t - phase_) / window_ - count.index;
    return count.previous * (1 - fraction) + count.current < n_;
  }
  void charge(double t) {
    count_ = at(t);
    ++count_.current;
  }
  void refuse(double t) {
    if (refused_ == Refused::counted) charge(t);
  }

 private:
  struct Count {
    double index = -1e18, previous = 0, current = 0;
  };
  Count at(double t) const {
    const double index = std::floor((t - phase_) / window_);
    if (index == count_.index) return count_;
    return {index, index == count_.index + 1 ? count_.current : 0, 0};
  }

  double n_, window_, phase_;
  Refused refused_;
  Count count_;
};

// N at once, then one every W/N: a token bucket, a leaky bucket without delay, GCRA.
class TokenBucket {
 public:
  TokenBucket(int n, double window) : capacity_(n), rate_(n / window), tokens_(n) {}
  bool room(double t) const { return tokens_at(t) >= 1; }
  void charge(double t) {
    tokens_ = std::max(0.0, tokens_at(t) - 1);
    last_ = t;
  }
  void refuse(double) {}

 private:
  double tokens_at(double t) const { return std::min(capacity_, tokens_ + (t - last_) * rate_); }

  double capacity_, rate_, tokens_;
  double last_ = 0;
};

}  // namespace weir::scan::candidates
