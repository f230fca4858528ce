// Requests that have to be served: sent where there is room, or waited for.
//
// Where clients are to be had that have a quota of their own (other local addresses, identities
// that a check has proven), the changes are made on those, and nothing is waited for. Otherwise the
// base's own quota is used, and its next window awaited.
// Thread safety: as the Bench.
//
//   Served served(bench);
//   const auto reply = served.send("query limit=1000", [](Request& r) { r.target += "?limit=1000";
//   });
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "scan/experiment/bench.h"

namespace weir::scan {

enum class Who {
  anybody,   // a client with a quota of its own, where one is to be had
  the_base,  // always the base's own quota
};

class Served {
 public:
  explicit Served(Bench& bench, Who who = Who::anybody)
      : bench_(bench), fresh_(who == Who::anybody ? bench.fresh_identities() : MakeVariant()) {}

  // The base with `change` made. nullopt: refused, and no room is to be had in bounded time.
  std::optional<Reply> send(const std::string& changed,
                            const std::function<void(Request&)>& change);

  // Begins a window: on a client that has sent nothing, or when the base's room is back. Within it
  // same() sends and does not wait. False: there is no room to be had.
  bool begin();
  Reply same(const std::string& changed, const std::function<void(Request&)>& change);
  double began_s() const { return began_s_; }

 private:
  Variant changed_variant(const std::string& changed,
                          const std::function<void(Request&)>& change) const;
  bool await();

  Bench& bench_;
  MakeVariant fresh_;
  std::optional<Variant> client_;  // of fresh_
  double began_s_ = 0;
};

}  // namespace weir::scan
