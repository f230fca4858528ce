#include "scan/experiment/lift.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "scan/experiment/fill.h"

namespace weir::scan {
namespace {

constexpr int kRounds = 5;
constexpr int kMaxVoid = 8;         // rounds spoiled by room that came back
constexpr int kMaxMisses = 2;       // rounds in which the variant was refused
constexpr int kMaxFreshQuota = 24;  // the fresh-quota test stops here for large N
constexpr int kTriples = 30;
constexpr double kSignificance = 1e-5;
// More tokens than this come back in one round trip: no sandwich closes.
constexpr double kFastTrickle = 0.2;

class Proof {
 public:
  Proof(Bench& bench, const Candidate& candidate)
      : bench_(bench), candidate_(candidate), fixed_(candidate.variant()) {}

  Lift run() {
    const double rtt = bench_.prober().typical_latency_s();
    const LimitFacts& facts = bench_.facts();
    if (facts.trickles && facts.token_s > 0 && rtt / facts.token_s > kFastTrickle) return triples();
    return sandwich();
  }

 private:
  Variant next_variant() { return candidate_.renews ? candidate_.variant() : fixed_; }

  Reply keep(const Reply& reply) {
    if (lift_.evidence.exchanges.size() < 60 && !bench_.exchanges().empty()) {
      lift_.evidence.exchanges.push_back(bench_.exchanges()[reply.exchange]);
    }
    return reply;
  }

  Lift sandwich() {
    // A spelling has one quota, of which the first look took one; it cannot pass more rounds.
    const int wanted = candidate_.renews ? kRounds : std::clamp(bench_.facts().n - 1, 1, kRounds);
    int rounds = 0;
    int voids = 0;
    int misses = 0;
    Variant last = fixed_;
    while (rounds < wanted && voids <= kMaxVoid && misses <= kMaxMisses && !bench_.stopped()) {
      if (!base_refused()) {
        ++voids;
        ensure_refused(bench_);
        continue;
      }
      if (candidate_.dummy) {
        const Reply dummy = keep(bench_.send(candidate_.dummy(), "dummy"));
        if (!dummy.refused()) {
          // Either room came back, or any change at all lifts the limit: the next base tells.
          if (!base_refused()) {
            ensure_refused(bench_);
          } else if (++dummies_served_ > 1) {
            return give(Lift::Verdict::unclear, "a dummy header is served as well");
          }
          ++voids;
          continue;
        }
      }
      last = next_variant();
      const Reply variant = keep(bench_.send(last, "variant"));
      if (!candidate_.served(variant)) {
        ++misses;
        continue;
      }
      if (!base_refused()) {
        ++voids;
        ensure_refused(bench_);
        continue;
      }
      ++rounds;
    }
    lift_.evidence.rounds = rounds;
    if (bench_.stopped()) return give(Lift::Verdict::unclear, bench_.prober().stop_reason());
    if (rounds == 0)
      return give(Lift::Verdict::held, "served once, but never between two refusals");
    if (rounds < wanted) {
      return give(Lift::Verdict::unclear,
                  fmt::format("{} of {} rounds held, {} were spoiled by room that came back",
                              rounds, wanted, voids));
    }
    return fresh_quota(last, rounds);
  }

  // The variant's identity has a quota of its own, not one lucky token.
  Lift fresh_quota(const Variant& last, int rounds) {
    const int n = bench_.facts().n;
    const Variant same = candidate_.renews ? candidate_.variant() : last;
    const int already = candidate_.renews ? 0 : rounds + 1;
    const int enough = n <= 3 ? n : std::max(3, static_cast<int>(std::ceil(0.8 * n)));
    const int goal = std::min(enough, kMaxFreshQuota);
    int passed = already;
    int faults = 0;
    while (passed < goal && faults < 3 && !bench_.stopped()) {
      const Reply reply = keep(bench_.send(same, "fresh quota"));
      if (candidate_.served(reply)) {
        ++passed;
      } else if (reply.outcome == Outcome::other || reply.outcome == Outcome::failed) {
        ++faults;
      } else {
        break;
      }
    }
    const bool still = base_refused();
    lift_.evidence.admitted = passed;
    lift_.evidence.allowed = 0;
    lift_.evidence.curl = candidate_.curl.empty() ? bench_.curl(same.request) : candidate_.curl;
    lift_.evidence.claim = fmt::format(
        "{} of {} times: the plain request refused, {}{} served, the plain request refused again; "
        "then {} in a row served while the plain request stayed refused",
        rounds, rounds, candidate_.dummy ? "a dummy of the same length refused, " : "",
        same.changed, passed);
    if (passed >= goal && still) {
      lift_.confidence = rounds >= 3 ? Confidence::confirmed : Confidence::firm;
      return give(Lift::Verdict::lifted, candidate_.label);
    }
    if (!still) {
      // A reset fell into it. The sandwiches hold by themselves (wrong in 0.007 % of cases).
      lift_.confidence = Confidence::firm;
      if (rounds >= kRounds) return give(Lift::Verdict::lifted, candidate_.label);
    }
    return give(
        Lift::Verdict::unclear,
        fmt::format("{} rounds held, but its quota ended after {} of {}", rounds, passed, goal));
  }

  Lift triples() {
    int variant_served = 0, variant_sent = 0, control_served = 0, control_sent = 0;
    for (int i = 0; i < kTriples && !bench_.stopped(); ++i) {
      std::array<int, 3> order = {0, 1, 2};
      std::shuffle(order.begin(), order.end(), bench_.rng());
      for (const int arm : order) {
        if (arm == 2) {
          const Variant variant = next_variant();
          lift_.evidence.curl =
              candidate_.curl.empty() ? bench_.curl(variant.request) : candidate_.curl;
          ++variant_sent;
          if (candidate_.served(keep(bench_.send(variant, "variant")))) ++variant_served;
        } else {
          const bool dummy = arm == 1 && candidate_.dummy;
          ++control_sent;
          const Reply reply =
              keep(dummy ? bench_.send(candidate_.dummy(), "dummy") : bench_.base());
          if (reply.admitted()) ++control_served;
        }
      }
    }
    const double p = fisher_exact(variant_served, variant_sent, control_served, control_sent);
    lift_.evidence.admitted = variant_served;
    lift_.evidence.rounds = kTriples;
    lift_.evidence.claim = fmt::format(
        "in random order, {} was served {} of {} times and the plain request or a dummy {} of {} "
        "(Fisher's exact test: p = {:.1g})",
        candidate_.label, variant_served, variant_sent, control_served, control_sent, p);
    if (p < kSignificance && variant_served * 2 >= variant_sent) {
      lift_.confidence = Confidence::confirmed;
      return give(Lift::Verdict::lifted, candidate_.label);
    }
    return give(Lift::Verdict::held, "no difference to the plain request");
  }

  bool base_refused() { return keep(bench_.base("base")).refused(); }

  Lift give(Lift::Verdict verdict, std::string detail) {
    lift_.verdict = verdict;
    lift_.detail = std::move(detail);
    return std::move(lift_);
  }

  Bench& bench_;
  const Candidate& candidate_;
  Variant fixed_;
  int dummies_served_ = 0;
  Lift lift_;
};

double log_choose(int n, int k) {
  return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

}  // namespace

double fisher_exact(int variant_served, int variant_sent, int control_served, int control_sent) {
  const int served = variant_served + control_served;
  const int sent = variant_sent + control_sent;
  double p = 0;
  for (int k = variant_served; k <= std::min(served, variant_sent); ++k) {
    if (served - k > control_sent) continue;
    p += std::exp(log_choose(variant_sent, k) + log_choose(control_sent, served - k) -
                  log_choose(sent, served));
  }
  return std::min(p, 1.0);
}

Lift prove_lift(Bench& bench, const Candidate& candidate) {
  return Proof(bench, candidate).run();
}

}  // namespace weir::scan
