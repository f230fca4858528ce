#include "scan/surface/patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <set>

#include "base/ascii.h"

namespace weir::scan {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// ---- secrets ----

// How GitHub ends its tokens: the CRC-32 of the 30 characters before, in base 62.
std::string github_checksum(std::string_view text) {
  static constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
  }
  crc = ~crc;
  std::string sum(6, '0');
  for (std::size_t i = 6; i-- > 0 && crc != 0; crc /= 62) sum[i] = kDigits[crc % 62];
  return sum;
}

struct TokenForm {
  const char* kind;
  std::string_view prefix;
  std::string_view more;  // characters beside letters and digits
  std::size_t least;      // after the prefix
  std::size_t most;
};

constexpr std::array<TokenForm, 13> kTokens = {{
    {"AWS access key", "AKIA", "", 16, 16},
    {"temporary AWS access key", "ASIA", "", 16, 16},
    {"GitHub token", "ghp_", "", 36, 36},
    {"GitHub token", "gho_", "", 36, 36},
    {"GitHub token", "ghs_", "", 36, 36},
    {"npm token", "npm_", "", 36, 36},
    {"Stripe key", "sk_live_", "", 24, 128},
    {"Stripe key", "rk_live_", "", 24, 128},
    {"Slack token", "xoxb-", "-", 20, 128},
    {"Slack token", "xoxp-", "-", 20, 128},
    {"SendGrid key", "SG.", "._-", 60, 80},
    {"GitLab token", "glpat-", "_-", 20, 64},
    {"OpenAI key", "sk-proj-", "_-", 40, 220},
}};

// Random text has about as many different characters as it may; "EXAMPLEEXAMPLE..." has not.
bool looks_random(std::string_view text) {
  const std::set<char> different(text.begin(), text.end());
  return different.size() >= std::min<std::size_t>(10, text.size() / 2) &&
         !contains(text, "EXAMPLE") && !contains(text, "xxxx") && !contains(text, "XXXX");
}

std::optional<FoundSecret> token_at(std::string_view text, std::size_t at, const TokenForm& form) {
  if (at > 0 && (is_alnum(text[at - 1]) || text[at - 1] == '_')) return std::nullopt;
  const std::size_t start = at + form.prefix.size();
  std::size_t end = start;
  while (end < text.size() && (is_alnum(text[end]) || contains(form.more, text.substr(end, 1)))) {
    ++end;
  }
  const std::string_view rest = text.substr(start, end - start);
  if (rest.size() < form.least || rest.size() > form.most || !looks_random(rest)) {
    return std::nullopt;
  }
  FoundSecret found{form.kind, std::string(form.prefix) + std::string(rest), false};
  if (form.prefix.starts_with("gh") || form.prefix == "npm_") {
    if (github_checksum(rest.substr(0, 30)) != rest.substr(30)) return std::nullopt;
    found.checked = true;
  } else if (form.least == 16) {  // AWS: base 32
    const bool base32 = std::all_of(rest.begin(), rest.end(), [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
    });
    if (!base32) return std::nullopt;
  }
  return found;
}

std::optional<FoundSecret> find_private_key(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find("-----BEGIN ", at)) != std::string_view::npos) {
    const std::size_t end = text.find("PRIVATE KEY-----", at);
    if (end == std::string_view::npos) return std::nullopt;
    if (end - at <= 11 + 12) {  // "RSA ", "EC ", "ENCRYPTED " and the like
      const std::size_t body = end + 16;
      std::size_t base64 = 0;
      for (std::size_t i = body; i < text.size() && i < body + 200; ++i) {
        if (is_alnum(text[i]) || text[i] == '+' || text[i] == '/') ++base64;
      }
      if (base64 >= 64) return FoundSecret{"private key", std::string(text.substr(at, 60)), true};
    }
    at = end;
  }
  return std::nullopt;
}

// ---- numbers ----

bool luhn_holds(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (std::size_t i = digits.size(); i-- > 0; twice = !twice) {
    int digit = digits[i] - '0';
    if (twice) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
    sum += digit;
  }
  return sum % 10 == 0;
}

bool has_known_issuer(std::string_view digits) {
  const int two = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int four = two * 100 + (digits[2] - '0') * 10 + (digits[3] - '0');
  const std::size_t n = digits.size();
  if (digits[0] == '4') return n == 13 || n == 16 || n == 19;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return n == 16;
  if (two == 34 || two == 37) return n == 15;
  if (four == 6011 || two == 65 || (four >= 3528 && four <= 3589)) return n == 16;
  return two == 62 && n >= 16;
}

bool is_published_for_tests(std::string_view digits) {
  static constexpr std::array<std::string_view, 12> kNumbers = {
      "4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556",
      "5555555555554444", "5105105105105100", "2223003122003222", "378282246310005",
      "371449635398431",  "6011111111111117", "6011000990139424", "3530111333300000"};
  return std::find(kNumbers.begin(), kNumbers.end(), digits) != kNumbers.end();
}

std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (is_digit(c)) {
      digits += c;
    } else if (c != ' ' && c != '-') {
      return {};
    }
  }
  return digits;
}

std::string parent_of(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? std::string() : path.substr(0, dot);
}

bool speaks_of_a_card(std::string_view key) {
  const std::string low = base::lower_case(key);
  for (const char* word : {"card", "pan", "credit", "cvv", "cvc", "exp_month", "expmonth"}) {
    if (contains(low, word) && !contains(low, "company") && !contains(low, "discard")) return true;
  }
  return false;
}

// ISO 13616: country, two check digits, up to 30 characters; moved around it is 1 modulo 97.
bool is_iban(std::string_view text) {
  std::string bare;
  for (const char c : text) {
    if (c != ' ') bare += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  if (bare.size() < 15 || bare.size() > 34) return false;
  if (!std::isupper(static_cast<unsigned char>(bare[0])) ||
      !std::isupper(static_cast<unsigned char>(bare[1])) || !is_digit(bare[2]) ||
      !is_digit(bare[3])) {
    return false;
  }
  int rest = 0;
  for (const char c : bare.substr(4) + bare.substr(0, 4)) {
    if (!is_alnum(c)) return false;
    rest = is_digit(c) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + (c - 'A' + 10)) % 97;
  }
  return rest == 1;
}

bool is_social_security_number(std::string_view text) {
  if (text.size() != 11 || text[3] != '-' || text[6] != '-') return false;
  const std::string digits = digits_of(text);
  if (digits.size() != 9) return false;
  // Never given out: area 000, 666 and 9xx, group 00, serial 0000.
  return digits.substr(0, 3) != "000" && digits.substr(0, 3) != "666" && digits[0] != '9' &&
         digits.substr(3, 2) != "00" && digits.substr(5) != "0000";
}

// ---- traces ----

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++times;
  }
  return times;
}

// Lines "at something(file:12)", as JavaScript and Java write their frames.
std::size_t frames_with_at(std::string_view text, std::string_view file_end) {
  std::size_t frames = 0;
  std::size_t at = 0;
  while ((at = text.find("at ", at)) != std::string_view::npos) {
    const std::size_t end =
        std::min({text.find('\n', at), text.find("\\n", at), at + 300, text.size()});
    const std::string_view line = text.substr(at, end - at);
    const std::size_t file = line.find(file_end);
    const std::size_t digit = file == std::string_view::npos ? file : file + file_end.size();
    if (digit < line.size() && is_digit(line[digit])) ++frames;
    at = end;
  }
  return frames;
}

}  // namespace

std::optional<FoundSecret> find_secret(std::string_view text) {
  if (auto key = find_private_key(text)) return key;
  for (const TokenForm& form : kTokens) {
    std::size_t at = 0;
    while ((at = text.find(form.prefix, at)) != std::string_view::npos) {
      if (auto found = token_at(text, at, form)) return found;
      at += form.prefix.size();
    }
  }
  return std::nullopt;
}

bool is_card_number(std::string_view digits) {
  if (digits.size() < 13 || digits.size() > 19 ||
      !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return false;
  }
  const bool one_digit = digits.find_first_not_of(digits[0]) == std::string_view::npos;
  return !one_digit && has_known_issuer(digits) && luhn_holds(digits) &&
         !is_published_for_tests(digits);
}

std::vector<std::string> find_card_numbers(const std::vector<Leaf>& leaves) {
  std::set<std::string> about_cards;
  for (const Leaf& leaf : leaves) {
    if (speaks_of_a_card(leaf.path)) about_cards.insert(parent_of(leaf.path));
  }
  std::vector<std::string> found;
  for (const Leaf& leaf : leaves) {
    if (leaf.text.size() < 13 || leaf.text.size() > 23) continue;
    if (!speaks_of_a_card(leaf.path) && !about_cards.contains(parent_of(leaf.path))) continue;
    const std::string digits = digits_of(leaf.text);
    if (is_card_number(digits)) found.push_back(digits);
  }
  return found;
}

std::vector<std::string> find_national_ids(const std::vector<Leaf>& leaves) {
  std::vector<std::string> found;
  for (const Leaf& leaf : leaves) {
    const std::string key = base::lower_case(leaf.key);
    if (contains(key, "iban") && is_iban(leaf.text)) found.push_back(leaf.path);
    const bool speaks_of_it = contains(key, "ssn") || contains(key, "social") ||
                              contains(key, "tax_id") || contains(key, "taxid") ||
                              contains(key, "national");
    if (speaks_of_it && is_social_security_number(leaf.text)) found.push_back(leaf.path);
  }
  return found;
}

std::vector<std::string> find_emails(std::string_view text, std::size_t most) {
  std::set<std::string> found;
  const auto local = [](char c) {
    return is_alnum(c) || contains("._%+-", std::string_view(&c, 1));
  };
  const auto domain = [](char c) { return is_alnum(c) || c == '.' || c == '-'; };
  std::size_t at = 0;
  while (found.size() < most && (at = text.find('@', at)) != std::string_view::npos) {
    std::size_t start = at;
    while (start > 0 && at - start < 64 && local(text[start - 1])) --start;
    std::size_t end = at + 1;
    while (end < text.size() && end - at < 255 && domain(text[end])) ++end;
    while (end > at + 1 && !is_alnum(text[end - 1])) --end;
    const std::string host = base::lower_case(text.substr(at + 1, end - at - 1));
    const std::size_t dot = host.rfind('.');
    const bool whole = start < at && dot != std::string::npos && dot > 0 && host.size() - dot > 2 &&
                       !is_digit(host[dot + 1]);
    const bool example = contains(host, "example.") || host.ends_with(".test") ||
                         host.ends_with(".invalid") || host.ends_with(".example") ||
                         host.ends_with(".localhost");
    if (whole && !example) found.insert(base::lower_case(text.substr(start, end - start)));
    at = end;
  }
  return {found.begin(), found.end()};
}

std::optional<std::string> find_stack_trace(std::string_view text) {
  if (contains(text, "Traceback (most recent call last)") && count(text, "File ") >= 1) {
    return "Python";
  }
  // Django's debug page.
  if (contains(text, "DEBUG = True") && contains(text, "Django")) return "Django debug page";
  if (count(text, ".java:") + count(text, ".kt:") >= 2 && frames_with_at(text, ".java:") >= 2) {
    return "Java";
  }
  if (frames_with_at(text, ".js:") + frames_with_at(text, ".cjs:") + frames_with_at(text, ".ts:") +
          frames_with_at(text, ".mjs:") >=
      2) {
    return "JavaScript";
  }
  if (frames_with_at(text, ".cs:line ") >= 1 || count(text, ".cs:line ") >= 2) return ".NET";
  if (contains(text, "goroutine ") && count(text, ".go:") >= 2) return "Go";
  if (contains(text, "Stack trace:") && contains(text, "#0 ") && contains(text, ".php")) {
    return "PHP";
  }
  if (count(text, ".rb:") >= 2 && count(text, ":in `") + count(text, ":in '") >= 2) return "Ruby";
  return std::nullopt;
}

std::optional<std::string> find_internal_address(std::string_view text) {
  for (const char* arn : {"arn:aws:", "arn:aws-cn:", "arn:aws-us-gov:"}) {
    const std::size_t at = text.find(arn);
    if (at != std::string_view::npos) {
      return std::string(
          text.substr(at, std::min<std::size_t>(60, text.find_first_of("\"' \r\n<>\\", at) - at)));
    }
  }
  if (const std::size_t at = text.find(".s3.amazonaws.com"); at != std::string_view::npos) {
    std::size_t start = at;
    while (start > 0 && at - start < 63 && (is_alnum(text[start - 1]) || text[start - 1] == '-')) {
      --start;
    }
    return std::string(text.substr(start, at + 17 - start));
  }
  // a.b.c.d with nothing of a longer number or version around it.
  for (const char* prefix : {"10.", "192.168.", "172."}) {
    for (std::size_t at = text.find(prefix); at != std::string_view::npos;
         at = text.find(prefix, at + 1)) {
      if (at > 0 && (is_alnum(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == '-' ||
                     text[at - 1] == '_')) {
        continue;
      }
      std::array<int, 4> parts{};
      const char* p = text.data() + at;
      const char* const end = text.data() + text.size();
      std::size_t n = 0;
      for (; n < 4; ++n) {
        const auto [next, error] = std::from_chars(p, end, parts[n]);
        if (error != std::errc() || parts[n] < 0 || parts[n] > 255 || next - p > 3) break;
        p = next;
        if (n < 3 && (p == end || *p++ != '.')) break;
      }
      if (n < 4 || (p != end && (is_alnum(*p) || *p == '.' || *p == '-'))) continue;
      if (parts[0] == 172 && (parts[1] < 16 || parts[1] > 31)) continue;
      return fmt::format("{}.{}.{}.{}", parts[0], parts[1], parts[2], parts[3]);
    }
  }
  for (const char* suffix : {".internal", ".svc.cluster.local"}) {
    const std::size_t at = text.find(suffix);
    if (at == std::string_view::npos) continue;
    const std::size_t end = at + std::string_view(suffix).size();
    if (end < text.size() && (is_alnum(text[end]) || text[end] == '_' || text[end] == '.'))
      continue;
    std::size_t start = at;
    while (start > 0 && at - start < 100 &&
           (is_alnum(text[start - 1]) || text[start - 1] == '-' || text[start - 1] == '.')) {
      --start;
    }
    if (start < at && contains(text.substr(start, at - start), "-")) {
      return std::string(text.substr(start, end - start));
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_database_error(std::string_view text) {
  struct Message {
    const char* database;
    std::string_view words;
  };
  static constexpr std::array<Message, 16> kMessages = {{
      {"MySQL", "You have an error in your SQL syntax"},
      {"PostgreSQL", "unterminated quoted string at or near"},
      {"PostgreSQL", "syntax error at or near \""},
      {"PostgreSQL", "psycopg2.errors."},
      {"SQLite", "unrecognized token: \""},
      {"SQLite", "sqlite3.OperationalError"},
      {"SQLite", "SQLITE_ERROR"},
      {"SQL Server", "Unclosed quotation mark after the character string"},
      {"Oracle", "ORA-01756"},
      {"Oracle", "ORA-00933"},
      {"DynamoDB", "ValidationException"},
      {"DynamoDB", "Invalid KeyConditionExpression"},
      {"DynamoDB", "Invalid FilterExpression"},
      {"MongoDB", "unknown top level operator: $"},
      {"MongoDB", "MongoServerError"},
      {"JDBC", "java.sql.SQLException"},
  }};
  for (const Message& message : kMessages) {
    if (contains(text, message.words)) return message.database;
  }
  return std::nullopt;
}

}  // namespace weir::scan
