// The limiters that an API may run, as the hypotheses of the replay fit: each a few lines, pure, on
// times in seconds.
//
// admit(t) says whether a request at t passes and charges it if so. Times must not decrease.
// Thread safety: plain values.
//
//   SlidingLog log(5, 10.0);
//   log.admit(0.0);  // true
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>

namespace weir::scan::candidates {

// N in each window [k*W + phase, (k+1)*W + phase), as INCR on a key that holds the window's number.
class FixedClock {
 public:
  FixedClock(int n, double window, double phase) : n_(n), window_(window), phase_(phase) {}
  bool admit(double t) {
    const double index = std::floor((t - phase_) / window_);
    if (index != index_) {
      index_ = index;
      used_ = 0;
    }
    return used_ < n_ ? ++used_, true : false;
  }

 private:
  int n_;
  double window_, phase_, index_ = -1e18;
  int used_ = 0;
};

// N in a window that starts with the first request after the last one ended.
class FixedFirstHit {
 public:
  FixedFirstHit(int n, double window) : n_(n), window_(window) {}
  bool admit(double t) {
    if (t >= ends_) {
      ends_ = t + window_;
      used_ = 0;
    }
    return used_ < n_ ? ++used_, true : false;
  }

 private:
  int n_;
  double window_, ends_ = -1e18;
  int used_ = 0;
};

// Never more than N in any window. With counts_refused, refused requests are entered as well, as
// the sorted-set recipe for Redis does.
class SlidingLog {
 public:
  SlidingLog(int n, double window, bool counts_refused = false)
      : n_(static_cast<std::size_t>(n)), window_(window), counts_refused_(counts_refused) {}
  bool admit(double t) {
    while (!times_.empty() && times_.front() <= t - window_) times_.pop_front();
    const bool room = times_.size() < n_;
    if (room || counts_refused_) times_.push_back(t);
    return room;
  }

 private:
  std::size_t n_;
  double window_;
  bool counts_refused_;
  std::deque<double> times_;
};

// The last period's count fades out over this one: previous * (1 - fraction) + current < N.
class SlidingCounter {
 public:
  SlidingCounter(int n, double window, double phase) : n_(n), window_(window), phase_(phase) {}
  bool admit(double t) {
    const double position = (t - phase_) / window_;
    const double index = std::floor(position);
    if (index != index_) {
      previous_ = index == index_ + 1 ? current_ : 0;
      current_ = 0;
      index_ = index;
    }
    if (previous_ * (1 - (position - index)) + current_ >= n_) return false;
    ++current_;
    return true;
  }

 private:
  double n_, window_, phase_, index_ = -1e18;
  double previous_ = 0, current_ = 0;
};

// N at once, then one every W/N: a token bucket, a leaky bucket without delay, GCRA.
class TokenBucket {
 public:
  TokenBucket(int n, double window) : capacity_(n), rate_(n / window), tokens_(n) {}
  bool admit(double t) {
    tokens_ = std::min(capacity_, tokens_ + (t - last_) * rate_);
    last_ = t;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double capacity_, rate_, tokens_;
  double last_ = 0;
};

}  // namespace weir::scan::candidates
