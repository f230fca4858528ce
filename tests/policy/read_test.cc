#include "policy/read.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "policy/explain.h"
#include "policy/yaml.h"

namespace weir::policy {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::string_view kPepper = "0123456789abcdef0123456789abcdef";

std::optional<std::string> environment(std::string_view name) {
  if (name == "WEIR_PEPPER") return std::string(kPepper);
  if (name == "SHORT") return "short";
  return std::nullopt;
}

Reading read(std::string_view yaml) {
  return read_policy(yaml, environment);
}

std::string errors_in(std::string_view yaml) {
  std::string lines;
  for (const Problem& error : read(yaml).errors)
    lines += describe("weir.yaml", "error", error) + "\n";
  return lines;
}

std::string warnings_in(std::string_view yaml) {
  std::string lines;
  for (const Problem& problem : read(yaml).warnings)
    lines += std::to_string(problem.line) + ": " + problem.message + "\n";
  return lines;
}

std::vector<fs::path> samples(std::string_view folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(WEIR_POLICY_SAMPLES) / folder))
    paths.push_back(entry.path());
  EXPECT_FALSE(paths.empty());
  return paths;
}

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(ReadPolicy, UnderstandsAStoreThatProcessesShare) {
  const Reading reading = read(text_of(fs::path(WEIR_POLICY_SAMPLES) / "good/shared.yaml"));
  ASSERT_TRUE(reading.policy.has_value());
  const auto& store = std::get<SharedStore>(reading.policy->store);
  EXPECT_EQ(store.file, "/run/shop/weir.store");
  EXPECT_EQ(store.max_keys, 50'000);
  EXPECT_EQ(store.budget, 20ms);
  EXPECT_TRUE(reading.policy->pepper.empty()) << "the file has one";
  EXPECT_EQ(reading.policy->decision_error(), kSharedClockSkew + 10ms);
}

TEST(ReadPolicy, UnderstandsEveryField) {
  const Reading reading = read(text_of(fs::path(WEIR_POLICY_SAMPLES) / "good/everything.yaml"));
  ASSERT_TRUE(reading.policy.has_value());
  const Policy& policy = *reading.policy;
  EXPECT_EQ(policy.name_space, "shop");
  const auto& store = std::get<DynamoDbStore>(policy.store);
  EXPECT_EQ(store.table, "weir");
  EXPECT_EQ(store.region, "eu-central-1");
  EXPECT_EQ(store.endpoint, "http://127.0.0.1:8000");
  EXPECT_EQ(store.authority, "eu-central-1");
  EXPECT_TRUE(store.leases);
  EXPECT_EQ(store.budget, 100ms);
  EXPECT_EQ(policy.pepper, kPepper);
  EXPECT_EQ(policy.clock_skew(), 200ms);
  const IdentityConfig& identity = policy.identity;
  ASSERT_EQ(identity.trusted_proxies.size(), 3U);
  EXPECT_EQ(identity.trusted_proxies[2].to_string(), "192.0.2.1/32");
  EXPECT_EQ(identity.proxy_field, ProxyField::x_forwarded_for);
  EXPECT_TRUE(identity.trust_unix_peer);
  EXPECT_EQ(identity.ipv4_prefix, 24);
  EXPECT_EQ(identity.ipv6_prefix, 56);
  EXPECT_TRUE(identity.embedded_ipv4);
  EXPECT_EQ(identity.api_key.header, "X-Shop-Key");
  EXPECT_EQ(identity.api_key.pattern, "sk_[a-z0-9]{24}");
  EXPECT_EQ(identity.api_key.verify, Verify::required);
  ASSERT_EQ(policy.rules.size(), 3U);
  EXPECT_EQ(policy.rules[0].id, "per-key");
  EXPECT_EQ(policy.rules[0].line, 25);
  EXPECT_EQ(policy.rules[0].match.methods, (std::vector<std::string>{"POST", "PUT"}));
  EXPECT_EQ(policy.rules[0].match.routes, (std::vector<std::string>{"/orders", "/carts/*"}));
  EXPECT_EQ(policy.rules[0].key, (std::vector{KeyPart::api_key, KeyPart::route}));
  EXPECT_EQ(policy.rules[0].limit, (Rate{100, 1min}));
  EXPECT_EQ(policy.rules[0].on_store_failure, OnStoreFailure::deny);
  EXPECT_EQ(policy.rules[1].key, (std::vector{KeyPart::client_ip}));
  EXPECT_EQ(policy.rules[1].ipv4_prefix, 16);
  EXPECT_EQ(policy.rules[1].ipv6_prefix, 48);
  EXPECT_EQ(policy.rules[1].local_share, 0.25);
  EXPECT_TRUE(policy.rules[2].key.empty());
  EXPECT_EQ(policy.rules[2].on_store_failure, OnStoreFailure::allow);
}

// The same samples are held to schemas/weir-policy.schema.json by check_schema.py.
TEST(ReadPolicy, AcceptsTheGoodSamplesAndRefusesTheBad) {
  for (const fs::path& path : samples("good")) {
    EXPECT_TRUE(read(text_of(path)).policy.has_value()) << path << errors_in(text_of(path));
  }
  for (const char* folder : {"bad_shape", "bad_meaning"}) {
    for (const fs::path& path : samples(folder)) {
      const Reading reading = read(text_of(path));
      EXPECT_FALSE(reading.policy.has_value()) << path;
      EXPECT_EQ(reading.errors.size(), 1U) << path << errors_in(text_of(path));
    }
  }
}

TEST(ReadPolicy, FindsAllMistakesAtOnceEachAtItsPlaceWithItsCure) {
  EXPECT_EQ(
      errors_in("version: 1\n"
                "identiy: {}\n"
                "rules:\n"
                "  - id: a\n"
                "    limit: 5/10parsecs\n"
                "  - id: b\n"
                "    limit: 0/m\n"
                "    key: [api_kye]\n"
                "  - id: b\n"
                "    limit: 5/-1s\n"),
      "weir.yaml:2:1: error: a policy has no field 'identiy'. Did you mean 'identity'?\n"
      "weir.yaml:5:12: error: the window of '5/10parsecs': 'parsecs' is not a unit of time. "
      "Write a whole number and a unit: ms, s, m, h or d, for example 250ms, 10s or 1h\n"
      "weir.yaml:7:12: error: the count in '0/m' must be from 1 to 10^15. Write COUNT/WINDOW, "
      "for example 100/m, 5/10s or 1000/h\n"
      "weir.yaml:8:11: error: 'api_kye' is not something to count by. Did you mean 'api_key'?\n"
      "weir.yaml:9:9: error: the id 'b' is already that of the rule of line 6. Give each rule "
      "an id of its own\n"
      "weir.yaml:10:12: error: the window of '5/-1s': '-1s' does not start with a number. "
      "Write a whole number and a unit: ms, s, m, h or d, for example 250ms, 10s or 1h\n");
}

TEST(ReadPolicy, NeverTellsASecret) {
  EXPECT_EQ(errors_in("version: 1\npepper: ${SHORT}\n").find("'short'"), std::string::npos);
  EXPECT_EQ(errors_in("version: 1\npepper: hunter2\n").find("hunter2"), std::string::npos);
  EXPECT_EQ(warnings_in("version: 1\npepper: hunter2hunter2hunter2\n").find("hunter2"),
            std::string::npos);
  EXPECT_EQ(errors_in("version: 1\npepper: ${NOT_SET}\n"),
            "weir.yaml:2:9: error: the environment variable NOT_SET is not set. Set it to the "
            "pepper, for example to the output of 'openssl rand -hex 32'\n");
}

TEST(ReadPolicy, ReadsTheEnvironmentForThePepperOnly) {
  for (const char* line : {"namespace: ${NAME}", "identity: {api_key: {pattern: 'a${NAME}'}}",
                           "store: {kind: dynamodb, table: weir, endpoint: 'http://${NAME}/'}"}) {
    const std::string errors =
        errors_in(std::string("version: 1\npepper: 0123456789abcdef\n") + line + "\n");
    EXPECT_NE(errors.find("'${...}' is read from the environment for the pepper only"),
              std::string::npos)
        << line << errors;
  }
}

TEST(ReadPolicy, SaysWhereTextIsNotYaml) {
  EXPECT_TRUE(
      errors_in("version: 1\nrules: [\n").starts_with("weir.yaml:3:1: error: this is not YAML"))
      << errors_in("version: 1\nrules: [\n");
  EXPECT_EQ(errors_in(""),
            "weir.yaml:1:1: error: a policy is not a mapping. Write 'name: value' lines\n");
  EXPECT_EQ(
      errors_in("version: 1\n---\nversion: 1\n"),
      "weir.yaml:2:1: error: a second document begins here. Keep one document in a policy file\n");
}

TEST(ReadPolicy, RepeatedFieldsAreErrors) {
  EXPECT_EQ(errors_in("version: 1\nrules: []\nrules: []\n"),
            "weir.yaml:3:1: error: 'rules' is there twice. Keep one of them\n");
}

// ---- Bounds, at the limit and one past it ----

std::string rules_text(std::size_t count) {
  std::string text = "version: 1\nrules:\n";
  for (std::size_t i = 0; i < count; ++i)
    text += "  - {id: r" + std::to_string(i) + ", limit: 5/" + std::to_string(i + 1) + "s}\n";
  return text;
}

TEST(ReadPolicy, BoundsTheNumberOfRules) {
  EXPECT_EQ(errors_in(rules_text(kMaxRules)), "");
  EXPECT_EQ(errors_in(rules_text(kMaxRules + 1)),
            "weir.yaml:3:3: error: there are more than 256 rules. Use fewer rules\n");
}

TEST(ReadPolicy, BoundsTheSizeOfTheText) {
  const std::string head = "version: 1\n#";
  EXPECT_EQ(errors_in(head + std::string(kMaxPolicyBytes - head.size(), 'x')), "");
  EXPECT_EQ(errors_in(head + std::string(kMaxPolicyBytes - head.size() + 1, 'x')),
            "weir.yaml:1:1: error: the file is larger than 256 KiB. Use fewer rules\n");
}

TEST(ReadPolicy, BoundsDepthNodesAndAliases) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_NE(errors_in(nested(kMaxDepth)).find("is not a mapping"), std::string::npos);
  EXPECT_NE(errors_in(nested(kMaxDepth + 1)).find("nested more than 16 deep"), std::string::npos);
  EXPECT_NE(errors_in(nested(100'000)).find("nested more than 16 deep"), std::string::npos);

  std::string many = "[";
  for (int i = 0; i < kMaxNodes; ++i) many += "a,";
  EXPECT_NE(errors_in(many + "]").find("more than 20000 values"), std::string::npos);

  const auto aliases = [](int count) {
    std::string text = "version: 1\nrules: []\nx: [&a 1";
    for (int i = 0; i < count; ++i) text += ", *a";
    return text + "]\n";
  };
  EXPECT_NE(errors_in(aliases(kMaxAliases)).find("has no field 'x'"), std::string::npos);
  EXPECT_NE(errors_in(aliases(kMaxAliases + 1)).find("more than 64 aliases"), std::string::npos);
}

TEST(ReadPolicy, AnAliasOfItselfIsAMistakeLikeAnyOther) {
  EXPECT_FALSE(errors_in("version: 1\nrules: &r [*r]\n").empty());
  EXPECT_FALSE(errors_in("&p {version: 1, identity: *p}\n").empty());
}

TEST(ReadPolicy, ReportsAHundredMistakesAtMost) {
  std::string text = "version: 1\nrules:\n";
  for (int i = 0; i < 120; ++i) text += "  - {id: r" + std::to_string(i) + ", limit: 0/s}\n";
  EXPECT_EQ(read(text).errors.size(), kMaxProblems);
}

TEST(ReadDescriptors, UnderstandsEveryField) {
  const Reading reading = read(text_of(fs::path(WEIR_POLICY_SAMPLES) / "good/descriptors.yaml"));
  ASSERT_TRUE(reading.policy);
  const std::vector<DescriptorRule>& rules = reading.policy->descriptors;
  ASSERT_EQ(rules.size(), 7u);
  const DescriptorRule login{.rule = {.id = "login",
                                      .limit = {5, 1min},
                                      .algorithm = Algorithm::gcra,
                                      .burst = 3,
                                      .local_share = 0.5,
                                      .line = 19},
                             .domain = "edge",
                             .entries = {{"generic_key", DescriptorEntry::Value::exact, "login"},
                                         {"path", DescriptorEntry::Value::prefix, "/login/"},
                                         {"remote_address"}},
                             .counted_apart = {2},
                             .replaces = {"per-address", "per-address-daily"}};
  EXPECT_EQ(rules[3], login) << rules[3].rule.line;
  EXPECT_EQ(rules[0].counted_apart, std::vector<std::size_t>{0});
  EXPECT_TRUE(rules[2].rule.shadow);
  EXPECT_EQ(rules[4].always, Always::admit);
  EXPECT_EQ(rules[5].always, Always::refuse);
  EXPECT_TRUE(rules[6].counted_apart.empty());
}

TEST(ReadDescriptors, SaysItInWords) {
  const Reading reading = read(text_of(fs::path(WEIR_POLICY_SAMPLES) / "good/descriptors.yaml"));
  ASSERT_TRUE(reading.policy);
  const std::vector<DescriptorRule>& rules = reading.policy->descriptors;
  EXPECT_EQ(
      explain(rules[0]),
      "per-address: at most 10 in any 1s, for each remote_address; descriptors of 'edge' with "
      "remote_address; if the store fails, 1 in each process");
  EXPECT_EQ(explain(rules[3]),
            "login: 5/m, 3 at once, for each remote_address; descriptors of 'edge' with "
            "generic_key=login, path=/login/*, remote_address; instead of per-address and "
            "per-address-daily; if the store fails, 2 in each process");
  EXPECT_EQ(explain(rules[4]), "health: not limited; descriptors of 'edge' with path=/healthz");
  EXPECT_EQ(
      explain_at_length(*reading.policy, rules[6]),
      "everything-together\n"
      "  limit     at most 1000 in any 1m\n"
      "  counted   over all of them\n"
      "  about     descriptors of 'other' with path\n"
      "  at worst  1000 in any 1m\n"
      "  outage    no outage, but each process counts by itself: with P processes, P times as "
      "much\n");
}

TEST(ReadDescriptors, PointsAtWhatIsWrong) {
  EXPECT_EQ(errors_in("version: 1\ndescriptors:\n  - {id: a, entries: [x], limit: 1/s}\n"),
            "weir.yaml:3:5: error: the rule does not say of which domain its descriptors are. Add "
            "domain: NAME, as the proxy's configuration has it\n");
  EXPECT_EQ(errors_in("version: 1\ndescriptors:\n  - {id: a, domain: d, entries: [x], key: y, "
                      "limit: 1/s}\n"),
            "weir.yaml:3:43: error: the descriptor has no entry 'y'. Name entries of this rule; "
            "without 'key' the values of all are counted apart\n");
  EXPECT_EQ(
      errors_in("version: 1\ndescriptors:\n  - {id: a, domain: d, entries: [x], limit: 1/s}\n"
                "  - {id: b, domain: d, entries: [x], limit: 2/s}\n"),
      "weir.yaml:4:5: error: this rule counts the same descriptors in the same window as rule "
      "'a' of line 3. Keep the one with the smaller limit\n");
}

// Bounded: good samples with bytes changed, and bytes that YAML finds interesting.
TEST(ReadPolicy, RandomBytesNeverDoMoreThanBeMistakes) {
  const std::string good = text_of(fs::path(WEIR_POLICY_SAMPLES) / "good/everything.yaml");
  const std::string_view alphabet("-:{}[]&*!|>'\"%@`#?,\n \t\r\\\0\x80\xff$01a~", 33);
  std::mt19937 random(20261123);
  for (int round = 0; round < 2'000; ++round) {
    std::string text = round % 2 == 0 ? good : std::string(random() % 80, ' ');
    for (int i = 0; i < 8 && !text.empty(); ++i)
      text[random() % text.size()] = alphabet[random() % alphabet.size()];
    const Reading reading = read(text);
    EXPECT_EQ(reading.policy.has_value(), reading.errors.empty());
    for (const Problem& error : reading.errors) EXPECT_GE(error.line, 1);
  }
}

// ---- Warnings ----

TEST(PolicyWarnings, ALimitOnAKeyThatTheCallerChoosesIsDiluted) {
  const std::string rule = "  - {id: k, key: api_key, limit: 5/s, match: {routes: /a/b}}\n";
  const std::string text = "version: 1\nrules:\n" + rule;
  EXPECT_NE(warnings_in(text).find("3: rule 'k' counts by API key, which nobody verifies"),
            std::string::npos);
  EXPECT_NE(warnings_in(text).find("and no rule by client_ip or over everybody"),
            std::string::npos);
  const auto with = [&](const std::string& other) { return warnings_in(text + other); };
  EXPECT_EQ(with("  - {id: c, key: client_ip, limit: 50/s}\n").find("and no rule by"),
            std::string::npos);
  EXPECT_EQ(with("  - {id: c, match: {routes: /a/*}, limit: 50/s}\n").find("and no rule by"),
            std::string::npos);
  EXPECT_NE(with("  - {id: c, match: {routes: /b/*}, limit: 50/s}\n").find("and no rule by"),
            std::string::npos);
  EXPECT_NE(with("  - {id: c, match: {methods: GET}, limit: 50/s}\n").find("and no rule by"),
            std::string::npos);
  EXPECT_NE(with("  - {id: c, key: user, limit: 50/s}\n").find("and no rule by"),
            std::string::npos);
  EXPECT_EQ(with("identity: {api_key: {verify: required}}\n").find("nobody verifies"),
            std::string::npos);
}

TEST(PolicyWarnings, NameWhatAnAuthorMayNotWant) {
  const std::string shared =
      "version: 1\nstore: {kind: dynamodb, table: weir}\npepper: ${WEIR_PEPPER}\n"
      "rules:\n  - {id: a, limit: 5/s}\n";
  EXPECT_EQ(warnings_in(shared), "");
  EXPECT_NE(warnings_in("version: 1\n").find("each process's memory"), std::string::npos);
  EXPECT_NE(warnings_in("version: 1\n").find("there are no rules"), std::string::npos);
  EXPECT_NE(warnings_in(shared + "identity: {trusted_proxies: 0.0.0.0/0}\n").find("every address"),
            std::string::npos);
  EXPECT_NE(warnings_in(shared + "  - {id: b, key: user, limit: 5/s, on_store_failure: allow}\n")
                .find("6: rule 'b' limits nothing while the store fails"),
            std::string::npos);
  const std::string leased = "  - {id: b, key: user, on_store_failure: leased, limit: 5/s";
  EXPECT_NE(warnings_in(shared + leased + "}\n").find("6: rule 'b' is never leased"),
            std::string::npos);
  const std::string leasing =
      "version: 1\nstore: {kind: dynamodb, table: weir, leases: true}\n"
      "pepper: ${WEIR_PEPPER}\nrules:\n";
  EXPECT_EQ(warnings_in(leasing + leased + "}\n"), "");
  const std::string busy = "  - {id: b, limit: 60001/m";
  EXPECT_NE(warnings_in(shared + busy + "}\n").find("6: rule 'b' may let more through on one key"),
            std::string::npos);
  EXPECT_NE(warnings_in(leasing + busy + ", algorithm: gcra}\n").find("5: rule 'b' may let more"),
            std::string::npos);
  EXPECT_EQ(warnings_in(leasing + busy + "}\n"), "");
  EXPECT_EQ(warnings_in(shared + "  - {id: b, limit: 60000/m}\n"), "");
  EXPECT_NE(
      warnings_in(leasing + leased + ", algorithm: gcra}\n").find("5: rule 'b' is never leased"),
      std::string::npos);
  EXPECT_NE(
      warnings_in("version: 1\npepper: 0123456789abcdef\n").find("the pepper stands in the file"),
      std::string::npos);
}

// ---- Files and words ----

TEST(LoadPolicy, SaysWhatIsWrongWithTheFile) {
  EXPECT_EQ(load_policy("/nowhere/weir.yaml", environment).error().code, ErrorCode::not_found);
  EXPECT_EQ(load_policy("/", environment).error().message, "'/' is not a regular file");
  EXPECT_FALSE(load_policy("/dev/zero", environment).has_value());
  const std::string bad = (fs::path(WEIR_POLICY_SAMPLES) / "bad_shape/zero.yaml").string();
  EXPECT_EQ(load_policy(bad, environment).error().message.find(bad + ":3:20: error: "), 0U)
      << load_policy(bad, environment).error().message;
  EXPECT_TRUE(
      load_policy((fs::path(WEIR_POLICY_SAMPLES) / "good/memory.yaml").string(), environment)
          .has_value());
}

TEST(ExplainRule, SaysItInWords) {
  const Policy policy =
      *read(text_of(fs::path(WEIR_POLICY_SAMPLES) / "good/everything.yaml")).policy;
  EXPECT_EQ(explain(policy.rules[0]),
            "per-key: at most 100 in any 1m, for each api_key and route; POST or PUT on /orders or "
            "/carts/*; if the store fails, 503");
  EXPECT_EQ(explain(policy.rules[1]),
            "per-network: at most 5000 in any 1h, for each client_ip (IPv4 /16) (IPv6 /48); every "
            "request; if the store fails, 1250 in each process");
  EXPECT_EQ(
      explain(policy.rules[2]),
      "everybody: at most 100000 in any 10s, over everybody; GET on *; if the store fails, no "
      "limit");
}

}  // namespace
}  // namespace weir::policy
