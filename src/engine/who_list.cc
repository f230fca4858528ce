#include "engine/who_list.h"

#include <algorithm>
#include <cstring>

namespace weir::engine {

// A digest is as good as any hash of it.
std::size_t WhoList::DigestHash::operator()(const Sha256& digest) const {
  std::size_t word = 0;
  std::memcpy(&word, digest.data(), sizeof(word));
  return word;
}

WhoList::WhoList(const std::vector<policy::Somebody>& list) {
  for (std::size_t place = 0; place < list.size(); ++place) {
    const policy::Somebody& who = list[place];
    // emplace() keeps the first of two.
    if (const auto* network = std::get_if<Network>(&who)) {
      networks_.emplace_back(*network, place);
    } else if (const auto* key = std::get_if<policy::ApiKeyDigest>(&who)) {
      api_keys_.emplace(key->sha256, place);
    } else {
      users_.emplace(std::get<policy::UserName>(who).name, place);
    }
  }
}

Result<std::optional<std::size_t>> WhoList::find(Asker& asker, const identity::ClientWidth& width,
                                                 Keys keys) const {
  std::optional<std::size_t> first;
  const auto found = [&](std::size_t place) { first = std::min(first.value_or(place), place); };
  if (!networks_.empty()) {
    const Result<Address> client = asker.client();
    if (!client) return tl::unexpected(client.error());
    const Address cut = identity::client_network(*client, width);
    for (const auto& [network, place] : networks_) {
      if (network.contains(cut)) found(place);
    }
  }
  if (!api_keys_.empty()) {
    const Result<std::optional<Sha256>> digest = asker.api_key_digest();
    if (!digest) return tl::unexpected(digest.error());
    if (*digest && (keys == Keys::sent || asker.counts_api_key())) {
      if (const auto entry = api_keys_.find(**digest); entry != api_keys_.end())
        found(entry->second);
    }
  }
  if (!users_.empty()) {
    const Result<std::optional<std::string_view>> user = asker.user();
    if (!user) return tl::unexpected(user.error());
    if (*user) {
      if (const auto entry = users_.find(std::string(**user)); entry != users_.end())
        found(entry->second);
    }
  }
  return first;
}

}  // namespace weir::engine
