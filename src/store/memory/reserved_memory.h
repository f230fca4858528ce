// ReservedMemory: zeroed address space that takes real memory only where it is touched, by the
// page.
//
// Thread safety: plain value; whoever uses the bytes guards them.
#pragma once

#include <cstddef>
#include <utility>

#include "base/result.h"

namespace weir::store {

class ReservedMemory {
 public:
  // From dense_from on in huge pages (2 MB), which save a random access most of its page-table
  // walk; for memory that is filled densely. The kernel may decline them. Begins at a multiple of
  // the size of a huge page.
  static Result<ReservedMemory> of(std::size_t size, std::size_t dense_from);

  ReservedMemory() = default;
  ReservedMemory(ReservedMemory&& other) noexcept
      : mapping_(std::exchange(other.mapping_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  ReservedMemory& operator=(ReservedMemory&& other) noexcept {
    std::swap(mapping_, other.mapping_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~ReservedMemory();

  std::byte* data() const { return data_; }

 private:
  void* mapping_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weir::store
