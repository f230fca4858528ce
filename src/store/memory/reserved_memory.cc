#include "store/memory/reserved_memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace weir::store {

Result<ReservedMemory> ReservedMemory::of(std::size_t size, Pages pages) {
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    return fail(ErrorCode::limit_exceeded,
                "the memory store cannot reserve " + std::to_string(size) +
                    " bytes of address space: " + std::strerror(errno),
                "lower max_keys, or raise the limit on the process's address space (ulimit -v)");
  }
  if (pages == Pages::huge) ::madvise(data, size, MADV_HUGEPAGE);  // a wish: no answer is needed
  ReservedMemory memory;
  memory.data_ = static_cast<std::byte*>(data);
  memory.size_ = size;
  return memory;
}

ReservedMemory::~ReservedMemory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace weir::store
