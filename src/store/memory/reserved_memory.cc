#include "store/memory/reserved_memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace weir::store {

Result<ReservedMemory> ReservedMemory::of(std::size_t size, std::size_t dense_from) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const std::size_t reserved = size + kHugePage;
  void* const data = ::mmap(nullptr, reserved, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    return fail(ErrorCode::limit_exceeded,
                "the memory store cannot reserve " + std::to_string(size) +
                    " bytes of address space: " + std::strerror(errno),
                "lower max_keys, or raise the limit on the process's address space (ulimit -v)");
  }
  ReservedMemory memory;
  memory.mapping_ = data;
  memory.size_ = reserved;
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  memory.data_ = static_cast<std::byte*>(data) + (kHugePage - address % kHugePage) % kHugePage;
  if (dense_from < size) {
    // A wish: no answer is needed.
    ::madvise(memory.data_ + dense_from, size - dense_from, MADV_HUGEPAGE);
  }
  return memory;
}

ReservedMemory::~ReservedMemory() {
  if (mapping_ != nullptr) ::munmap(mapping_, size_);
}

}  // namespace weir::store
