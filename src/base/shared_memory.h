// SharedMemory: memory that several processes have at once.
//
// Of children: what a process makes, the children of its forks have the very same.
//
// Of the machine: all processes of one user that give one name have the same, whoever started them.
// It lies in /dev/shm, where it ends with the machine at the latest, so that locks in it never
// outlive the kernel that they were made by. It appears at once and whole, made by whoever is
// first; the last who leaves in good order takes it away. Only a file that belongs to this user and
// that nobody else may touch is taken for it: others can keep it from being shared, never forge
// what is in it.
//
// What is in it is up to its users; a process may be killed at any instruction.
//
// Thread safety: plain value that can be moved.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "base/result.h"

namespace weir::base {

class SharedMemory {
 public:
  // All zeros. bytes: above zero.
  static SharedMemory of_children(std::size_t bytes);

  // name: [a-z0-9-]{1,64}. make: called with all zeros if this process is the first. An Error says
  // why it cannot be shared.
  static Result<SharedMemory> of_machine(const std::string& name, std::size_t bytes,
                                         const std::function<void(std::byte*)>& make);

  SharedMemory(SharedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(other.size_),
        descriptor_(std::exchange(other.descriptor_, -1)),
        opened_by_(other.opened_by_),
        path_(std::move(other.path_)) {}
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory();

  std::byte* data() const { return data_; }

 private:
  SharedMemory() = default;

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  int descriptor_ = -1;  // of the machine: holds a shared flock(2) for as long as it is in use
  pid_t opened_by_ = 0;  // a child that was forked has the parent's lock, not one of its own
  std::string path_;
};

}  // namespace weir::base
