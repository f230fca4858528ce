// RequestMemory: which requests were admitted lately, by their ids, so that one that is sent again
// (by a client library, a proxy, a gRPC channel) is answered as before and charged once.
//
// What it covers: the same id from the same caller under the same rules, on this node, for as long
// as the longest window of those rules and kLongestLife at most, among the kMaxRequests latest. A
// second that arrives while the first is being decided waits for it, kLongestWait at most.
// A request in flight that is finished is forgotten under rules that count such requests.
// What it does not: another node, another process. And only admissions are kept: what charged
// nothing is decided anew, so that a caller who waited as told is not refused by an old refusal.
//
// An id that the caller may choose is a way around every limit: use only ids that something made
// which you trust, such as your own proxy.
//
// Thread safety: every member may be called from any thread at once.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/key.h"
#include "weir/decision.h"
#include "weir/time.h"

namespace weir::engine {

class RequestMemory {
 public:
  static constexpr std::size_t kMaxRequests = 65'536;
  static constexpr Duration kLongestLife = std::chrono::minutes(10);
  static constexpr Duration kLongestWait = std::chrono::seconds(1);

  // The decision of the same request, if there is one. nullopt: the caller decides, and owes end().
  std::optional<Decision> begin(const Key& request, Time now);

  // life: how long an admission is remembered.
  void end(const Key& request, const Decision& decision, Time now, Duration life);

 private:
  struct Entry {
    std::optional<Decision> decision;  // nullopt: it is being decided
    Time until{};
  };
  static constexpr std::size_t kShards = 16;
  struct Shard {
    std::mutex mutex;  // guards the rest
    std::condition_variable decided;
    std::unordered_map<Key, Entry, KeyHash> entries;
    std::deque<Key> by_age;  // of those that are decided; may name some that are gone
  };
  Shard& shard_of(const Key& request) { return shards_.at(request.hash() % kShards); }

  std::array<Shard, kShards> shards_;
};

}  // namespace weir::engine
