// Pattern: a regular expression that a whole text must match, in time linear in the text.
//
// RE2 syntax (https://github.com/google/re2/wiki/Syntax), bytes, no back references. Neither the
// pattern nor the text can make a match slow or large: RE2 bounds both, which std::regex does not.
//
// Thread safety: matches() may be called from any thread at once.
//
//   Result<Pattern> pattern = Pattern::compile("sk_[a-z0-9]{24}");
//   pattern->matches("sk_0123456789abcdef01234567");
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace weir {

class Pattern {
 public:
  static Result<Pattern> compile(std::string_view expression);

  bool matches(std::string_view text) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> expression);
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace weir
