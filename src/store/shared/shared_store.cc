#include "store/shared/shared_store.h"

#include <algorithm>

namespace weir::store {
namespace {

// For a look at the whole store, not for deciding.
constexpr Duration kPatience = std::chrono::seconds(2);

std::string hex(const KeyTag& tag) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : tag) {
    text += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    text += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<SharedStore>> SharedStore::open(const SharedStoreOptions& options) {
  auto file = SharedFile::open(options.file, options.max_keys, options.missing);
  if (!file) return tl::unexpected(file.error());
  const auto refuse = [&](Error error) {
    return tl::unexpected(std::move(error).at(options.file));
  };
  const bool is_alone = file->is_alone();
  if (!is_alone && !file->locks_are_valid()) {
    return fail(ErrorCode::unsupported, options.file + " is in use under another kernel",
                "let the processes of one machine only use it");
  }
  std::unique_ptr<SharedStore> store(new SharedStore(std::move(*file)));
  if (is_alone) {
    if (!store->file_.locks_are_valid()) {
      if (Status made = store->locks().make_all(); !made) return refuse(made.error());
      store->file_.claim_locks();
    }
    if (options.mend) free_stray_chunks(store->file_.data(), store->layout());
    // Also what was written long ago, by a process that had no chance to finish, is mended now.
    const Status repaired =
        !options.mend
            ? Status()
            : store->with_each_shard([&](const Shard& shard) { store->locks().repair(shard); });
    if (!repaired) return refuse(repaired.error());
    if (Status admitted = store->file_.admit_others(); !admitted) return refuse(admitted.error());
  }
  return store;
}

template <class F>
Status SharedStore::with_each_shard(F f) {
  for (std::size_t number = 0; number < layout().shards; ++number) {
    Shard each = shard(number);
    const auto held = locks().hold(each, kPatience);
    if (!held) return tl::unexpected(held.why_not());
    f(each);
  }
  return {};
}

Result<StoreSummary> SharedStore::summary(Time now) {
  StoreSummary summary{.max_keys = layout().max_keys,
                       .bytes = layout().bytes,
                       .arena = layout().chunks * Layout::kChunkBytes};
  const Status looked = with_each_shard([&](const Shard& shard) {
    shard.for_each([&](const Record& record, std::size_t units) {
      ++summary.keys;
      if (record.flaw(units).empty() && record.end_of_life() > now) ++summary.live;
    });
    summary.arena_taken += shard.chunks() * Layout::kChunkBytes;
  });
  if (!looked) return tl::unexpected(looked.error());
  return summary;
}

Status SharedStore::for_each_key(const std::function<void(const KeyLine&)>& f) {
  return with_each_shard([&](const Shard& shard) {
    shard.for_each([&](const Record& record, std::size_t units) {
      if (!record.flaw(units).empty()) return;
      f({.tag = record.tag(),
         .algorithm = record.algorithm(),
         .bytes = units * kRecordUnit,
         .live_until = record.end_of_life()});
    });
  });
}

Result<std::vector<std::string>> SharedStore::flaws() {
  std::vector<std::string> found;
  const auto tell = [&](std::string flaw) {
    if (found.size() < kMaxFlaws) found.push_back(std::move(flaw));
  };
  const Status looked = with_each_shard([&](const Shard& shard) {
    std::size_t records = 0;
    shard.for_each([&](const Record& record, std::size_t units) {
      ++records;
      const std::string_view flaw = record.flaw(units);
      if (!flaw.empty()) tell("key " + hex(record.tag()) + ": " + std::string(flaw));
      if (!shard.has_in_index(record)) {
        tell("key " + hex(record.tag()) + ": the index does not lead to it");
      }
    });
    const std::string which = "shard " + std::to_string(shard.number()) + ": ";
    if (records != shard.keys()) {
      tell(which + std::to_string(records) + " keys, but " + std::to_string(shard.keys()) +
           " are counted");
    }
    if (shard.places_taken() != records) {
      tell(which + "its index has " + std::to_string(shard.places_taken()) + " entries for " +
           std::to_string(records) + " keys");
    }
    if (!shard.free_lists_are_whole()) tell(which + "its free records are not in its lists");
    if (!Journal(shard).is_empty()) tell(which + "a change is unfinished");
  });
  if (!looked) return tl::unexpected(looked.error());
  return found;
}

Result<std::size_t> SharedStore::forget_all() {
  std::size_t forgotten = 0;
  for (std::size_t number = 0; number < layout().shards; ++number) {
    auto in_shard = erase_if(shard(number), kPatience, [](const Record&) { return true; });
    if (!in_shard) return in_shard;
    forgotten += *in_shard;
  }
  return forgotten;
}

}  // namespace weir::store
