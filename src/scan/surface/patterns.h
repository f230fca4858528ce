// What should not stand in an answer: secrets, card numbers, people's data, stack traces, inner
// addresses. Found by their form, and where the form has one, by its checksum.
//
// Promises: linear in the size of the text; no regular expression, so that no body can make it
// slow. Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan/surface/body.h"

namespace weir::scan {

struct FoundSecret {
  std::string kind;      // "GitHub token"
  std::string text;      // never shown whole: excerpt_of_secret
  bool checked = false;  // its checksum holds, or its form leaves no doubt
};

std::optional<FoundSecret> find_secret(std::string_view text);

// Luhn (ISO/IEC 7812-1), a known issuer, not all digits the same, and none of the numbers that
// payment providers publish for tests.
bool is_card_number(std::string_view digits);

// Card numbers of a body whose key, or a key beside it, speaks of a card.
std::vector<std::string> find_card_numbers(const std::vector<Leaf>& leaves);

// Identity numbers whose key says so: US social security numbers, IBANs (ISO 13616, mod 97).
std::vector<std::string> find_national_ids(const std::vector<Leaf>& leaves);

// Different addresses, at most `most`; those of example domains (RFC 2606) do not count.
std::vector<std::string> find_emails(std::string_view text, std::size_t most);

// "Python", "Java", ...: the language whose stack trace stands there, two frames at least.
std::optional<std::string> find_stack_trace(std::string_view text);

// An address of a private network (RFC 1918), a name below .internal, an ARN, a bucket's URL.
std::optional<std::string> find_internal_address(std::string_view text);

// The message of a database that choked on what it was given: "SQLite", "DynamoDB", ...
std::optional<std::string> find_database_error(std::string_view text);

}  // namespace weir::scan
