#include "tap/expression/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace weir::tap {
namespace {

constexpr std::array<std::string_view, 9> kKeywords = {"AND", "OR",     "NOT", "IN",    "BETWEEN",
                                                       "SET", "REMOVE", "ADD", "DELETE"};
// The longer ones first.
constexpr std::array<std::string_view, 14> kSymbols = {"<>", "<=", ">=", "<", ">", "=", "(",
                                                       ")",  "[",  "]",  ",", ".", "+", "-"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t length_while(std::string_view text, bool (*belongs)(char)) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), belongs) -
                                  text.begin());
}

// The token that `rest` begins with; an empty one if none does.
Token next_token(std::string_view rest) {
  const char first = rest.front();
  if (first == '#' || first == ':') {
    const std::size_t length = length_while(rest.substr(1), is_word);
    if (length == 0) return {};
    const auto kind = first == '#' ? Token::Kind::name : Token::Kind::value;
    return {kind, rest.substr(0, length + 1)};
  }
  if (is_digit(first)) return {Token::Kind::number, rest.substr(0, length_while(rest, is_digit))};
  if (is_letter(first)) {
    const std::string_view word = rest.substr(0, length_while(rest, is_word));
    for (const std::string_view keyword : kKeywords) {
      if (base::equals_ignoring_case(word, keyword)) return {Token::Kind::keyword, keyword};
    }
    return {Token::Kind::name, word};
  }
  for (const std::string_view symbol : kSymbols) {
    if (rest.starts_with(symbol)) return {Token::Kind::symbol, rest.substr(0, symbol.size())};
  }
  return {};
}

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    Token token = next_token(text.substr(at));
    if (token.text.empty()) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("the expression holds what is no part of one at byte {}", at + 1));
    }
    token.at = at;
    at += token.text.size();
    tokens.push_back(token);
  }
  tokens.push_back({Token::Kind::end, "end of the expression", text.size()});
  return tokens;
}

}  // namespace weir::tap
