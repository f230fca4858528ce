#include "store/shared/file.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/hmac_sha256.h"
#include "base/rng.h"
#include "base/system_clock.h"

namespace weir::store {
namespace {

constexpr std::string_view kMagic = "weirstor";
constexpr std::uint32_t kVersion = 1;
// The C library's locks, by processor and size. Another C library's number must differ.
#if defined(__GLIBC__) && defined(__x86_64__)
constexpr std::uint32_t kLockFormat = 1 << 16 | sizeof(pthread_mutex_t);
#elif defined(__GLIBC__) && defined(__aarch64__)
constexpr std::uint32_t kLockFormat = 2 << 16 | sizeof(pthread_mutex_t);
#else
#error "say here how this C library's robust mutexes are laid out"
#endif
static_assert(sizeof(pthread_mutex_t) <= 64, "a shard has 64 bytes for its lock");

constexpr std::size_t kSealed = 96;  // bytes of the header under the checksum
constexpr std::size_t kMaxBytesPerKey = 4096;
constexpr std::size_t kMaxSpareChunks = 256;
// How long the one who opens a file first may take before others give up.
constexpr Duration kPatience = std::chrono::seconds(10);
constexpr Duration kPoll = std::chrono::milliseconds(2);

using Header = std::array<std::byte, 168>;

template <class T>
T get(const std::byte* header, std::size_t offset) {
  T value{};
  std::memcpy(&value, header + offset, sizeof(value));
  return value;
}
template <class T>
void put(std::byte* header, std::size_t offset, T value) {
  std::memcpy(header + offset, &value, sizeof(value));
}

std::array<std::byte, 32> seal_of(const std::byte* header) {
  HmacSha256 mac("weir.store.1");
  mac.update({reinterpret_cast<const char*>(header), kSealed});
  return mac.finish();
}

std::string error_text() {
  return std::strerror(errno);
}

// File systems over which machines share files: neither locks nor mappings hold between them.
bool is_network_file_system(long type) {
  constexpr std::array kTypes = {0x6969L,     0x517BL,     0xFF534D42L, 0xFE534D42L, 0x5346414FL,
                                 0x00C36400L, 0x01021997L, 0x65735546L, 0x7461636FL, 0x0BD00BD0L};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

std::array<std::byte, 16> boot_id() {
  std::array<std::byte, 16> id{};
  std::array<char, 36> text{};
  const int descriptor = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  const ssize_t got = descriptor < 0 ? -1 : ::read(descriptor, text.data(), text.size());
  if (descriptor >= 0) ::close(descriptor);
  std::size_t digits = 0;
  for (ssize_t i = 0; i < got && digits < 32; ++i) {
    const char c = text.at(static_cast<std::size_t>(i));
    if (c == '-') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    id.at(digits / 2) |= static_cast<std::byte>(digits % 2 == 0 ? digit << 4 : digit);
    ++digits;
  }
  return id;
}

Status write_all(int descriptor, std::span<const std::byte> bytes) {
  if (::pwrite(descriptor, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())) {
    return {};
  }
  return fail(ErrorCode::unavailable, "cannot write the store's header: " + error_text());
}

// Fills the file under its first name.
Status fill(int descriptor, std::size_t max_keys) {
  const Layout layout = Layout::of(max_keys, kSharedBytesPerKey, kSharedSpareChunks, true);
  int error = EINTR;
  while (error == EINTR) {
    error = ::posix_fallocate(descriptor, 0, static_cast<off_t>(layout.bytes));
  }
  if (error != 0) {
    return fail(ErrorCode::limit_exceeded,
                "no room for a store of " + std::to_string(layout.bytes) +
                    " bytes: " + std::strerror(error),
                "lower max_keys, or put the file where there is room");
  }
  Header header{};
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  put(header.data(), 8, kVersion);
  put(header.data(), 12, kLockFormat);
  put(header.data(), 16, std::uint64_t{max_keys});
  put(header.data(), 24, std::uint64_t{kSharedBytesPerKey});
  put(header.data(), 32, std::uint64_t{kSharedSpareChunks});
  put(header.data(), 40, std::uint64_t{layout.bytes});
  base::fill_entropy(std::span(header).subspan(64, 32));
  const auto seal = seal_of(header.data());
  std::copy(seal.begin(), seal.end(), header.begin() + kSealed);
  if (Status written = write_all(descriptor, header); !written) return written;
  // After a crash of the machine there is a whole file or none.
  if (::fsync(descriptor) != 0) {
    return fail(ErrorCode::unavailable, "cannot write the store to disk: " + error_text());
  }
  return {};
}

Status create(const std::string& path, std::size_t max_keys) {
  std::string draft = path + ".XXXXXX";
  const int descriptor = ::mkostemp(draft.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return fail(ErrorCode::unavailable, "cannot make " + path + ": " + error_text(),
                "make its folder, writable for this process's user");
  }
  Status done = fill(descriptor, max_keys);
  ::close(descriptor);
  // EEXIST: somebody else was faster, and theirs is as good.
  if (done && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    done = fail(ErrorCode::unavailable, "cannot make " + path + ": " + error_text(),
                "put it on a file system of this machine that has hard links");
  }
  ::unlink(draft.c_str());
  return done;
}

}  // namespace

Result<SharedFile> SharedFile::open(const std::string& path, std::size_t max_keys,
                                    Missing missing) {
  if (max_keys < 1 || max_keys > Layout::kMaxKeys) {
    return fail(ErrorCode::invalid_input,
                "a shared store cannot keep " + std::to_string(max_keys) + " keys",
                "max_keys is 1 to " + std::to_string(Layout::kMaxKeys));
  }
  SharedFile file;
  file.descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (file.descriptor_ < 0 && errno == ENOENT && missing == Missing::create) {
    if (Status made = create(path, max_keys); !made) return tl::unexpected(made.error());
    file.descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  }
  if (file.descriptor_ < 0) {
    return fail(errno == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
                "cannot open " + path + ": " + error_text(),
                errno == EACCES ? "only the user who made it may use it" : "");
  }
  if (Status mapped = file.check_and_map(path); !mapped) return tl::unexpected(mapped.error());
  return file;
}

SharedFile::~SharedFile() {
  if (data_ != nullptr) ::munmap(data_, layout_.bytes);
  if (descriptor_ >= 0) ::close(descriptor_);
}

// Exclusively if nobody else has it and `may_be_alone`, else shared.
Status SharedFile::lock(bool may_be_alone) {
  const Duration deadline = base::monotonic_now() + kPatience;
  while (true) {
    alone_ = may_be_alone && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
    if (alone_ || ::flock(descriptor_, LOCK_SH | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return fail(ErrorCode::unsupported, "it cannot be locked: " + error_text(),
                  "put it on a file system of this machine");
    }
    if (base::monotonic_now() >= deadline) {
      return fail(ErrorCode::timeout, "another process has kept it locked for 10 s",
                  "look for a stopped process that has it open");
    }
    base::sleep_for(kPoll);
  }
}

Status SharedFile::check_and_map(const std::string& path) {
  const auto refuse = [&](ErrorCode code, const std::string& what, const std::string& cure) {
    return fail(code, path + " " + what, cure);
  };
  constexpr auto kInvalid = ErrorCode::invalid_input;
  const std::string elsewhere = "name another file, or move this one away";
  struct stat status {};
  struct statfs system {};
  if (::fstat(descriptor_, &status) != 0 || ::fstatfs(descriptor_, &system) != 0) {
    return refuse(ErrorCode::unavailable, "cannot be looked at: " + error_text(), "");
  }
  if (!S_ISREG(status.st_mode)) return refuse(kInvalid, "is no regular file", elsewhere);
  if ((status.st_mode & 0077) != 0) {
    return refuse(ErrorCode::unauthorized, "can be used by others than its owner",
                  "chmod 600 " + path);
  }
  if (is_network_file_system(static_cast<long>(system.f_type))) {
    return refuse(ErrorCode::unsupported, "is on a file system that other machines may share",
                  "put it on one of this machine, or share counters through DynamoDB");
  }
  if (Status locked = lock(true); !locked)
    return tl::unexpected(std::move(locked.error()).at(path));

  Header header{};
  const ssize_t got = ::pread(descriptor_, header.data(), header.size(), 0);
  if (got != static_cast<ssize_t>(header.size()) ||
      std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0) {
    return refuse(kInvalid, "is no store of Weir", elsewhere);
  }
  if (get<std::uint32_t>(header.data(), 8) > kVersion) {
    return refuse(ErrorCode::unsupported, "was made by a newer Weir",
                  "use that one, or move the file away and start with empty counters");
  }
  if (get<std::uint32_t>(header.data(), 12) != kLockFormat) {
    return refuse(ErrorCode::unsupported, "was made by a Weir for another C library or processor",
                  "let all processes use the same build, or move the file away");
  }
  const std::string start_anew = "move it away and start with empty counters";
  const auto seal = seal_of(header.data());
  if (get<std::uint32_t>(header.data(), 8) != kVersion ||
      !std::equal(seal.begin(), seal.end(), header.begin() + kSealed)) {
    return refuse(kInvalid, "is damaged: its header is not what was written", start_anew);
  }
  const auto max_keys = get<std::uint64_t>(header.data(), 16);
  const auto bytes_per_key = get<std::uint64_t>(header.data(), 24);
  const auto spare_chunks = get<std::uint64_t>(header.data(), 32);
  if (max_keys < 1 || max_keys > Layout::kMaxKeys || bytes_per_key > kMaxBytesPerKey ||
      spare_chunks > kMaxSpareChunks) {
    return refuse(kInvalid, "is damaged: its header has no meaning", start_anew);
  }
  layout_ = Layout::of(max_keys, bytes_per_key, spare_chunks, true);
  if (layout_.bytes != get<std::uint64_t>(header.data(), 40) ||
      status.st_size != static_cast<off_t>(layout_.bytes)) {
    return refuse(kInvalid,
                  "is damaged: it has " + std::to_string(status.st_size) + " bytes instead of " +
                      std::to_string(layout_.bytes),
                  start_anew);
  }
  void* const data =
      ::mmap(nullptr, layout_.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (data == MAP_FAILED) {
    return refuse(ErrorCode::unavailable, "cannot be mapped: " + error_text(),
                  "raise the limit on the process's address space (ulimit -v)");
  }
  data_ = static_cast<std::byte*>(data);
  return {};
}

Status SharedFile::admit_others() {
  // Somebody may get in between; he finds the file ready and does once more what was done.
  return alone_ ? lock(false) : Status();
}

namespace {

// What the locks in a file belong to.
struct Owner {
  std::array<std::byte, 16> boot = boot_id();
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t made = 0;

  explicit Owner(int descriptor) {
    struct statx status {};
    WEIR_CHECK(::statx(descriptor, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) == 0);
    device = std::uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor;
    inode = status.stx_ino;
    made = status.stx_btime.tv_sec * 1'000'000'000 + status.stx_btime.tv_nsec;
  }
};

}  // namespace

bool SharedFile::locks_are_valid() const {
  const Owner owner(descriptor_);
  return std::equal(owner.boot.begin(), owner.boot.end(), data_ + 128) &&
         owner.device == get<std::uint64_t>(data_, 144) &&
         owner.inode == get<std::uint64_t>(data_, 152) &&
         owner.made == get<std::int64_t>(data_, 160);
}

void SharedFile::claim_locks() {
  const Owner owner(descriptor_);
  put(data_, 144, owner.device);
  put(data_, 152, owner.inode);
  put(data_, 160, owner.made);
  std::copy(owner.boot.begin(), owner.boot.end(), data_ + 128);
}

}  // namespace weir::store
