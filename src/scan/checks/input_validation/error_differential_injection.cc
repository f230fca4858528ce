#include <fmt/format.h>

#include <array>

#include "base/ascii.h"
#include "scan/checks/input_validation/checks.h"
#include "scan/surface/inputs.h"

namespace weir::scan::input_validation {
namespace {

constexpr int kRounds = 3;

// What databases say of a statement with a lone quote. In lower case.
constexpr std::array<std::string_view, 14> kDatabaseErrors = {
    "you have an error in your sql syntax",
    "unterminated quoted string",
    "unclosed quotation mark",
    "quoted string not properly terminated",
    "sqlite3.operationalerror",
    "sqlite_error",
    "psycopg2.errors",
    "syntax error at or near",
    "unrecognized token: \"'",
    "sqlstate[",
    "ora-01756",
    "ora-00933",
    "validationexception: invalid filterexpression",
    "statement wasn't well formed"};  // DynamoDB's PartiQL

bool breaks(const Answer& answer) {
  if (!answer.ok()) return false;
  if (answer.status() == 500) return true;  // other 5xx are a proxy's or a filter's
  const std::string body = base::lower_case(answer.response.body.substr(0, 64 * 1024));
  for (const std::string_view sign : kDatabaseErrors) {
    if (body.find(sign) != std::string::npos) return true;
  }
  return false;
}

CheckOutcome run(Surface& surface) {
  if (!surface.baseline().served()) return CheckOutcome::inconclusive("the base is not served");
  std::size_t tried = 0;
  for (const Input& input : query_inputs(surface)) {
    ++tried;
    // Values stand percent-encoded already; what is added is letters and quotes only.
    const auto ask = [&](std::string_view added, std::string_view note) {
      return surface.send(surface.with_query(input.name, input.value + std::string(added)), note);
    };
    const Answer single = ask("%27", "variant");
    if (!single.ok()) return CheckOutcome::inconclusive("no answer");
    if (!breaks(single)) continue;
    // The controls: a doubled quote is one character of a text, and letters are as long.
    Answer doubled = ask("%27%27", "control");
    Answer letters = ask("wx", "control");
    if (breaks(doubled) || breaks(letters)) continue;
    bool each_time = true;
    for (int round = 1; round < kRounds && each_time; ++round) {
      doubled = ask("%27%27", "control");
      letters = ask("wx", "control");
      each_time = breaks(ask("%27", "variant")) && doubled.ok() && letters.ok() &&
                  !breaks(doubled) && !breaks(letters);
    }
    if (!each_time) return CheckOutcome::inconclusive("not the same each time");
    Evidence evidence = surface.evidence(
        fmt::format("one quote in the parameter {} gives {}, two give {} and two letters {}, {} "
                    "times of {}: the quote ends a text in a statement",
                    input.name, single.status(), doubled.status(), letters.status(), kRounds,
                    kRounds),
        {&letters, &doubled, &single});
    evidence.rounds = kRounds;
    return CheckOutcome::vulnerable(Confidence::firm, std::move(evidence));
  }
  if (tried == 0) return CheckOutcome::not_applicable("no parameter in the query");
  return CheckOutcome::protected_(
      fmt::format("{} parameters: one quote is answered as two are", tried));
}

const CheckInfo kInfo = {
    "error-differential-injection",
    "A quote in a parameter breaks a statement",
    Severity::high,
    "input-validation",
    {"API8:2023"},
    {89, 943},
    {"6.2.4"},
    "The parameter is put into a statement as text: whoever ends the text goes on with a statement "
    "of their own.",
    "Bind parameters (SQL: placeholders; DynamoDB: ExpressionAttributeValues and PartiQL's ?).",
    "The ORM binds; raw(), extra() and cursor.execute(f\"...\") do not. In boto3, Key(...).eq() "
    "and "
    "ExpressionAttributeValues.",
    "",
    "One quote gives a 500 or a database's error, two quotes and two letters do not, three times "
    "of three. No data is read by it: firm."};

}  // namespace

const SurfaceCheck kErrorDifferentialInjection = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::input_validation
