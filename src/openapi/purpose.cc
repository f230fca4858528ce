#include "openapi/purpose.h"

#include <algorithm>
#include <boost/json.hpp>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

namespace weir::openapi {
namespace {

namespace json = boost::json;

// "POST /auth/signIn/verify-otp" -> auth, sign, in, signin, verify, otp: words in lower case, and
// every two that follow each other also as one.
std::set<std::string, std::less<>> words_of(std::string_view text) {
  std::set<std::string, std::less<>> words;
  std::string word;
  std::string last;
  const auto end_word = [&] {
    if (word.empty()) return;
    words.insert(word);
    if (!last.empty()) words.insert(last + word);
    last = std::move(word);
    word.clear();
  };
  bool after_lower = false;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool lower = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!lower && !upper) {
      end_word();
      if (c == '/' || c == ' ') last.clear();  // words of two segments do not make one
    } else {
      if (upper && after_lower) end_word();
      word += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    after_lower = lower;
  }
  end_word();
  return words;
}

bool is_any_of(const std::set<std::string, std::less<>>& words,
               std::initializer_list<std::string_view> sought) {
  return std::any_of(sought.begin(), sought.end(),
                     [&words](std::string_view word) { return words.count(word) != 0; });
}

// The request shapes of chat and completion interfaces: a model's turns, or its prompt.
bool has_llm_shape(const Operation& operation) {
  if (!operation.body) return false;
  boost::system::error_code error;
  const json::value body = json::parse(operation.body->text, error);
  if (error || !body.is_object()) return false;
  const json::object& fields = body.get_object();
  if (fields.contains("prompt")) return true;
  if (fields.contains("model") && fields.contains("input")) return true;
  const json::value* messages = fields.if_contains("messages");
  if (messages == nullptr || !messages->is_array() || messages->get_array().empty()) return false;
  const json::value& first = messages->get_array()[0];
  return first.is_object() && first.get_object().contains("role") &&
         first.get_object().contains("content");
}

bool changes_something(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

}  // namespace

std::string_view to_string(Purpose purpose) {
  switch (purpose) {
    case Purpose::other:
      return "other";
    case Purpose::login:
      return "login";
    case Purpose::one_time_code:
      return "one-time-code";
    case Purpose::password:
      return "password";
    case Purpose::sign_up:
      return "sign-up";
    case Purpose::llm:
      return "llm";
  }
  return "other";
}

Purpose purpose_of(const Operation& operation) {
  if (!changes_something(operation.method)) return Purpose::other;
  std::string text = operation.base_path + operation.path + " " + operation.operation_id;
  for (const std::string& tag : operation.tags) text += " " + tag;
  const auto words = words_of(text);
  // The narrower purpose first: /login/otp asks for a code, /login/password/reset resets.
  if (is_any_of(words, {"otp", "totp", "mfa", "2fa", "onetime", "twofactor", "passcode",
                        "verifycode", "sendcode", "verifyphone", "verifyemail"})) {
    return Purpose::one_time_code;
  }
  if (is_any_of(words, {"password", "passwords", "passwd", "forgot", "forgotpassword"})) {
    return Purpose::password;
  }
  if (is_any_of(words, {"signup", "register", "registration"})) return Purpose::sign_up;
  if (is_any_of(words, {"login", "logon", "signin", "authenticate"})) return Purpose::login;
  if (is_any_of(words, {"token", "tokens"}) && is_any_of(words, {"auth", "oauth", "oauth2"})) {
    return Purpose::login;
  }
  return has_llm_shape(operation) ? Purpose::llm : Purpose::other;
}

}  // namespace weir::openapi
