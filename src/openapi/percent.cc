#include "openapi/percent.h"

namespace weir::openapi {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view kMoreInPaths = "!$&'()*+,;=:@/";  // RFC 3986 §3.3

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// The byte that "%41" at this place stands for; -1: nothing is encoded there.
int encoded_byte(std::string_view text, std::size_t at) {
  if (text[at] != '%' || at + 2 >= text.size()) return -1;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void append_encoded(std::string& result, char character) {
  const auto byte = static_cast<unsigned char>(character);
  result += '%';
  result += kHex[byte >> 4U];
  result += kHex[byte & 0xFU];
}

bool holds(std::string_view characters, char character) {
  return characters.find(character) != std::string_view::npos;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char character : text) {
    if (holds(kUnreserved, character)) {
      result += character;
    } else {
      append_encoded(result, character);
    }
  }
  return result;
}

std::string path_encoded(std::string_view path) {
  std::string result;
  result.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (holds(kUnreserved, path[i]) || holds(kMoreInPaths, path[i]) || encoded_byte(path, i) >= 0) {
      result += path[i];
    } else {
      append_encoded(result, path[i]);
    }
  }
  return result;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const int byte = encoded_byte(text, i); byte >= 0) {
      result += static_cast<char>(byte);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace weir::openapi
