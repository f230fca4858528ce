// Requests that are released at one instant, as part of a round or on an identity of their own.
// Thread safety: as the Bench.
#pragma once

#include "scan/experiment/bench.h"

namespace weir::scan {

// More than the limit, so that a limit that holds must refuse some; bounded for large limits.
int volley_size(int n);
// Of a volley, at least so many are more than what is left.
inline constexpr int kVolleyExcess = 6;

void release_volley(Bench& bench, EdgeRound& round, int size);

// Puts all exchanges from `first` on into the round's evidence.
void keep_exchanges(const Bench& bench, EdgeRound& round, std::size_t first);

// Released together on identities of their own (Bench::fresh_identities), each of which no request
// came from before. Empty if there are none.
struct FreshVolley {
  int sent = 0;
  int admitted = 0;
  double began_s = 0;
  double ended_s = 0;
  std::vector<std::size_t> exchanges;
};
std::vector<FreshVolley> volleys_on_fresh_identities(Bench& bench, int count);

}  // namespace weir::scan
