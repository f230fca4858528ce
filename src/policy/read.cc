#include "policy/read.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/pattern.h"
#include "policy/fields.h"
#include "policy/nearest.h"
#include "policy/read_descriptors.h"
#include "policy/read_rules.h"
#include "policy/read_somebody.h"
#include "policy/read_store.h"
#include "policy/warnings.h"
#include "policy/yaml.h"

namespace weir::policy {
namespace {

using YAML::Node;

class PolicyReader {
 public:
  explicit PolicyReader(const Environment& environment) : environment_(environment) {}

  void read(const Node& root);

  FieldReader fields;
  Policy policy;
  std::vector<Problem> warnings;

 private:
  void read_pepper(const Node& value);
  void read_identity(const Node& node);
  void read_api_key(const Node& node);
  const Environment& environment_;
};

void PolicyReader::read(const Node& root) {
  bool has_version = false;
  bool has_pepper = false;
  const bool is_map = fields.read(
      root, "a policy",
      {{"version",
        [&](const Node& value) {
          has_version = true;
          const std::optional<std::int64_t> version = fields.whole_number(value);
          if (version && *version != 1)
            fields.error(value, "this Weir reads policies of version 1 only", "Write version: 1");
        }},
       {"namespace",
        [&](const Node& value) {
          fields.text_into(value, policy.name_space, "a namespace", is_name, kNameCure);
        }},
       {"store",
        [&](const Node& value) {
          if (auto store = read_store(value, fields)) policy.store = *std::move(store);
        }},
       {"pepper",
        [&](const Node& value) {
          has_pepper = true;
          read_pepper(value);
        }},
       {"max_clock_skew",
        [&](const Node& value) { policy.max_clock_skew = fields.duration(value, kMaxClockSkew); }},
       {"identity", [&](const Node& value) { read_identity(value); }},
       {"deny", [&](const Node& value) { policy.deny = read_list(value, fields, "deny"); }},
       {"allow", [&](const Node& value) { policy.allow = read_list(value, fields, "allow"); }},
       {"rules", [&](const Node& value) { read_rules(value, fields, policy); }},
       {"descriptors", [&](const Node& value) { read_descriptors(value, fields, policy); }}});
  if (!is_map) return;
  check_descriptor_ids(policy, fields.errors());
  check_override_widths(policy, fields.errors());
  if (!has_version) fields.error(root, "the policy does not say its version", "Add version: 1");
  if (!has_pepper && std::holds_alternative<DynamoDbStore>(policy.store)) {
    fields.error(root, "a store that nodes share needs a pepper and there is none",
                 "Add pepper: ${WEIR_PEPPER}, a secret of 16 bytes or more that all nodes share");
  }
}

// The one place where a secret may come from the environment. Its value is in no message.
void PolicyReader::read_pepper(const Node& value) {
  constexpr std::string_view kCure =
      "Write pepper: ${NAME} and set NAME in the environment, for example to the output of "
      "'openssl rand -hex 32'";
  if (!value.IsScalar()) {
    fields.error(value, "the pepper is not a text", std::string(kCure));
    return;
  }
  std::string pepper = value.Scalar();
  if (pepper.starts_with("${")) {
    const std::string name = pepper.ends_with('}') ? pepper.substr(2, pepper.size() - 3) : "";
    if (!consists_of(name, "_", 1, kMaxNameLength)) {
      fields.error(value, "'" + excerpt(pepper) + "' does not name an environment variable",
                   std::string(kCure));
      return;
    }
    const std::optional<std::string> found = environment_(name);
    if (!found) {
      fields.error(value, "the environment variable " + name + " is not set",
                   "Set it to the pepper, for example to the output of 'openssl rand -hex 32'");
      return;
    }
    pepper = *found;
  } else {
    warnings.push_back(problem_at(value.Mark(), "the pepper stands in the file itself",
                                  "Keep secrets out of files: pepper: ${WEIR_PEPPER}"));
  }
  if (pepper.size() < kMinPepperLength || pepper.size() > kMaxPepperLength) {
    fields.error(value, "the pepper is not from 16 to 1024 bytes long", std::string(kCure));
    return;
  }
  policy.pepper = std::move(pepper);
}

void PolicyReader::read_identity(const Node& node) {
  IdentityConfig& identity = policy.identity;
  fields.read(
      node, "identity",
      {{"trusted_proxies",
        [&](const Node& value) {
          fields.each(value, kMaxTrustedProxies, [&](const Node& entry) {
            const std::optional<std::string> text = fields.text(entry);
            if (!text) return;
            // excerpt(): the error quotes it.
            if (auto network = fields.take(entry, Network::parse(excerpt(*text))))
              identity.trusted_proxies.push_back(*network);
          });
        }},
       {"proxy_field",
        [&](const Node& value) {
          const auto choice = fields.one_of(value, {"either", "x-forwarded-for", "forwarded"});
          if (choice) identity.proxy_field = static_cast<ProxyField>(*choice);
        }},
       {"trust_unix_peer",
        [&](const Node& value) {
          if (const auto truth = fields.truth(value)) identity.trust_unix_peer = *truth;
        }},
       {"ipv4_prefix",
        [&](const Node& value) {
          if (const auto bits = read_prefix(fields, value, 32)) identity.ipv4_prefix = *bits;
        }},
       {"ipv6_prefix",
        [&](const Node& value) {
          if (const auto bits = read_prefix(fields, value, 128)) identity.ipv6_prefix = *bits;
        }},
       {"embedded_ipv4",
        [&](const Node& value) {
          if (const auto truth = fields.truth(value)) identity.embedded_ipv4 = *truth;
        }},
       {"api_key", [&](const Node& value) { read_api_key(value); }}});
}

void PolicyReader::read_api_key(const Node& node) {
  ApiKeyConfig& api_key = policy.identity.api_key;
  fields.read(
      node, "identity.api_key",
      {{"header",
        [&](const Node& value) {
          fields.text_into(
              value, api_key.header, "the name of a field that holds a key and nothing else",
              [](const std::string& text) {
                return consists_of(text, "-", 1, kMaxNameLength) && text != "Authorization" &&
                       text != "authorization" && text != "Cookie" && text != "cookie";
              },
              "Use letters, digits and '-', for example X-API-Key");
        }},
       {"pattern",
        [&](const Node& value) {
          const std::optional<std::string> text = fields.text(value);
          if (!text) return;
          if (text->empty() || text->size() > kMaxPatternLength) {
            fields.error(value, "the pattern is not from 1 to 256 characters long");
          } else if (fields.take(value, Pattern::compile(*text))) {
            api_key.pattern = *text;
          }
        }},
       {"verify", [&](const Node& value) {
          const auto choice = fields.one_of(value, {"none", "required"});
          if (choice) api_key.verify = static_cast<Verify>(*choice);
        }}});
}

}  // namespace

std::string describe(std::string_view file, std::string_view severity, const Problem& problem) {
  std::string line = std::string(file) + ":" + std::to_string(problem.line) + ":" +
                     std::to_string(problem.column) + ": " + std::string(severity) + ": " +
                     problem.message;
  if (!problem.cure.empty()) line += ". " + problem.cure;
  return line;
}

Reading read_policy(std::string_view yaml, const Environment& environment) {
  Reading reading;
  const auto tree = parse_yaml(yaml);
  if (const Problem* problem = std::get_if<Problem>(&tree)) {
    reading.errors.push_back(*problem);
    return reading;
  }
  PolicyReader reader(environment);
  try {
    reader.read(std::get<Node>(tree));
  } catch (const YAML::Exception& error) {
    reader.fields.errors().push_back(
        problem_at(error.mark, "this is not what a policy looks like: " + error.msg));
  }
  reading.errors = std::move(reader.fields.errors());
  std::stable_sort(reading.errors.begin(), reading.errors.end(),
                   [](const Problem& a, const Problem& b) {
                     return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                   });
  if (!reading.errors.empty()) return reading;
  reading.warnings = warnings_about(reader.policy);
  reading.warnings.insert(reading.warnings.end(), reader.warnings.begin(), reader.warnings.end());
  reading.policy = std::move(reader.policy);
  return reading;
}

Result<std::string> read_policy_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return fail(ErrorCode::not_found, "there is no policy file '" + excerpt(path) + "'",
                "Name the file, for example weir.yaml");
  }
  if (!std::filesystem::is_regular_file(status))
    return fail(ErrorCode::invalid_input, "'" + excerpt(path) + "' is not a regular file");
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxPolicyBytes + 1, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof())
    return fail(ErrorCode::invalid_input, "'" + excerpt(path) + "' cannot be read",
                "Check who may read it");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxPolicyBytes) {
    return fail(ErrorCode::limit_exceeded, "'" + excerpt(path) + "' is larger than 256 KiB",
                "Use fewer rules");
  }
  return text;
}

Result<Policy> load_policy(const std::string& path, const Environment& environment) {
  const Result<std::string> text = read_policy_file(path);
  if (!text) return tl::unexpected(text.error());
  Reading reading = read_policy(*text, environment);
  if (reading.policy) return *std::move(reading.policy);
  std::string message;
  for (const Problem& problem : reading.errors) {
    if (!message.empty()) message += "\n";
    message += describe(path, "error", problem);
  }
  return fail(ErrorCode::invalid_input, message);
}

}  // namespace weir::policy
