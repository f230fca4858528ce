// WhoList: a policy's list of somebodies, ready to be asked whether it names who is asking.
//
// Thread safety: const once made; find() may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/asker.h"
#include "identity/client_address.h"
#include "policy/somebody.h"

namespace weir::engine {

class WhoList {
 public:
  // Which API keys count as named: all that are sent, or only those that count by themselves, so
  // that a key which nobody knows any more is worth nothing.
  enum class Keys { sent, counted };

  explicit WhoList(const std::vector<policy::Somebody>& list);

  bool empty() const { return networks_.empty() && api_keys_.empty() && users_.empty(); }

  // The place in the list of the first entry that names who is asking; nullopt: none does.
  // Addresses are cut to `width` first. An Error makes the request malformed.
  Result<std::optional<std::size_t>> find(Asker& asker, const identity::ClientWidth& width,
                                          Keys keys) const;

 private:
  struct DigestHash {
    std::size_t operator()(const Sha256& digest) const;
  };

  std::vector<std::pair<Network, std::size_t>> networks_;
  std::unordered_map<Sha256, std::size_t, DigestHash> api_keys_;
  std::unordered_map<std::string, std::size_t> users_;
};

}  // namespace weir::engine
