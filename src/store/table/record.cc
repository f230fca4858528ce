#include "store/memory/record.h"

namespace weir::store {

limit::Geometry RecordShape::geometry() const {
  const auto geometry = limit::Geometry::unpack(word_ >> 2);
  WEIR_CHECK(geometry);
  return *geometry;
}

std::size_t RecordShape::record_size() const {
  const std::size_t counts = (static_cast<std::size_t>(geometry().slots()) + 2) << width_code();
  return (kRecordHeader + counts + kRecordUnit - 1) / kRecordUnit * kRecordUnit;
}

void Record::write(const Key& key, RecordShape shape, const limit::WindowState& state) {
  std::memset(bytes_, 0, shape.record_size());
  std::memcpy(bytes_, key.bytes.data(), sizeof(KeyTag));
  put(16, shape.word());
  with_window(shape.geometry(), [&]<class Count>(limit::WindowRef<Count> window) {
    *window.newest = state.newest;
    *window.total = state.total;
    for (std::size_t i = 0; i < window.counts.size(); ++i) {
      window.counts[i] = static_cast<Count>(state.counts[i]);
    }
    return 0;
  });
}

limit::WindowState Record::state() const {
  limit::WindowState state;
  with_window(shape().geometry(), [&](auto window) {
    state.newest = *window.newest;
    state.total = *window.total;
    std::copy(window.counts.begin(), window.counts.end(), state.counts.begin());
    return 0;
  });
  return state;
}

void Record::give_back(std::int64_t slot, std::int64_t cost) {
  const limit::Geometry geometry = shape().geometry();
  with_window(geometry, [&](auto window) {
    limit::give_back(window, geometry, slot, cost);
    return 0;
  });
}

bool Record::is_empty() const {
  return with_window(shape().geometry(), [](auto window) { return *window.total == 0; });
}

Time Record::end_of_life() const {
  if (is_empty()) return Time::min();
  const limit::Geometry geometry = shape().geometry();
  return geometry.slot_start(read(24) + geometry.slots() + 1);
}

}  // namespace weir::store
