#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/checks/screen.h"
#include "scan/experiment/identity.h"
#include "scan/probe/redact.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr std::size_t kMaxFields = 3;

struct Spelling {
  std::string how;  // "in upper case"
  std::string value;
};

template <class Change>
std::string each(std::string text, Change change) {
  for (char& c : text) c = change(c);
  return text;
}

char up(char c) {
  return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
}
char down(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}
char swap_case(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0 ? down(c) : up(c);
}

std::string title(std::string text) {
  bool start = true;
  for (char& c : text) {
    c = start ? up(c) : down(c);
    start = std::isalpha(static_cast<unsigned char>(c)) == 0;
  }
  return text;
}

// Printable ASCII as its full-width twin (U+FF01 to U+FF5E), which NFKC folds back.
std::string full_width(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const int code = static_cast<unsigned char>(c);
    if (code <= 0x20 || code >= 0x7f) {
      result += c;
      continue;
    }
    const int wide = code + 0xfee0;
    result += static_cast<char>(0xe0 | (wide >> 12));
    result += static_cast<char>(0x80 | ((wide >> 6) & 0x3f));
    result += static_cast<char>(0x80 | (wide & 0x3f));
  }
  return result;
}

// `in_query`: the value is part of a URL, so bytes that may not stand there are encoded.
std::vector<Spelling> spellings(const std::string& value, bool in_query) {
  const auto spell = [&](const std::string& text) {
    return in_query ? percent_encode(text) : text;
  };
  std::string last = value;
  last.back() = swap_case(last.back());
  std::vector<Spelling> all = {
      {"in upper case", each(value, up)},
      {"in lower case", each(value, down)},
      {"with capitals", title(value)},
      {"with its case swapped", each(value, swap_case)},
      {"with the case of its last letter swapped", last},
      {"with a space before it", spell(" ") + value},
      {"with a space after it", value + spell(" ")},
      {"with a tab before it", spell("\t") + value},
      {"with its first letter percent-encoded",
       fmt::format("%{:02x}{}", static_cast<unsigned char>(value[0]), value.substr(1))},
      {"in quotes", spell("\"") + value + spell("\"")},
      {"with a zero-width space after it", value + spell("\u200b")},
      {"in full-width letters", spell(full_width(value))},
  };
  std::vector<Spelling> distinct;
  for (Spelling& spelling : all) {
    const bool known = spelling.value == value ||
                       std::any_of(distinct.begin(), distinct.end(), [&](const Spelling& other) {
                         return other.value == spelling.value;
                       });
    if (!known) distinct.push_back(std::move(spelling));
  }
  return distinct;
}

Candidate candidate_for(Bench& bench, const IdentityField& field, const std::string& how,
                        const Request& request) {
  Candidate candidate;
  candidate.label = fmt::format("{} {}", field.label(), how);
  candidate.variant = [label = candidate.label, request] { return Variant{label, request}; };
  candidate.served = [&bench](const Reply& reply) { return same_document(bench, reply); };
  if (is_secret_name(field.name)) {
    candidate.curl = fmt::format("{}   # {}", bench.curl(bench.base_request()), candidate.label);
  }
  return candidate;
}

// A made-up value in its place is served: nobody checks it, so there is no "same credential".
bool is_unchecked(Bench& bench, const IdentityField& field) {
  const Variant made_up{"made-up " + field.label(),
                        with_identity(bench.base_request(), field, like(field.value, bench))};
  return same_document(bench, bench.send(made_up, "probe"));
}

CheckOutcome run(Bench& bench) {
  std::vector<IdentityField> fields = identity_fields(bench.base_request());
  if (fields.size() > kMaxFields) fields.resize(kMaxFields);
  const bool sign_in = is_sign_in(bench.base_request());
  std::vector<Candidate> candidates;
  int unchecked = 0;
  for (const IdentityField& field : fields) {
    // A name in a body only stands for somebody where it is checked: at a sign-in.
    if (field.place == Place::body && !sign_in && !field.credential) continue;
    if (is_unchecked(bench, field)) {
      ++unchecked;
      continue;
    }
    for (const Spelling& spelling : spellings(field.value, field.place == Place::query)) {
      candidates.push_back(candidate_for(
          bench, field, spelling.how, with_identity(bench.base_request(), field, spelling.value)));
    }
    if (!field.prefix.empty()) {
      IdentityField lower_scheme = field;
      lower_scheme.prefix = each(field.prefix, down);
      candidates.push_back(
          candidate_for(bench, field, "with its scheme in lower case",
                        with_identity(bench.base_request(), lower_scheme, field.value)));
    }
    if (field.place == Place::header) {
      Request doubled = bench.base_request();
      doubled.add_header(field.name, field.prefix + field.value);
      candidates.push_back(candidate_for(bench, field, "sent twice", doubled));
    }
  }
  if (candidates.empty()) {
    return CheckOutcome::not_applicable(
        unchecked > 0 ? "made-up credentials are served: see identifier-rotation"
                      : "the request carries no credential that could be spelled otherwise");
  }
  return conclude(bench, screen(bench, candidates), "spellings of the credential");
}

const CheckInfo kInfo = {
    "key-variant",
    "Another spelling of the same credential has a quota of its own",
    Severity::high,
    "rate-limiting",
    {"API4:2023", "API2:2023"},
    {178, 180, 176, 307, 799},
    {"6.2.4", "8.3.4"},
    "The limit counts by the text of the credential, while the application accepts several "
    "spellings of it (case, spaces, encodings) for the same account. Each spelling is a fresh "
    "counter for the same account: guesses at one password are multiplied.",
    "Count by what the credential stands for, the account's id, after it was looked up. If it must "
    "be counted before that, normalise it with the very function that the look-up uses.",
    "Build the DynamoDB key from user.pk or the key's row, not from the e-mail or header as sent.",
    "rules:\n  - id: per-user\n    key: [user]   # the principal after authentication\n    limit: "
    "5/m\n",
    "Five times of five: the base was refused, another spelling of the accepted credential was "
    "served, the base was refused; then that spelling passed 0.8 N in a row while the base stayed "
    "refused."};

}  // namespace

const Check kKeyVariant = {&kInfo, Stage::while_refused, run};

}  // namespace weir::scan::rate_limiting
