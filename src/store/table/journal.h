// Journal: what a record was before a change that is not finished.
//
// A process may be killed at any instruction. Whoever changes a record copies it here first;
// whoever takes the lock of the dead copies it back. The change was part of a request that was
// never answered, so the record is then as if that request had not been.
//
//   offset  bytes  field
//   0       4      the record, as the index writes it; 0: none is being changed
//   4       4      its size in units
//   64      ...    its bytes
//
// Thread safety: the shard's lock guards it. A kill ends a process between two instructions, and
// what it stored before is seen by all others, so the order of the stores is all that matters; the
// compiler is kept from changing it (a signal fence), the processor keeps it by itself.
#pragma once

#include <atomic>
#include <cstring>

#include "store/table/shard.h"

namespace weir::store {

class Journal {
 public:
  explicit Journal(const Shard& shard) : bytes_(shard.journal()) {}

  void begin(const Shard& shard, std::uint32_t unit, std::size_t units) const {
    std::memcpy(bytes_ + 64, shard.record_at_unit(unit).bytes(), units * kRecordUnit);
    put(4, static_cast<std::uint32_t>(units));
    std::atomic_signal_fence(std::memory_order_seq_cst);
    put(0, unit);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  void end() const {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    put(0, 0);
  }

  // Takes an unfinished change back, if there is one.
  void undo(const Shard& shard) const {
    const std::uint32_t unit = get(0);
    const std::uint32_t units = get(4);
    if (unit == 0) return;
    if (shard.has_unit(unit, units)) {
      std::memcpy(shard.record_at_unit(unit).bytes(), bytes_ + 64, units * kRecordUnit);
    }
    end();
  }
  bool is_empty() const { return get(0) == 0; }

 private:
  std::uint32_t get(std::size_t offset) const {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes_ + offset, sizeof(value));
    return value;
  }
  void put(std::size_t offset, std::uint32_t value) const {
    std::memcpy(bytes_ + offset, &value, sizeof(value));
  }

  std::byte* bytes_;
};

}  // namespace weir::store
