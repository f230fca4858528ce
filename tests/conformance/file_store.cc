#include "conformance/file_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace weir::test {
namespace {

struct Record {
  Key key;
  limit::Geometry geometry;
  limit::WindowState state;
};

// The file, locked for as long as this lives. Each has an open file description of its own, so the
// lock also keeps out the other threads of this process.
class LockedFile {
 public:
  explicit LockedFile(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    WEIR_CHECK(fd_ >= 0 && ::flock(fd_, LOCK_EX) == 0);
  }
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;
  ~LockedFile() { ::close(fd_); }

  // The key's record under this geometry; a new one if there is none.
  Record find(const Key& key, const limit::Geometry& geometry, Time now) {
    Record record;
    for (place_ = 0; ::pread(fd_, &record, sizeof(record), place_) == sizeof(record);
         place_ += static_cast<off_t>(sizeof(record))) {
      if (record.key != key) continue;
      if (record.geometry != geometry) {
        record.state = limit::migrate(record.state, record.geometry, geometry, now);
        record.geometry = geometry;
      }
      return record;
    }
    return {key, geometry, {}};
  }

  // Puts back what find() gave.
  void save(const Record& record) {
    WEIR_CHECK(::pwrite(fd_, &record, sizeof(record), place_) == sizeof(record));
  }

 private:
  int fd_;
  off_t place_ = 0;
};

}  // namespace

Result<std::unique_ptr<store::Store>> FileStore::open(const std::string& path) {
  if (::access(path.c_str(), R_OK | W_OK) != 0) {
    return fail(ErrorCode::not_found, "cannot open the counters' file " + path);
  }
  return std::make_unique<FileStore>(path);
}

Result<store::ChargeOutcome> FileStore::charge(const store::ChargeRequest& request) {
  if (auto valid = store::validate(request); !valid) return tl::unexpected(valid.error());
  LockedFile file(path_);
  Record record = file.find(request.key, window_of(request).geometry, request.now);
  store::ChargeOutcome outcome;
  outcome.charge = limit::charge(record.state.ref(record.geometry), window_of(request), request.now,
                                 request.cost);
  if (outcome.charge.admitted) file.save(record);
  return outcome;
}

Status FileStore::give_back(const store::ChargeRequest& request, std::int64_t slot) {
  if (auto valid = store::validate(request); !valid) return valid;
  LockedFile file(path_);
  Record record = file.find(request.key, window_of(request).geometry, request.now);
  limit::give_back(record.state.ref(record.geometry), record.geometry, slot, request.cost);
  file.save(record);
  return {};
}

}  // namespace weir::test
