#include "scan/experiment/volley.h"

#include <algorithm>

namespace weir::scan {
namespace {

constexpr int kMaxVolley = 40;
constexpr int kMinVolley = 14;

}  // namespace

int volley_size(int n) {
  return std::clamp(n + 8, kMinVolley, kMaxVolley);
}

void release_volley(Bench& bench, EdgeRound& round, int size) {
  // Every other volley over HTTP/2, where all the last frames fit into one packet.
  Variant same{"", bench.base_request()};
  const bool http2 = bench.facts().speaks_http2 && bench.rounds().size() % 2 == 1;
  if (http2) same.request.version = "HTTP/2";
  const auto replies =
      bench.together(std::vector<Variant>(static_cast<std::size_t>(size), same),
                     http2 ? "released together over HTTP/2" : "released together");
  round.volley_sent = static_cast<int>(replies.size());
  round.volley_s = replies.empty() ? bench.now_s() : replies.front().sent_s;
  for (const Reply& reply : replies) round.volley += reply.admitted() ? 1 : 0;
}

void keep_exchanges(const Bench& bench, EdgeRound& round, std::size_t first) {
  for (std::size_t i = first; i < bench.exchanges().size(); ++i) round.exchanges.push_back(i);
}

std::vector<FreshVolley> volleys_on_fresh_identities(Bench& bench, int count) {
  std::vector<FreshVolley> volleys;
  const MakeVariant fresh = bench.fresh_identities();
  if (!fresh) return volleys;
  bench.set_phase("race");
  for (int i = 0; i < count && !bench.stopped(); ++i) {
    const Variant source = fresh();
    FreshVolley volley;
    volley.began_s = bench.now_s();
    const std::size_t first = bench.exchanges().size();
    const int size = volley_size(bench.facts().n);
    // Of a large limit, all but the last few go first.
    for (int alone = bench.facts().n - (size - kVolleyExcess); alone > 0 && !bench.stopped();
         --alone) {
      if (bench.send(source, "before the volley").admitted()) ++volley.admitted;
      ++volley.sent;
    }
    for (const Reply& reply : bench.together(
             std::vector<Variant>(static_cast<std::size_t>(size), source), "released together")) {
      ++volley.sent;
      if (reply.admitted()) ++volley.admitted;
    }
    volley.ended_s = bench.now_s();
    for (std::size_t k = first; k < bench.exchanges().size(); ++k) volley.exchanges.push_back(k);
    volleys.push_back(std::move(volley));
  }
  return volleys;
}

}  // namespace weir::scan
