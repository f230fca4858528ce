#include "base/shared_memory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/check.h"

namespace weir::base {
namespace {

const std::string kFolder = "/dev/shm/";
// Who takes the file away holds it alone for a few instructions.
constexpr int kTries = 50;
constexpr auto kPause = std::chrono::milliseconds(1);

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

tl::unexpected<Error> cannot(const std::string& what) {
  const int error = errno;
  return fail(ErrorCode::unavailable, "cannot " + what + ": " + std::strerror(error),
              "see that " + kFolder + " is there, has room and may be written to");
}

Result<std::byte*> map(int descriptor, std::size_t bytes) {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) return cannot("map shared memory");
  return static_cast<std::byte*>(memory);
}

// The name under which a file is made; gone when it has its own, or none.
class Draft {
 public:
  explicit Draft(const std::string& path) : name_(path + ".XXXXXX") {
    descriptor_ = ::mkostemp(name_.data(), O_CLOEXEC);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (descriptor_ >= 0) ::unlink(name_.c_str());
  }
  int descriptor() const { return descriptor_; }
  const char* name() const { return name_.c_str(); }

 private:
  std::string name_;
  int descriptor_ = -1;
};

// Puts a new file at `path`, locked for this process; nothing if somebody was faster.
Result<std::pair<int, std::byte*>> make_file(const std::string& path, std::size_t bytes,
                                             const std::function<void(std::byte*)>& make) {
  const Draft draft(path);
  Descriptor file(draft.descriptor());
  if (file.get() < 0) return cannot("make " + path);
  struct statfs system {};
  if (::fstatfs(file.get(), &system) != 0 || system.f_type != TMPFS_MAGIC) {
    return fail(ErrorCode::unavailable, kFolder + " does not lie in memory");
  }
  // All of it at once: else a full file system would end the process by SIGBUS at some later write.
  errno = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes));
  if (errno != 0) return cannot("make " + path);
  Result<std::byte*> memory = map(file.get(), bytes);
  if (!memory) return tl::unexpected(memory.error());
  make(*memory);
  if (::flock(file.get(), LOCK_SH | LOCK_NB) == 0 && ::link(draft.name(), path.c_str()) == 0) {
    return std::pair(file.release(), *memory);
  }
  const int why_not = errno;
  ::munmap(*memory, bytes);
  errno = why_not;
  if (why_not == EEXIST) return std::pair<int, std::byte*>(-1, nullptr);
  return cannot("make " + path);
}

}  // namespace

SharedMemory SharedMemory::of_children(std::size_t bytes) {
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  WEIR_CHECK(memory != MAP_FAILED);
  SharedMemory result;
  result.data_ = static_cast<std::byte*>(memory);
  result.size_ = bytes;
  return result;
}

Result<SharedMemory> SharedMemory::of_machine(const std::string& name, std::size_t bytes,
                                              const std::function<void(std::byte*)>& make) {
  SharedMemory result;
  result.size_ = bytes;
  result.opened_by_ = ::getpid();
  result.path_ = kFolder + name;
  for (int i = 0; i < kTries; ++i) {
    Descriptor file(::open(result.path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0) {
      if (errno != ENOENT) return cannot("open " + result.path_);
      Result<std::pair<int, std::byte*>> made = make_file(result.path_, bytes, make);
      if (!made) return tl::unexpected(made.error());
      if (made->second == nullptr) continue;
      result.descriptor_ = made->first;
      result.data_ = made->second;
      return result;
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return cannot("look at " + result.path_);
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0 ||
        status.st_size != static_cast<off_t>(bytes)) {
      return fail(ErrorCode::unavailable,
                  result.path_ + " is not this user's own, or another's file",
                  "remove it, if nothing of yours uses it");
    }
    // Locked by one who takes it away, or taken away before it was locked: once more.
    if (::flock(file.get(), LOCK_SH | LOCK_NB) != 0 || ::fstat(file.get(), &status) != 0 ||
        status.st_nlink == 0) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    Result<std::byte*> memory = map(file.get(), bytes);
    if (!memory) return tl::unexpected(memory.error());
    result.data_ = *memory;
    result.descriptor_ = file.release();
    return result;
  }
  return fail(ErrorCode::unavailable, result.path_ + " is held by a process that does not let go");
}

SharedMemory::~SharedMemory() {
  if (data_ == nullptr) return;
  ::munmap(data_, size_);
  if (descriptor_ < 0) return;
  if (opened_by_ == ::getpid() && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
    ::unlink(path_.c_str());
  }
  ::close(descriptor_);
}

}  // namespace weir::base
