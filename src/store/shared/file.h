// SharedFile: the file that a shared table lies in, mapped into this process.
//
// A file begins with this header, in the machine's byte order; the table (table/layout.h) has the
// rest, and a few words of the header's page.
//
//   offset  bytes  field
//   0       8      "weirstor"
//   8       4      version: 1
//   12      4      how locks are laid out (kLockFormat): pthread_mutex_t differs between C
//   libraries
//                  and processors
//   16      8      keys that it has room for
//   24      8      bytes of the arena for each key
//   32      8      chunks to spare for each shard
//   40      8      bytes of the whole file
//   48      16     zero
//   64      32     a random pepper, for policies that state none
//   96      32     HMAC-SHA-256 of bytes 0 to 95 under the key "weir.store.1"
//   128     16     boot id of the kernel that the locks belong to; zero: to none yet
//   144     8      device and
//   152     8      inode of the file that the locks belong to, and
//   160     8      when that was made, in nanoseconds since 1970: a number of an inode is used
//   again
//
// Locks mean something only to the kernel and the file that they were made for: after a reboot, or
// in a copy, they are made anew by the first who opens the file.
//
// Whoever uses a file holds a shared flock(2) on it for as long as it is mapped. Whoever gets an
// exclusive one is alone: it makes locks and indexes anew and checks every record, so that those
// who come later need not.
//
// The file is made under another name, with all its blocks reserved (else a full disk would end the
// process by SIGBUS at some later write), and appears at once and whole, by link(2); of several who
// make it at once the first wins. Only its owner may read or write it.
//
// Thread safety: plain value that can be moved; what is done with the bytes is up to their locks.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "store/table/layout.h"

namespace weir::store {

// What a new file has for each key: an exact window of up to 255 in a minute, with room for shards
// to differ; or three fixed windows, or one of up to 65,535 for 4 in 5 keys.
inline constexpr std::size_t kSharedBytesPerKey = 128;
inline constexpr std::size_t kSharedSpareChunks = 4;

class SharedFile {
 public:
  enum class Missing { create, fail };

  // max_keys: for a file that is made; one that is there keeps its own.
  static Result<SharedFile> open(const std::string& path, std::size_t max_keys, Missing missing);

  SharedFile(SharedFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        data_(std::exchange(other.data_, nullptr)),
        layout_(other.layout_),
        alone_(other.alone_) {}
  SharedFile& operator=(SharedFile&&) = delete;
  ~SharedFile();

  std::byte* data() const { return data_; }
  const Layout& layout() const { return layout_; }
  std::span<const std::byte, 32> pepper() const {
    return std::span<const std::byte, 32>(data_ + 64, 32);
  }

  // Whether nobody else had it open, and nobody gets in until admit_others().
  bool is_alone() const { return alone_; }
  Status admit_others();

  // Whether the locks in it were made by this kernel for this file.
  bool locks_are_valid() const;
  void claim_locks();

 private:
  SharedFile() = default;
  Status lock(bool may_be_alone);
  Status check_and_map(const std::string& path);

  int descriptor_ = -1;
  std::byte* data_ = nullptr;
  Layout layout_;
  bool alone_ = false;
};

}  // namespace weir::store
