#include "report/artifact_path.h"

#include <fmt/format.h>

#include <filesystem>

#include "report/fingerprint.h"

namespace weir::report {
namespace {

constexpr std::size_t kMaxSlugBytes = 80;

bool is_letter_or_digit(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9');
}

std::string percent_encoded(std::string_view path) {
  std::string encoded;
  for (const char letter : path) {
    if (is_letter_or_digit(letter) ||
        std::string_view("/-_.~").find(letter) != std::string_view::npos) {
      encoded += letter;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
  }
  return encoded;
}

}  // namespace

std::string document_uri(std::string_view file) {
  std::filesystem::path path = std::filesystem::path(file).lexically_normal();
  if (path.is_absolute() || path.begin() == path.end() || *path.begin() == "..") {
    path = path.filename();
  }
  const std::string encoded = percent_encoded(path.generic_string());
  return encoded.empty() || encoded == "." || encoded == ".." ? "openapi" : encoded;
}

std::string operation_uri(std::string_view operation) {
  std::string slug;
  for (const char letter : operation) {
    if (is_letter_or_digit(letter)) {
      slug += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  if (slug.size() > kMaxSlugBytes || slug.empty()) {
    slug = slug.substr(0, kMaxSlugBytes) + "-" + fingerprint("operation", operation).substr(0, 8);
  }
  return "weir-scan/" + slug;
}

}  // namespace weir::report
