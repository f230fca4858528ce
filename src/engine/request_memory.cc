#include "engine/request_memory.h"

#include <algorithm>

namespace weir::engine {

std::optional<Decision> RequestMemory::begin(const Key& request, Time now) {
  Shard& shard = shard_of(request);
  std::unique_lock lock(shard.mutex);
  const auto is_being_decided = [&] {
    const auto entry = shard.entries.find(request);
    return entry != shard.entries.end() && !entry->second.decision;
  };
  shard.decided.wait_for(lock, kLongestWait, [&] { return !is_being_decided(); });
  const auto entry = shard.entries.find(request);
  if (entry != shard.entries.end() && entry->second.decision && now < entry->second.until)
    return entry->second.decision;
  shard.entries.insert_or_assign(request, Entry{});
  return std::nullopt;
}

void RequestMemory::end(const Key& request, const Decision& decision, Time now, Duration life) {
  Shard& shard = shard_of(request);
  {
    const std::lock_guard lock(shard.mutex);
    if (decision.verdict == Verdict::admitted) {
      shard.entries.insert_or_assign(request, Entry{decision, now + std::min(life, kLongestLife)});
      shard.by_age.push_back(request);
    } else {
      shard.entries.erase(request);
    }
    // The oldest goes, unless it is being decided anew.
    while (shard.by_age.size() > kMaxRequests / kShards) {
      const auto oldest = shard.entries.find(shard.by_age.front());
      if (oldest != shard.entries.end() && oldest->second.decision) shard.entries.erase(oldest);
      shard.by_age.pop_front();
    }
  }
  shard.decided.notify_all();
}

}  // namespace weir::engine
