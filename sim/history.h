// History: what happened in a run, in order of real time.
//
// Every run keeps a digest of all events, so that two runs can be compared; a run that is looked at
// keeps the events too, and prints one line for each.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/time.h"

namespace weir::sim {

enum class What : std::uint8_t {
  asks,        // a: what the node's clock says, b: cost
  sends,       // text: the write
  lost,        // a message does not arrive; a: 0 the request, 1 its answer
  arrives,     // at the table; text: what it did
  admits,      // a: remaining
  refuses,     // a: room at, b: 1 if known without asking
  undecided,   // text: why
  gives_back,  // text: the write
  finishes,    // a request that held a place is done
  fault,       // text: what happens to a node or to a message
  deleted,     // by the table, as past its time to live
};

struct Event {
  Time at{};
  What what = What::asks;
  int node = -1;  // -1: the table
  int key = 0;
  std::uint32_t request = 0;  // request_number()
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::string text = {};
};

class History {
 public:
  // keeps: whether events are kept. Without it a run only pays for the digest.
  explicit History(bool keeps, Time start) : keeps_(keeps), start_(start) {}

  bool keeps() const { return keeps_; }

  // The numbers go into the digest; text() is called only when events are kept, and must be a
  // function of what is in the digest.
  template <class Text>
  void note(Time at, What what, int node, int key, std::uint32_t request, std::int64_t a,
            std::int64_t b, Text text) {
    mix(static_cast<std::uint64_t>(at.time_since_epoch().count()));
    mix((static_cast<std::uint64_t>(what) << 56U) ^ (static_cast<std::uint64_t>(node + 1) << 48U) ^
        (static_cast<std::uint64_t>(key) << 32U) ^ request);
    mix(static_cast<std::uint64_t>(a));
    mix(static_cast<std::uint64_t>(b));
    if (keeps_) events_.push_back({at, what, node, key, request, a, b, text()});
  }
  void note(Time at, What what, int node, int key, std::uint32_t request, std::int64_t a = 0,
            std::int64_t b = 0) {
    note(at, what, node, key, request, a, b, [] { return std::string(); });
  }

  std::uint64_t digest() const { return digest_; }
  // One line an event.
  std::string text() const;

 private:
  void mix(std::uint64_t word) {
    digest_ = (digest_ ^ word) * 0x9E3779B97F4A7C15U;
    digest_ ^= digest_ >> 29U;
  }

  const bool keeps_;
  const Time start_;
  std::uint64_t digest_ = 0xCBF29CE484222325U;
  std::vector<Event> events_;
};

// "+1.250000000": seconds since the start, to the nanosecond.
std::string since_start(Time at, Time start);

}  // namespace weir::sim
