#include "scan/checks/rate_limiting/key_landing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scan/checks/screen.h"
#include "scan/experiment/identity.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr int kRounds = 2;
constexpr std::size_t kMaxFields = 2;
constexpr std::size_t kLong = 300;
constexpr std::array<std::size_t, 3> kCuts = {32, 64, 255};      // usual lengths of a key's column
constexpr std::array<std::size_t, 2> kOversizes = {3000, 2500};  // a DynamoDB key holds 2,048
constexpr std::string_view kDelimiters = ":|#_";
// Identifiers that a limit may take in place of the address, if they are there.
constexpr std::array<const char*, 5> kOptionalHeaders = {"X-API-Key", "X-User-Id", "X-Client-Id",
                                                         "X-Session-Id", "X-Tenant-Id"};
constexpr std::array<const char*, 4> kOptionalCookies = {"sid", "session", "sessionid", "token"};

// Two identities that are not the same, and a third that has nothing to do with them.
struct Trio {
  Variant used_up;
  Variant other;
  Variant control;
};

struct Relation {
  std::string claim;  // "two values that differ after their first 64 characters"
  std::function<Trio()> make;
};

class Landing {
 public:
  explicit Landing(Bench& bench) : bench_(bench), sign_in_(is_sign_in(bench.base_request())) {}

  std::optional<CheckOutcome> run() {
    std::vector<IdentityField> fields = identity_fields(bench_.base_request());
    std::erase_if(fields, [&](const IdentityField& field) { return !made_up_is_served(field); });
    if (fields.size() > kMaxFields) fields.resize(kMaxFields);
    for (const IdentityField& field : fields) {
      if (auto found = first_of(cuts(field))) return found;
      if (auto found = first_of(delimiters(field))) return found;
      if (auto found = oversize(field)) return found;
    }
    if (fields.size() == 2) {
      if (auto found = first_of(joined(fields[0], fields[1]))) return found;
    }
    if (!bench_.facts().sources_count_apart.value_or(false)) return std::nullopt;
    return addresses();
  }

 private:
  bool served(const Reply& reply) const {
    if (same_document(bench_, reply)) return true;
    const int status = reply.response.status;
    return sign_in_ && reply.outcome == Outcome::other &&
           (status == 401 || status == 403 || status == 404);
  }

  // While the base is refused: then this identity has a counter of its own, and nobody checks it.
  bool made_up_is_served(const IdentityField& field) {
    return served(bench_.send(with(field, bench_.made_up(12)), "probe"));
  }

  Variant with(const IdentityField& field, const std::string& value) const {
    const std::string shown = value.size() > 40 ? value.substr(0, 37) + "..." : value;
    return {fmt::format("{}: {} ({} bytes)", field.label(), shown, value.size()),
            with_identity(bench_.base_request(), field,
                          field.place == Place::query ? percent_encode(value) : value)};
  }

  // Sends it until it is refused. False if it never is, or is not served at first.
  bool use_up(const Variant& variant) {
    const int most = 2 * (bench_.facts().n + bench_.facts().uncertain) + 6;
    for (int i = 0; i < most && !bench_.stopped(); ++i) {
      const Reply reply = bench_.send(variant, "using a made-up identity up");
      if (reply.refused()) return i > 0;
      if (i == 0 && !served(reply)) return false;
    }
    return false;
  }

  bool refused(const Variant& variant, std::string_view note) {
    return bench_.send(variant, note).refused();
  }

  // One identity is used up for all relations; one that looks true is proven by itself.
  std::optional<CheckOutcome> first_of(const std::vector<Relation>& relations) {
    if (relations.empty() || bench_.stopped()) return std::nullopt;
    std::vector<Trio> trios;
    for (const Relation& relation : relations) trios.push_back(relation.make());
    if (!use_up(trios.front().used_up)) return std::nullopt;
    for (std::size_t i = 0; i < relations.size(); ++i) {
      if (!refused(trios[i].other, "another identity")) continue;
      if (auto found = prove(relations[i])) return found;
    }
    return std::nullopt;
  }

  std::optional<CheckOutcome> prove(const Relation& relation) {
    start_evidence();
    Variant shown;
    for (int i = 0; i < kRounds; ++i) {
      fresh_ = true;
      const Trio trio = relation.make();
      if (!served(bench_.send(trio.other, "another identity"))) return std::nullopt;
      if (!use_up(trio.used_up)) return std::nullopt;
      if (!refused(trio.other, "another identity")) return std::nullopt;
      if (!served(bench_.send(trio.control, "control"))) return std::nullopt;
      if (!refused(trio.used_up, "control")) return std::nullopt;
      shown = trio.other;
    }
    return found(fmt::format("{} share one counter: using the one up got the other refused, {} "
                             "times of {}, while an unrelated one was served",
                             relation.claim, kRounds, kRounds),
                 shown);
  }

  // Longest shared beginning last: the first that holds says most.
  std::vector<Relation> cuts(const IdentityField& field) {
    fresh_ = false;
    std::vector<Relation> relations;
    const auto first = std::make_shared<std::string>(bench_.made_up(kLong));
    for (const std::size_t cut : kCuts) {
      relations.push_back(
          {fmt::format("two values of {} that differ after their first {} characters",
                       field.label(), cut),
           [this, field, cut, first] {
             const std::string value = next(first, [this] { return bench_.made_up(kLong); });
             return Trio{with(field, value),
                         with(field, value.substr(0, cut) + bench_.made_up(kLong - cut)),
                         with(field, bench_.made_up(kLong))};
           }});
    }
    return relations;
  }

  // The first call of all relations shares one value; a proof takes new ones.
  std::string next(const std::shared_ptr<std::string>& first,
                   const std::function<std::string()>& make) const {
    return fresh_ ? make() : *first;
  }

  std::string parted() {
    std::string value = bench_.made_up(6);
    for (const char delimiter : kDelimiters) value += delimiter + bench_.made_up(5);
    return value;
  }

  std::vector<Relation> delimiters(const IdentityField& field) {
    fresh_ = false;
    std::vector<Relation> relations;
    const auto first = std::make_shared<std::string>(parted());
    for (const char delimiter : kDelimiters) {
      relations.push_back(
          {fmt::format("two values of {} that differ after a '{}'", field.label(), delimiter),
           [this, field, delimiter, first] {
             const std::string value = next(first, [this] { return parted(); });
             const std::size_t at = value.find(delimiter) + 1;
             return Trio{with(field, value),
                         with(field, value.substr(0, at) + bench_.made_up(value.size() - at)),
                         with(field, bench_.made_up(value.size()))};
           }});
    }
    return relations;
  }

  // Two fields that are joined by a delimiter: a part that moves from the one to the other.
  std::vector<Relation> joined(const IdentityField& a, const IdentityField& b) {
    fresh_ = false;
    std::vector<Relation> relations;
    const auto first = std::make_shared<std::string>(parted());
    const auto both = [this, a, b](const std::string& left, const std::string& right) {
      Variant variant = with(a, left);
      variant.changed += fmt::format(", {}: {}", b.label(), right);
      variant.request = with_identity(variant.request, b, right);
      return variant;
    };
    for (const char delimiter : kDelimiters) {
      relations.push_back({fmt::format("two pairs of {} and {}, in which a part moves over a '{}'",
                                       a.label(), b.label(), delimiter),
                           [this, both, delimiter, first] {
                             const std::string value = next(first, [this] { return parted(); });
                             const std::size_t at = value.find(delimiter);
                             const std::string left = value.substr(0, at);
                             const std::string moved = value.substr(at + 1) + delimiter + "z";
                             return Trio{both(value, "z"), both(left, moved),
                                         both(left, bench_.made_up(moved.size()))};
                           }});
    }
    return relations;
  }

  // Served far beyond N, while an identity of ordinary length is not.
  std::optional<CheckOutcome> oversize(const IdentityField& field) {
    start_evidence();
    const int enough = bench_.facts().n + bench_.facts().uncertain + 3;
    Variant shown;
    for (const std::size_t size : kOversizes) {
      shown = with(field, bench_.made_up(size));
      for (int i = 0; i < enough; ++i) {
        if (!served(bench_.send(shown, "oversized identifier"))) return std::nullopt;
      }
      if (!use_up(with(field, bench_.made_up(40)))) return std::nullopt;
    }
    if (!bench_.base("control").refused()) return std::nullopt;
    return found(fmt::format("{} of {} bytes and more has no limit: {} requests in a row were "
                             "served, where {} are allowed and a value of 40 bytes was refused",
                             field.label(), kOversizes.back(), enough, bench_.facts().n),
                 shown);
  }

  Variant naming(const std::string& address) const {
    Variant variant{"all optional identifiers: " + address, bench_.base_request()};
    std::string cookies(find_header(variant.request.headers, "Cookie").value_or(""));
    for (const char* header : kOptionalHeaders) {
      if (!find_header(variant.request.headers, header))
        variant.request.set_header(header, address);
    }
    for (const char* cookie : kOptionalCookies) {
      if (cookies.find(std::string(cookie) + "=") != std::string::npos) continue;
      cookies += fmt::format("{}{}={}", cookies.empty() ? "" : "; ", cookie, address);
    }
    variant.request.set_header("Cookie", cookies);
    return variant;
  }

  // An identifier that is an address uses up the quota of the client at that address.
  std::optional<CheckOutcome> addresses() {
    start_evidence();
    Variant shown;
    for (int i = 0; i < kRounds; ++i) {
      const Variant victim = bench_.from_fresh_source();
      shown = naming(*victim.request.source_address);
      if (!use_up(shown)) return std::nullopt;
      if (!refused(victim, "the client at that address")) return std::nullopt;
      if (!bench_.send(bench_.from_fresh_source(), "control").admitted()) return std::nullopt;
    }
    return found(
        fmt::format("an identifier that is another client's address uses up that client's quota: "
                    "its first request was refused, {} times of {}, while a client at an address "
                    "that nobody named was served",
                    kRounds, kRounds),
        shown);
  }

  void start_evidence() { first_exchange_ = bench_.exchanges().size(); }

  CheckOutcome found(std::string claim, const Variant& shown) const {
    Evidence evidence;
    evidence.claim = std::move(claim);
    const auto& exchanges = bench_.exchanges();
    evidence.exchanges.assign(exchanges.begin() + static_cast<std::ptrdiff_t>(first_exchange_),
                              exchanges.end());
    evidence.rounds = kRounds;
    evidence.curl = bench_.curl(shown.request);
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }

  Bench& bench_;
  bool sign_in_;
  bool fresh_ = false;
  std::size_t first_exchange_ = 0;
};

}  // namespace

std::optional<CheckOutcome> find_landing(Bench& bench) {
  return Landing(bench).run();
}

}  // namespace weir::scan::rate_limiting
