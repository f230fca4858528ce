// The words of an expression. Private to src/tap/expression.
//
// Thread safety: pure function; the tokens point into the text.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::tap {

struct Token {
  enum class Kind {
    name,     // hits, #n
    value,    // :limit
    number,   // the place in a list
    keyword,  // AND, OR, NOT, IN, BETWEEN, SET, REMOVE, ADD, DELETE; in any letter case
    symbol,   // ( ) [ ] , . = <> < <= > >= + -
    end,
  };
  Kind kind = Kind::end;
  std::string_view text;  // of a keyword: in capitals, not as it was written
  std::size_t at = 0;     // its place in the expression

  bool is(std::string_view word) const {
    return (kind == Kind::symbol || kind == Kind::keyword) && text == word;
  }
};

// The tokens, with one of kind `end` behind them.
Result<std::vector<Token>> tokens_of(std::string_view text);

}  // namespace weir::tap
