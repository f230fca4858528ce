#include "policy/read_somebody.h"

#include <string>
#include <utility>

#include "policy/nearest.h"

namespace weir::policy {
namespace {

constexpr std::string_view kDigest = "sha256:";

}  // namespace

std::vector<Field> somebody_fields(FieldReader& fields, std::optional<Somebody>& who) {
  const auto name = [&fields, &who](auto make) {
    return [&fields, &who, make](const YAML::Node& value) {
      const std::optional<std::string> text = fields.text(value);
      if (!text) return;
      if (who) {
        fields.error(value, "one entry names two", "Write two entries");
        return;
      }
      who = make(value, *text);
    };
  };
  const auto by_network = [&fields](const YAML::Node& value,
                                    const std::string& text) -> std::optional<Somebody> {
    const std::optional<Network> network = fields.take(value, Network::parse(excerpt(text)));
    if (!network) return std::nullopt;
    return *network;
  };
  // The key itself may be a secret: no message quotes it.
  const auto by_key = [&fields](const YAML::Node& value,
                                const std::string& text) -> std::optional<Somebody> {
    const std::optional<Sha256> digest =
        text.starts_with(kDigest) ? parse_sha256(std::string_view(text).substr(kDigest.size()))
                                  : std::nullopt;
    if (digest) return ApiKeyDigest{*digest};
    fields.error(
        value, "an API key is not named by its digest",
        "Write sha256: and 64 hexadecimal digits, the output of: printf %s KEY | sha256sum");
    return std::nullopt;
  };
  const auto by_user = [&fields](const YAML::Node& value,
                                 const std::string& text) -> std::optional<Somebody> {
    if (!text.empty() && text.size() <= kMaxListedNameLength) return UserName{text};
    fields.error(value, "a user's name is not from 1 to 512 bytes long");
    return std::nullopt;
  };
  return {{"client_ip", name(by_network)}, {"api_key", name(by_key)}, {"user", name(by_user)}};
}

std::vector<Somebody> read_list(const YAML::Node& node, FieldReader& fields,
                                std::string_view what) {
  std::vector<Somebody> list;
  if (!node.IsSequence() || node.size() > kMaxListed) {
    fields.error(node, std::string(what) + " is not a list of at most 1024 entries",
                 "Write '- client_ip: 192.0.2.0/24', '- api_key: sha256:...' or '- user: NAME'");
    return list;
  }
  for (const YAML::Node& entry : node) {
    std::optional<Somebody> who;
    const std::size_t errors = fields.errors().size();
    if (!fields.read(entry, "an entry", somebody_fields(fields, who))) continue;
    if (who) {
      list.push_back(*std::move(who));
    } else if (fields.errors().size() == errors) {
      fields.error(entry, "the entry names nobody", "Name a client_ip, an api_key or a user");
    }
  }
  return list;
}

}  // namespace weir::policy
