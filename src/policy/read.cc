#include "policy/read.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/pattern.h"
#include "policy/fields.h"
#include "policy/nearest.h"
#include "policy/warnings.h"
#include "policy/yaml.h"

namespace weir::policy {
namespace {

using YAML::Node;

constexpr std::string_view kNameCure = "Use 1 to 64 characters from a-z, 0-9, '_' and '-'";
constexpr std::size_t kMaxTextLength = 2048;

bool consists_of(std::string_view text, std::string_view others, std::size_t least,
                 std::size_t most) {
  const auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  };
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), fits);
}

class PolicyReader {
 public:
  explicit PolicyReader(const Environment& environment) : environment_(environment) {}

  void read(const Node& root);

  FieldReader fields;
  Policy policy;
  std::vector<Problem> warnings;

 private:
  void read_store(const Node& node);
  void read_pepper(const Node& value);
  void read_identity(const Node& node);
  void read_api_key(const Node& node);
  void read_rules(const Node& node);
  void read_rule(const Node& node);
  void read_match(const Node& node, Match& match);
  void check_against_others(const Node& node, const Node& id, const Rule& rule);

  std::optional<int> prefix(const Node& value, int bits);
  std::optional<Duration> duration(const Node& value, Duration longest);
  // A text that `fits`, stored into `target`.
  void text_into(const Node& value, std::string& target, std::string_view what,
                 const std::function<bool(const std::string&)>& fits, std::string_view cure);

  const Environment& environment_;
};

void PolicyReader::text_into(const Node& value, std::string& target, std::string_view what,
                             const std::function<bool(const std::string&)>& fits,
                             std::string_view cure) {
  const std::optional<std::string> text = fields.text(value);
  if (!text) return;
  if (text->size() <= kMaxTextLength && fits(*text)) {
    target = *text;
  } else {
    fields.error(value, "'" + excerpt(*text) + "' is not " + std::string(what), std::string(cure));
  }
}

std::optional<int> PolicyReader::prefix(const Node& value, int bits) {
  const std::optional<std::int64_t> number = fields.whole_number(value);
  if (!number) return std::nullopt;
  const int clamped = static_cast<int>(std::clamp<std::int64_t>(*number, -1, 129));
  if (!fields.check(value, check_prefix(clamped, bits))) return std::nullopt;
  return clamped;
}

std::optional<Duration> PolicyReader::duration(const Node& value, Duration longest) {
  const std::optional<std::string> text = fields.text(value);
  if (!text) return std::nullopt;
  const std::optional<Duration> parsed = fields.take(value, parse_duration(*text));
  if (!parsed) return std::nullopt;
  if (*parsed > longest) {
    fields.error(value, "'" + excerpt(*text) + "' is longer than " + format_duration(longest));
    return std::nullopt;
  }
  return parsed;
}

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
          text_into(value, policy.name_space, "a namespace", is_name, kNameCure);
        }},
       {"store", [&](const Node& value) { read_store(value); }},
       {"pepper",
        [&](const Node& value) {
          has_pepper = true;
          read_pepper(value);
        }},
       {"max_clock_skew",
        [&](const Node& value) { policy.max_clock_skew = duration(value, kMaxClockSkew); }},
       {"identity", [&](const Node& value) { read_identity(value); }},
       {"rules", [&](const Node& value) { read_rules(value); }}});
  if (!is_map) return;
  if (!has_version) fields.error(root, "the policy does not say its version", "Add version: 1");
  if (!has_pepper && !std::holds_alternative<MemoryStore>(policy.store)) {
    fields.error(root, "a shared store needs a pepper and there is none",
                 "Add pepper: ${WEIR_PEPPER}, a secret of 16 bytes or more that all nodes share");
  }
}

void PolicyReader::read_store(const Node& node) {
  DynamoDbStore dynamodb;
  std::optional<std::size_t> kind;
  bool has_kind = false;
  std::vector<std::string> only_dynamodb;
  const auto of_dynamodb = [&](std::string_view name, std::function<void(const Node&)> read) {
    return Field{name, [&only_dynamodb, name, read = std::move(read)](const Node& value) {
                   only_dynamodb.emplace_back(name);
                   read(value);
                 }};
  };
  const bool is_map = fields.read(
      node, "a store",
      {{"kind",
        [&](const Node& value) {
          has_kind = true;
          kind = fields.one_of(value, {"memory", "dynamodb"});
        }},
       of_dynamodb("table",
                   [&](const Node& value) {
                     text_into(
                         value, dynamodb.table, "the name of a DynamoDB table",
                         [](const std::string& text) { return consists_of(text, "_.-", 3, 255); },
                         "Use 3 to 255 characters from a-z, A-Z, 0-9, '_', '.' and '-'");
                   }),
       of_dynamodb("region",
                   [&](const Node& value) {
                     text_into(
                         value, dynamodb.region, "an AWS region",
                         [](const std::string& text) { return consists_of(text, "-", 1, 32); },
                         "Write it as AWS does, for example eu-central-1");
                   }),
       of_dynamodb("endpoint",
                   [&](const Node& value) {
                     text_into(
                         value, dynamodb.endpoint, "an http or https URL",
                         [](const std::string& text) {
                           return (text.starts_with("http://") || text.starts_with("https://")) &&
                                  std::all_of(text.begin(), text.end(),
                                              [](char c) { return c > 0x20 && c < 0x7f; });
                         },
                         "Write it with its scheme, for example http://127.0.0.1:8000");
                   }),
       of_dynamodb("budget", [&](const Node& value) {
         if (const auto budget = duration(value, kMaxStoreBudget)) dynamodb.budget = *budget;
       })});
  if (!is_map) return;
  if (!has_kind) fields.error(node, "the store has no kind", "Add kind: memory or kind: dynamodb");
  if (kind == 1) {
    if (std::find(only_dynamodb.begin(), only_dynamodb.end(), "table") == only_dynamodb.end())
      fields.error(node, "the store names no table", "Add table: NAME");
    policy.store = std::move(dynamodb);
  } else if (kind == 0 && !only_dynamodb.empty()) {
    fields.error(node, "a memory store has no '" + only_dynamodb.front() + "'",
                 "Remove it, or set kind: dynamodb");
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
          if (const auto bits = prefix(value, 32)) identity.ipv4_prefix = *bits;
        }},
       {"ipv6_prefix",
        [&](const Node& value) {
          if (const auto bits = prefix(value, 128)) identity.ipv6_prefix = *bits;
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
          text_into(
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

void PolicyReader::read_rules(const Node& node) {
  if (!node.IsSequence()) {
    fields.error(node, "rules is not a list", "Begin each rule with '- id: NAME'");
  } else if (node.size() > kMaxRules) {
    fields.error(node, "there are more than 256 rules", "Use fewer rules");
  } else {
    for (const Node& rule : node) read_rule(rule);
  }
}

void PolicyReader::read_rule(const Node& node) {
  Rule rule;
  rule.line = node.Mark().line + 1;
  Node id = node;
  bool has_limit = false;
  const bool is_map = fields.read(
      node, "a rule",
      {{"id",
        [&](const Node& value) {
          id.reset(value);
          text_into(value, rule.id, "a rule's id", is_name, kNameCure);
        }},
       {"match", [&](const Node& value) { read_match(value, rule.match); }},
       {"key",
        [&](const Node& value) {
          fields.each(value, 4, [&](const Node& entry) {
            const std::optional<std::string> text = fields.text(entry);
            if (!text) return;
            const std::optional<KeyPart> part = fields.take(entry, parse_key_part(*text));
            if (!part) return;
            if (std::find(rule.key.begin(), rule.key.end(), *part) != rule.key.end()) {
              fields.error(entry, "the key names '" + *text + "' twice", "Name it once");
            } else {
              rule.key.push_back(*part);
            }
          });
        }},
       {"ipv4_prefix", [&](const Node& value) { rule.ipv4_prefix = prefix(value, 32); }},
       {"ipv6_prefix", [&](const Node& value) { rule.ipv6_prefix = prefix(value, 128); }},
       {"limit",
        [&](const Node& value) {
          has_limit = true;
          const std::optional<std::string> text = fields.text(value);
          if (!text) return;
          if (const auto rate = fields.take(value, parse_rate(excerpt(*text)))) rule.limit = *rate;
        }},
       {"on_store_failure",
        [&](const Node& value) {
          const std::optional<std::string> text = fields.text(value);
          if (!text) return;
          if (const auto choice = fields.take(value, parse_on_store_failure(*text)))
            rule.on_store_failure = *choice;
        }},
       {"local_share", [&](const Node& value) {
          const std::optional<double> share = fields.number(value);
          if (share && fields.check(value, check_local_share(*share))) rule.local_share = *share;
        }}});
  if (!is_map) return;
  if (id.is(node)) fields.error(node, "the rule has no id", "Add id: NAME");
  if (!has_limit) fields.error(node, "the rule has no limit", "Add limit: COUNT/WINDOW");
  check_against_others(node, id, rule);
  policy.rules.push_back(std::move(rule));
}

void PolicyReader::read_match(const Node& node, Match& match) {
  const auto list = [&](std::vector<std::string>& target, Status (*check)(std::string_view)) {
    return [this, &target, check](const Node& value) {
      fields.each(value, kMaxMatchEntries, [&](const Node& entry) {
        const std::optional<std::string> text = fields.text(entry);
        if (text && fields.check(entry, check(*text))) target.push_back(*text);
      });
    };
  };
  fields.read(node, "match",
              {{"methods", list(match.methods, check_method)},
               {"routes", list(match.routes, check_route)}});
}

// Two rules of one id would share counters; two of the same content would only cost twice.
void PolicyReader::check_against_others(const Node& node, const Node& id, const Rule& rule) {
  const auto sorted = [](auto list) {
    std::sort(list.begin(), list.end());
    return list;
  };
  for (const Rule& other : policy.rules) {
    const std::string where = " of line " + std::to_string(other.line);
    if (!rule.id.empty() && other.id == rule.id) {
      fields.error(id, "the id '" + rule.id + "' is already that of the rule" + where,
                   "Give each rule an id of its own");
      return;
    }
    if (rule.limit.count > 0 && other.limit.window == rule.limit.window &&
        sorted(other.key) == sorted(rule.key) &&
        sorted(other.match.methods) == sorted(rule.match.methods) &&
        sorted(other.match.routes) == sorted(rule.match.routes) &&
        other.ipv4_prefix == rule.ipv4_prefix && other.ipv6_prefix == rule.ipv6_prefix) {
      fields.error(
          node,
          "this rule counts the same requests by the same key in the same window as rule '" +
              excerpt(other.id) + "'" + where,
          "Keep the one with the smaller limit");
      return;
    }
  }
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
