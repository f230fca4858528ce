// Redactor: takes the values out of what is recorded and leaves what findings need.
//
// A text becomes "<6 9f3a1c2b>": its length and a keyed hash, by which two can be told to be equal
// within one recording and, without the salt, nothing else. Within a text, delimiters (# : | / , ;
// and space) stay, and so do numbers that read as times, because a key made of a window's number is
// a finding. Bytes become one mark. Of numbers those stay that counts, limits and times are: below
// kMaxPlainNumber, or a time (also up to a year from now, in seconds to nanoseconds); others, which
// may be a card's or a telephone's, become a mark. Names of tables, indexes and attributes stay;
// those of a map's members, which may be anybody's, become marks.
//
// Thread safety: every member may be called from any thread.
//
//   Redactor redactor(salt);
//   redactor.text("user-17:29400360", now) == "<7 51e3a0c2>:29400360"
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/hmac_sha256.h"
#include "tap/operation.h"

namespace weir::tap {

inline constexpr double kMaxPlainNumber = 1e7;

class Redactor {
 public:
  explicit Redactor(std::string_view salt);

  void redact(Operation& operation) const;
  std::string text(std::string_view text, Time at) const;
  std::string number(std::string_view text, Time at) const;
  std::string mark(std::string_view text) const;

 private:
  void redact(Item& item, Time at) const;
  void redact(Path& path, Time at) const;
  void redact(Expression& expression, Time at) const;
  void redact(UpdateExpression& update, Time at) const;
  const HmacSha256 keyed_;
};

}  // namespace weir::tap
