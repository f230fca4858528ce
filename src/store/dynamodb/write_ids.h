// WriteIds: a number for each write of this node that no other write of any node has.
//
// An item keeps the number of its last write (attribute lw). It is the node's identity and its
// sequence number in one: a random starting point counted up and then mixed (SplitMix64's
// finaliser, which maps different numbers to different ones). So one node never repeats a number,
// and that two nodes meet in one is as likely as guessing 63 bits.
//
// Thread safety: next() may be called from any thread; renew() while nobody else calls.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::store {

class WriteIds {
 public:
  explicit WriteIds(std::uint64_t seed) : state_(seed) {}

  // Above zero.
  std::int64_t next() {
    for (;;) {
      // A Weyl sequence: relaxed, since each number only has to be handed out once.
      std::uint64_t mixed = state_.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed);
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
      mixed ^= mixed >> 31;
      // Half of them are not used, rather than folded onto the other half.
      if (mixed != 0 && mixed <= INT64_MAX) return static_cast<std::int64_t>(mixed);
    }
  }

  // Another identity: for a forked child, which would go on with its parent's numbers.
  void renew(std::uint64_t seed) { state_.store(seed, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace weir::store
