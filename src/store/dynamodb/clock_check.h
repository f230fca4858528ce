// ClockCheck: how far this machine's clock may be from DynamoDB's, learned from the Date header of
// its answers.
//
// An answer stamped D was made at some instant of [D, D + 1 s) by the server's clock (RFC 9110
// §5.6.7: whole seconds), between sending and receiving by ours. That bounds the skew, and the
// bounds of several answers together are narrower than each.
//
// Thread safety: all members may be called from any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "weir/time.h"

namespace weir::store {

class ClockCheck {
 public:
  explicit ClockCheck(Duration hard_bound) : hard_bound_(hard_bound) {}

  // `sent` and `received` by this machine's clock. What is not a date is ignored.
  void observe(std::string_view date, Time sent, Time received);

  struct Skew {  // ours minus theirs
    Duration least{};
    Duration most{};

    // At least this far off, to whichever side; zero while the bounds allow none.
    Duration certain() const;
  };
  std::optional<Skew> skew() const;  // nullopt before the first answer

  // An Error when the clock is certainly further off than the hard bound.
  Status verdict() const;

 private:
  const Duration hard_bound_;
  mutable std::mutex mutex_;
  std::optional<Skew> skew_;
};

// "Mon, 23 Nov 2026 21:36:20 GMT" (IMF-fixdate, RFC 9110 §5.6.7), or nullopt.
std::optional<Time> parse_http_date(std::string_view text);

}  // namespace weir::store
