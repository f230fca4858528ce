// Proof: a sign-in, a one-time code, a password reset or a sign-up whose request passes without
// end; or, at a sign-in, wrong passwords for one account that are tried without end although the
// request itself is limited, more in half a window than two windows allow. Never more than 40
// guesses.
#include <fmt/format.h>

#include <algorithm>

#include "openapi/purpose.h"
#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/identity.h"
#include "scan/experiment/served.h"

namespace weir::scan::rate_limiting {
namespace {

using openapi::Purpose;

constexpr int kMostGuesses = 40;
constexpr int kOtherInARow = 3;  // another answer so often in a row: the account is locked

Purpose purpose_of(const Bench& bench) {
  if (bench.declared() != nullptr && bench.declared()->purpose != Purpose::other) {
    return bench.declared()->purpose;
  }
  const Request& request = bench.base_request();
  openapi::Operation operation;
  operation.method = request.method;
  operation.path = request.path();
  if (request.body) operation.body = openapi::Body{"", *request.body, true};
  const Purpose purpose = openapi::purpose_of(operation);
  return purpose == Purpose::other && is_sign_in(request) ? Purpose::login : purpose;
}

struct Guesses {
  int tried = 0;         // processed, one after the other
  bool stopped = false;  // by a refusal or another answer
  double took_s = 0;
  std::string how;  // what stopped them
  std::vector<Exchange> exchanges;
};

Guesses guess(Bench& bench, Served& served, int most) {
  Guesses guesses;
  std::optional<Signature> wrong;
  int other = 0;
  for (int sent = 0; sent < most && !bench.stopped(); ++sent) {
    const Reply reply = served.same("a wrong password", [&bench](Request& request) {
      request = with_wrong_password(request, bench);
    });
    if (!bench.exchanges().empty()) guesses.exchanges.push_back(bench.exchanges()[reply.exchange]);
    if (!reply.response.ok()) continue;
    const Signature signature = signature_of(reply.response);
    if (!wrong) wrong = signature;
    if (reply.refused() || reply.response.status == 429) {
      guesses.stopped = true;
      guesses.how = "refused";
      break;
    }
    if (signature == *wrong) {
      ++guesses.tried;
      other = 0;
    } else if (++other == kOtherInARow) {
      guesses.stopped = true;
      guesses.how = fmt::format("answered with {}", signature.status);
      break;
    }
  }
  guesses.took_s = bench.now_s() - served.began_s();
  return guesses;
}

CheckOutcome vulnerable(Bench& bench, std::string claim, std::vector<Exchange> exchanges,
                        int admitted) {
  Evidence evidence;
  evidence.claim = std::move(claim);
  evidence.exchanges = std::move(exchanges);
  evidence.admitted = admitted;
  evidence.rounds = 1;
  evidence.curl = fmt::format("for i in $(seq {}); do {} -o /dev/null -w '%{{http_code}}\\n'; done",
                              admitted, bench.curl(bench.base_request()));
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

CheckOutcome guesses_at(Bench& bench) {
  const LimitFacts& facts = bench.facts();
  const int n = facts.n + facts.uncertain;
  const int needed = facts.learned ? 2 * n + 3 : kMostGuesses;
  if (needed > kMostGuesses) {
    return CheckOutcome::protected_(
        fmt::format("refused after {} requests; more wrong passwords than {} are not tried",
                    facts.n, kMostGuesses));
  }
  // A limit may count by account: another client would find it used up.
  Served served(bench, Who::the_base);
  if (!served.begin())
    return CheckOutcome::inconclusive("no room came back to try wrong passwords");
  const Guesses guesses = guess(bench, served, needed);
  if (bench.stopped()) return CheckOutcome::inconclusive(bench.prober().stop_reason());
  if (guesses.stopped) {
    return CheckOutcome::protected_(
        fmt::format("after {} wrong passwords further ones were {}", guesses.tried, guesses.how));
  }
  const double window_s = std::max(facts.window_low_s, 0.5);
  if (guesses.tried < needed || (facts.learned && guesses.took_s > 0.5 * window_s)) {
    return CheckOutcome::inconclusive(
        fmt::format("{} wrong passwords were tried in {:.1f} s: too few in that time to be sure",
                    guesses.tried, guesses.took_s));
  }
  return vulnerable(
      bench,
      facts.learned
          ? fmt::format("{} wrong passwords for one account were tried in {:.1f} s, where "
                        "{} requests are allowed: failures are not counted",
                        guesses.tried, guesses.took_s, facts.n)
          : fmt::format("{} wrong passwords for one account were tried one after the "
                        "other, none was refused and the account was not locked",
                        guesses.tried),
      guesses.exchanges, guesses.tried);
}

CheckOutcome run(Bench& bench) {
  const Purpose purpose = purpose_of(bench);
  if (purpose == Purpose::other || purpose == Purpose::llm) {
    return CheckOutcome::not_applicable("no sign-in, code, password or sign-up");
  }
  const LimitFacts& facts = bench.facts();
  if (facts.held_back) return CheckOutcome::protected_("requests are held back until their turn");
  if (!facts.learned && !facts.unlimited) {
    return CheckOutcome::inconclusive("the plain request was never served");
  }
  if (is_sign_in(bench.base_request())) return guesses_at(bench);
  if (facts.learned) {
    return CheckOutcome::protected_(fmt::format("refused after {} requests", facts.n));
  }
  const auto& exchanges = bench.exchanges();
  return vulnerable(bench,
                    fmt::format("{} requests to a {} operation passed, none was refused", facts.n,
                                openapi::to_string(purpose)),
                    {exchanges.begin(),
                     exchanges.begin() +
                         static_cast<std::ptrdiff_t>(std::min<std::size_t>(20, exchanges.size()))},
                    facts.n);
}

const CheckInfo kInfo = {
    "sensitive-flow-unlimited",
    "Guesses at a sign-in, a code or a reset are not limited",
    Severity::critical,
    "rate-limiting",
    {"API2:2023", "API4:2023", "API6:2023"},
    {307, 799, 770},
    {"8.3.4"},
    "Passwords and codes are found by trying. Without a limit on failed attempts a four-digit code "
    "falls within minutes, leaked passwords are tried against every account, and messages are sent "
    "at "
    "the owner's expense.",
    "Count failed attempts per account and per client, before the secret is verified: no more than "
    "five to ten, then a growing wait. Bind a one-time code to few tries and make it void then.",
    "Put two rules on the view, one per account name and one per client address, and let neither "
    "skip "
    "failures. Key the account's counter in DynamoDB on the canonical user name.",
    "rules:\n  - id: sign-in-per-client\n    match: {routes: [/auth/login]}\n    key: client_ip\n  "
    "  "
    "limit: 10/m\n    penalty: {refusals: 10/m, wait: 30m}\n",
    "A sign-in, code, reset or sign-up passes without end; or 2 N + 3 wrong passwords are tried in "
    "half a window. Locking the account counts as a limit."};

}  // namespace

const Check kSensitiveFlowUnlimited = {&kInfo, Stage::with_room, run};

}  // namespace weir::scan::rate_limiting
