#include "scan/probe/message.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace weir::scan {

bool same_name(std::string_view a, std::string_view b) {
  return base::equals_ignoring_case(a, b);
}

std::optional<std::string_view> find_header(const std::vector<Header>& headers,
                                            std::string_view name) {
  for (const Header& header : headers) {
    if (same_name(header.name, name)) return header.value;
  }
  return std::nullopt;
}

void Request::set_header(std::string_view name, std::string_view value) {
  const auto first = std::find_if(headers.begin(), headers.end(),
                                  [&](const Header& h) { return same_name(h.name, name); });
  if (first == headers.end()) return add_header(name, value);
  first->value = value;
  headers.erase(std::remove_if(first + 1, headers.end(),
                               [&](const Header& h) { return same_name(h.name, name); }),
                headers.end());
}

void Request::add_header(std::string_view name, std::string_view value) {
  headers.push_back({std::string(name), std::string(value)});
}

void Request::remove_header(std::string_view name) {
  std::erase_if(headers, [&](const Header& h) { return same_name(h.name, name); });
}

void Request::add_parameter(std::string_view name, std::string_view value) {
  target += fmt::format("{}{}={}", target.find('?') == std::string::npos ? '?' : '&', name, value);
}

std::string operation_name(const Request& request) {
  return fmt::format("{} {}", request.method, request.path());
}

std::string serialise(const Request& request, std::string_view authority) {
  std::string text = fmt::format("{} {} {}\r\n", request.method, request.target, request.version);
  if (!find_header(request.headers, "Host")) text += fmt::format("Host: {}\r\n", authority);
  for (const Header& header : request.headers) {
    text += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  // RFC 9110 §8.6: a method that defines a meaning for content says a length even if it is 0.
  const bool content_expected =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if ((request.body || content_expected) && !find_header(request.headers, "Content-Length") &&
      !find_header(request.headers, "Transfer-Encoding")) {
    text += fmt::format("Content-Length: {}\r\n", request.body ? request.body->size() : 0);
  }
  // Each probe has a connection of its own, so that a limit kept per process is seen as such.
  if (!find_header(request.headers, "Connection")) text += "Connection: close\r\n";
  text += "\r\n";
  if (request.body) text += *request.body;
  return text;
}

}  // namespace weir::scan
