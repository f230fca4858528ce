// Proof, for each way to name somebody without a proof of being them:
// - the name in a sign-in, with wrong passwords, if possible from another address: then the owner
// is
//   refused with the right password, three times, while made-up names are still served to them;
// - the address in a forwarding header that was proven to be believed: then the first request of
// the
//   client at that address is refused, twice, while a client that nobody named is served;
// - a name in the request (no key, token or session, and none beside it): from another address the
//   same name is refused and made-up names are served, three times.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/experiment/fill.h"
#include "scan/experiment/identity.h"
#include "scan/experiment/served.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr int kRounds = 3;
constexpr int kVictims = 2;

std::string spelled(std::string_view header, const std::string& address) {
  return same_name(header, "Forwarded") ? "for=" + address : address;
}

bool is_credential_request(const Request& request) {
  const auto fields = identity_fields(request);
  return std::any_of(fields.begin(), fields.end(),
                     [](const IdentityField& field) { return field.credential; });
}

class Lockout {
 public:
  explicit Lockout(Bench& bench) : bench_(bench), first_exchange_(bench.exchanges().size()) {}

  CheckOutcome run() {
    if (!bench_.facts().learned) return CheckOutcome::not_applicable("there is no quota to use up");
    int ways = 0;
    const std::optional<bool> apart = bench_.facts().sources_count_apart;
    const bool sources = bench_.sources_are_possible() && apart.has_value();
    if (!bench_.facts().believed_header.empty() && apart.value_or(false)) {
      ++ways;
      if (auto outcome = by_address()) return *outcome;
    }
    if (is_sign_in(bench_.base_request())) {
      ++ways;
      if (auto outcome = by_wrong_passwords()) return *outcome;
    } else if (sources && !is_credential_request(bench_.base_request())) {
      for (const IdentityField& field : identity_fields(bench_.base_request())) {
        ++ways;
        if (auto outcome = by_name(field)) return *outcome;
      }
    }
    if (bench_.stopped()) return CheckOutcome::inconclusive(bench_.prober().stop_reason());
    if (!unclear_.empty()) return CheckOutcome::inconclusive(unclear_);
    if (ways == 0) {
      return CheckOutcome::not_applicable("nothing in the request names somebody without a proof");
    }
    return CheckOutcome::protected_(
        fmt::format("{} way(s) to name somebody tried: their quota was not used up", ways));
  }

 private:
  Variant attack(const Variant& from) const {
    Variant variant = from;
    variant.changed =
        fmt::format("{}{}a wrong password", from.changed, from.changed.empty() ? "" : ", ");
    variant.request = with_wrong_password(from.request, bench_);
    return variant;
  }

  // Sends until refused; false: it never was.
  template <class Make>
  bool use_up(const Make& make) {
    const int most = bench_.facts().n + bench_.facts().uncertain + 3;
    for (int i = 0; i < most && !bench_.stopped(); ++i) {
      if (bench_.send(make(), "in the victim's name").refused()) return true;
    }
    return false;
  }

  std::optional<CheckOutcome> by_wrong_passwords() {
    const auto fields = identity_fields(bench_.base_request());
    const auto name = std::find_if(fields.begin(), fields.end(), [](const IdentityField& field) {
      return field.place == Place::body && !field.credential;
    });
    if (name == fields.end()) return std::nullopt;
    Served window(bench_, Who::the_base);
    if (!window.begin()) {
      unclear_ = "no room came back to try wrong passwords";
      return std::nullopt;
    }
    // From elsewhere, so that no limit by address hides what happens to the account.
    const Variant attacker = bench_.sources_are_possible() ? bench_.from_fresh_source()
                                                           : Variant{"", bench_.base_request()};
    if (!use_up([&] { return attack(attacker); })) return std::nullopt;
    // The owner's address may have a limit of its own, of which one request was used and each round
    // uses two more.
    const int rounds = std::clamp((bench_.facts().n - 1) / 2, 1, kRounds);
    for (int i = 0; i < rounds; ++i) {
      if (!bench_.base("the owner").refused()) return std::nullopt;
      const std::string other = like(name->value, bench_);
      const Reply control = bench_.send({fmt::format("{}: {}", name->label(), other),
                                         with_identity(bench_.base_request(), *name, other)},
                                        "control");
      if (control.refused() || !control.response.ok()) return std::nullopt;
    }
    return found(
        fmt::format("wrong passwords for the account{} used up its limit: its owner was refused "
                    "with the right one {} times of {}, while made-up names were served",
                    attacker.changed.empty() ? "" : " from another address", rounds, rounds),
        attack(attacker).request, rounds);
  }

  std::optional<CheckOutcome> by_address() {
    const std::string& header = bench_.facts().believed_header;
    Variant shown;
    for (int i = 0; i < kVictims; ++i) {
      const Variant victim = bench_.from_fresh_source();
      shown = bench_.with_header(header, spelled(header, *victim.request.source_address));
      if (!use_up([&] { return shown; })) return std::nullopt;
      if (!bench_.send(victim, "the client at that address").refused()) return std::nullopt;
      if (!bench_.send(bench_.from_fresh_source(), "control").admitted()) return std::nullopt;
    }
    return found(
        fmt::format("requests that name another client's address in {} use up that client's "
                    "quota: its first request was refused, {} times of {}, while a client that "
                    "nobody named was served",
                    header, kVictims, kVictims),
        shown.request, kVictims);
  }

  std::optional<CheckOutcome> by_name(const IdentityField& field) {
    if (!ensure_refused(bench_).refused) return std::nullopt;
    const Variant elsewhere = bench_.from_fresh_source();
    for (int i = 0; i < kRounds; ++i) {
      if (!bench_.send(elsewhere, "the same name elsewhere").refused()) return std::nullopt;
      const std::string other = like(field.value, bench_);
      Variant control = elsewhere;
      control.changed += fmt::format(", {}: {}", field.label(), other);
      control.request = with_identity(control.request, field, other);
      if (!bench_.send(control, "control").admitted()) return std::nullopt;
    }
    return found(
        fmt::format("whoever names {} uses up its quota: used up from one address, it was refused "
                    "at another, {} times of {}, where made-up names were served",
                    field.label(), kRounds, kRounds),
        bench_.base_request(), kRounds);
  }

  CheckOutcome found(std::string claim, const Request& shown, int rounds) const {
    Evidence evidence;
    evidence.claim = std::move(claim);
    const auto& exchanges = bench_.exchanges();
    evidence.exchanges.assign(exchanges.begin() + static_cast<std::ptrdiff_t>(first_exchange_),
                              exchanges.end());
    evidence.rounds = rounds;
    evidence.curl = bench_.curl(shown);
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }

  Bench& bench_;
  std::size_t first_exchange_;
  std::string unclear_;
};

CheckOutcome run(Bench& bench) {
  return Lockout(bench).run();
}

const CheckInfo kInfo = {
    "victim-lockout",
    "Whoever names somebody uses up their quota",
    Severity::medium,
    "rate-limiting",
    {"API2:2023", "API4:2023"},
    {645, 400, 348},
    {},
    "The limit is charged to the name that a request carries, and no proof of being that person or "
    "client is asked for. Anybody can keep somebody out of their own account, or a customer off "
    "the "
    "API, by a handful of requests.",
    "Charge failed attempts to the pair of account and client, and only slow the account down as a "
    "whole; let a proven owner (a session, a second factor, a known device) pass. Never charge an "
    "address that a header merely names.",
    "Key the failure counter in DynamoDB on user name and client address together, and add a "
    "second, "
    "wider rule on the user name alone that asks for a step-up instead of refusing.",
    "rules:\n  - id: per-client\n    key: client_ip   # the attacker's own quota pays\n    limit: "
    "10/m\n",
    "Requests that only name an account, an address or a person use its quota up; its owner is "
    "refused up to three times, while a client that nobody named is served."};

}  // namespace

const Check kVictimLockout = {&kInfo, Stage::with_room, run};

}  // namespace weir::scan::rate_limiting
