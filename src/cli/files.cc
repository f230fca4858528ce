#include "cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace weir::cli {
namespace {

tl::unexpected<Error> cannot_write(const std::string& path) {
  return fail(ErrorCode::unavailable,
              fmt::format("{}: cannot be written: {}", path, std::strerror(errno)),
              "Check the folder and its rights");
}

// Onto the disk, so that the name is not there before the bytes are.
bool sync(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::fsync(file) == 0;
  ::close(file);
  return done;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t most) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(ErrorCode::not_found, path + ": cannot be opened", "Check the path");
  }
  std::string text;
  char block[65536];
  while (text.size() <= most && (file.read(block, sizeof block), file.gcount() > 0)) {
    text.append(block, static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return fail(ErrorCode::unavailable, path + ": cannot be read", "Check the file");
  if (text.size() > most) {
    return fail(ErrorCode::limit_exceeded, fmt::format("{}: larger than {} bytes", path, most),
                "Give a smaller file");
  }
  return text;
}

Status write_file(const std::string& path, std::string_view text) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return cannot_write(path);
  return {};
}

Status replace_file(const std::string& path, std::string_view text) {
  const std::string beside = fmt::format("{}.{}.tmp", path, ::getpid());
  const Status written = write_file(beside, text);
  if (!written) return written;
  if (!sync(beside) || std::rename(beside.c_str(), path.c_str()) != 0) {
    const auto failure = cannot_write(path);
    std::remove(beside.c_str());
    return failure;
  }
  return {};
}

}  // namespace weir::cli
