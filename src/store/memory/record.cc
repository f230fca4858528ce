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

template <class F>
auto Record::with_window(const limit::Geometry& geometry, F f) const {
  const auto with_counts_of = [&]<class Count>(Count) {
    auto* const stored_total = reinterpret_cast<Count*>(bytes_ + kRecordHeader);
    std::int64_t newest = read(24);
    auto total = static_cast<std::int64_t>(*stored_total);
    const std::span counts(stored_total + 1, static_cast<std::size_t>(geometry.slots()) + 1);
    const auto result = f(limit::WindowRef<Count>{&newest, &total, counts});
    put(24, newest);
    *stored_total = static_cast<Count>(total);
    return result;
  };
  switch (shape().width_code()) {
    case 0:
      return with_counts_of(std::uint8_t{});
    case 1:
      return with_counts_of(std::uint16_t{});
    case 2:
      return with_counts_of(std::uint32_t{});
    default:
      return with_counts_of(std::int64_t{});
  }
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

limit::Charge Record::peek(const limit::WindowLimit& limit, Time now, std::int64_t cost) const {
  return with_window(limit.geometry,
                     [&](auto window) { return limit::peek(window, limit, now, cost); });
}

limit::Charge Record::charge(const limit::WindowLimit& limit, Time now, std::int64_t cost) {
  return with_window(limit.geometry,
                     [&](auto window) { return limit::charge(window, limit, now, cost); });
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
