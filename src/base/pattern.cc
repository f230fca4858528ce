#include "base/pattern.h"

#include <re2/re2.h>

namespace weir {
namespace {

constexpr std::int64_t kMaxMemory = 1 << 20;  // for the compiled program and its cached states

}  // namespace

Pattern::Pattern(std::shared_ptr<const re2::RE2> expression) : expression_(std::move(expression)) {}

Result<Pattern> Pattern::compile(std::string_view expression) {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kMaxMemory);
  auto compiled =
      std::make_shared<re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
  if (!compiled->ok()) {
    return fail(ErrorCode::invalid_input,
                "a pattern is not a regular expression: " + compiled->error(),
                "See https://github.com/google/re2/wiki/Syntax");
  }
  return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
  return expression_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                            re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

}  // namespace weir
