#include "tap/rewrite.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

namespace weir::tap {
namespace {

constexpr std::array<std::string_view, 8> kReplaced = {
    "Host",           "Authorization",        "X-Amz-Date", "X-Amz-Security-Token",
    "Content-Length", "X-Amz-Content-Sha256", "Expect",     "Transfer-Encoding"};

std::string_view reason(int status) {
  if (status < 500) return "Bad Request";
  return status == 502 ? "Bad Gateway" : "Internal Server Error";
}

std::uint32_t crc_of(std::string_view body) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

}  // namespace

std::string error_response(int status, std::string_view type, std::string_view sentence) {
  // A sentence needs none of what JSON would have escaped.
  std::string message(sentence);
  std::replace_if(
      message.begin(), message.end(),
      [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' '; }, '\'');
  const std::string body = fmt::format(
      R"({{"__type":"com.amazonaws.dynamodb.v20120810#{}","message":"{}"}})", type, message);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: application/x-amz-json-1.0\r\nx-amz-crc32: {}\r\n"
      "Content-Length: {}\r\n\r\n{}",
      status, reason(status), crc_of(body), body.size(), body);
}

std::string signed_anew(const Message& request, std::string_view host, const Fields& signature) {
  std::string out =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, host);
  for (const auto& field : request.fields) {
    const std::string& name = field.first;
    const bool replaced = std::any_of(kReplaced.begin(), kReplaced.end(),
                                      [&](std::string_view one) { return same_name(name, one); });
    const bool in_signature = std::any_of(signature.begin(), signature.end(), [&](const auto& one) {
      return same_name(name, one.first);
    });
    if (!replaced && !in_signature) out += fmt::format("{}: {}\r\n", name, field.second);
  }
  for (const auto& [name, value] : signature) {
    if (!same_name(name, "Host")) out += fmt::format("{}: {}\r\n", name, value);
  }
  return out + fmt::format("Content-Length: {}\r\n\r\n{}", request.body.size(), request.body);
}

}  // namespace weir::tap
