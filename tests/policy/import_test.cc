// What becomes of the configuration of another limiter.
#include "policy/import.h"

#include <gtest/gtest.h>

#include "policy/read.h"

namespace weir::policy {
namespace {

std::string told(const std::vector<ImportProblem>& problems) {
  std::string lines;
  for (const auto& [file, problem] : problems) lines += describe(file, "x", problem) + "\n";
  return lines;
}

Import import(const std::string& descriptors) {
  return import_policy({{"a.yaml", "domain: d\ndescriptors:\n" + descriptors}});
}

// The rules of a configuration that can be kept, without their domain.
std::string rules_of(const std::string& descriptors) {
  const Import made = import(descriptors);
  EXPECT_EQ(told(made.errors), "");
  EXPECT_FALSE(made.left_out);
  std::string list;
  const Reading reading = read_policy(made.policy, [](std::string_view) { return std::nullopt; });
  for (const DescriptorRule& rule : reading.policy->descriptors) {
    list += rule.rule.id + ":";
    for (std::size_t i = 0; i < rule.entries.size(); ++i) {
      const bool apart = std::count(rule.counted_apart.begin(), rule.counted_apart.end(), i) > 0;
      list += (apart || rule.always ? " " : " together ") + rule.entries[i].to_string();
    }
    list += rule.always == Always::admit    ? ", admit"
            : rule.always == Always::refuse ? ", refuse"
                                            : ", " + format_quota(rule.rule);
    if (rule.rule.shadow) list += ", shadow";
    for (const std::string& other : rule.replaces) list += ", replaces " + other;
    list += "\n";
  }
  return list;
}

TEST(ImportPolicy, KeepsKeysValuesAndNestedDescriptors) {
  EXPECT_EQ(rules_of(R"(
  - key: kind
    value: Mail 1
    descriptors:
      - key: to
        rate_limit: {unit: day, requests_per_unit: 5}
  - key: to
    rate_limit: {unit: HOUR, requests_per_unit: 100}
)"),
            "kind-mail-1-to: kind=Mail 1 to, 5/d\n"
            "to: to, 100/h\n");
}

TEST(ImportPolicy, KnowsEveryUnitAsLongAsItWasThere) {
  for (const auto& [unit, limit] :
       std::vector<std::pair<std::string, std::string>>{{"second", "7/s"},
                                                        {"minute", "7/m"},
                                                        {"hour", "7/h"},
                                                        {"day", "7/d"},
                                                        {"week", "7/7d"},
                                                        {"month", "7/30d"},
                                                        {"year", "7/365d"}}) {
    EXPECT_EQ(rules_of("  - key: a\n    rate_limit: {unit: " + unit + ", requests_per_unit: 7}\n"),
              "a: a, " + limit + "\n");
  }
}

TEST(ImportPolicy, RefusesWhatHadALimitOfNothingAndAdmitsTheUnlimited) {
  EXPECT_EQ(rules_of(R"(
  - {key: a, value: bad, rate_limit: {unit: second, requests_per_unit: 0}}
  - {key: b, rate_limit: {unlimited: true}}
  - {key: c, rate_limit: {unit: second, requests_per_unit: 0}, shadow_mode: true}
)"),
            "a-bad: a=bad, refuse\nb: b, admit\nc: c, admit\n");
}

TEST(ImportPolicy, KeepsShadowModeAndMakesQuotaModeOfIt) {
  EXPECT_EQ(rules_of(R"(
  - {key: a, shadow_mode: true, rate_limit: {unit: minute, requests_per_unit: 1}}
  - {key: b, quota_mode: true, rate_limit: {unit: minute, requests_per_unit: 2}}
)"),
            "a: a, 1/m, shadow\nb: b, 2/m, shadow\n");
}

TEST(ImportPolicy, ReplacesEveryLimitOfAName) {
  EXPECT_EQ(rules_of(R"(
  - {key: a, rate_limit: {name: Slow one, unit: second, requests_per_unit: 5}}
  - {key: b, rate_limit: {name: Slow one, unit: second, requests_per_unit: 6}}
  - {key: c, rate_limit: {unit: second, requests_per_unit: 10, replaces: [{name: Slow one}]}}
)"),
            "slow-one: a, 5/s\nslow-one-2: b, 6/s\n"
            "c: c, 10/s, replaces slow-one, replaces slow-one-2\n");
}

TEST(ImportPolicy, CountsWhatAWildcardFitsApartUnlessItWasShared) {
  EXPECT_EQ(rules_of(R"(
  - {key: path, value: /a*, rate_limit: {unit: second, requests_per_unit: 5}}
  - key: path
    value: /b*
    share_threshold: true
    rate_limit: {unit: second, requests_per_unit: 6}
    descriptors:
      - {key: user, rate_limit: {unit: second, requests_per_unit: 7}}
  - {key: any, value: "*", share_threshold: true, rate_limit: {unit: second, requests_per_unit: 8}}
)"),
            "path-a: path=/a*, 5/s\n"
            "path-b: together path=/b*, 6/s\n"
            "path-b-user: together path=/b* user, 7/s\n"
            "any: together any, 8/s\n");
}

// What is found first there is followed to its end, also where that is nothing.
TEST(ImportPolicy, AdmitsWhereABranchEndedInNothing) {
  EXPECT_EQ(rules_of(R"(
  - {key: ip, rate_limit: {unit: second, requests_per_unit: 10}}
  - {key: ip, value: 10.0.0.1}
)"),
            "ip: ip, 10/s\nip-10-0-0-1: ip=10.0.0.1, admit\n");
  EXPECT_EQ(rules_of(R"(
  - key: a
    descriptors:
      - {key: b, rate_limit: {unit: second, requests_per_unit: 1}}
  - key: a
    value: x
    descriptors:
      - {key: b, value: "1", rate_limit: {unit: second, requests_per_unit: 2}}
)"),
            "a-b: a b, 1/s\na-x-b-1: a=x b=1, 2/s\na-x-b: a=x b, admit\n");
}

TEST(ImportPolicy, ReadsSeveralFilesAlsoOfOneDomain) {
  const std::string begin = "descriptors:\n  - {key: k, ";
  const Import made = import_policy(
      {{"a.yaml", "domain: one\n" + begin + "rate_limit: {unit: day, requests_per_unit: 1}}\n"},
       {"b.yaml", "domain: two\n" + begin + "rate_limit: {unit: day, requests_per_unit: 2}}\n"},
       {"c.yaml", "domain: one\n" + begin + "value: v, rate_limit: {unlimited: true}}\n"}});
  EXPECT_EQ(told(made.errors), "");
  EXPECT_NE(made.policy.find("id: k-2\n    domain: two"), std::string::npos) << made.policy;
  EXPECT_NE(made.policy.find("id: k-v\n    domain: one"), std::string::npos) << made.policy;
  EXPECT_NE(told(import_policy({{"a.yaml", "domain: one\n" + begin + "value: v}\n"},
                                {"b.yaml", "domain: one\n" + begin + "value: v}\n"}})
                     .errors)
                .find("b.yaml:3:5: x: the same key and value stand in line 3 of a.yaml"),
            std::string::npos);
}

TEST(ImportPolicy, SaysWithItsLineWhatIsNotKept) {
  const Import made = import(R"(
  - {key: a, value: "x*y", rate_limit: {unit: second, requests_per_unit: 1}}
  - {key: b, detailed_metric: true, rate_limit: {unit: second, requests_per_unit: 1}}
  - {key: c, value_to_metric: true, rate_limit: {unit: second, requests_per_unit: 1}}
  - {key: d, quota_mode: true, rate_limit: {unit: second, requests_per_unit: 1}}
  - {key: e, share_threshold: true, rate_limit: {unit: second, requests_per_unit: 1}}
  - {key: f, rate_limit: {unit: second, requests_per_unit: 1, replaces: [{name: nobody}]}}
  - {key: g, value: "p*"}
  - {key: g, value: "pq*"}
  - {key: h, rate_limit: {unit: second}}
  - {key: i, shadow_mode: true, rate_limit: {unit: second, requests_per_unit: 0}}
)");
  EXPECT_EQ(told(made.errors), "");
  EXPECT_TRUE(made.left_out);
  EXPECT_EQ(made.policy.find("x*y"), std::string::npos);
  const std::string notes = told(made.notes);
  for (const char* const note :
       {"a.yaml:4:5: x: a value with a '*' before its end cannot be kept",
        "a.yaml:5:31: x: a metric", "a.yaml:6:31: x: a metric",
        "a.yaml:7:26: x: quota_mode becomes shadow", "a.yaml:8:31: x: share_threshold says nothing",
        "a.yaml:9:1: x: no other limit of the", "a.yaml:11:5: x: there, the wildcard of line 10",
        "a.yaml:12:26: x: no requests_per_unit", "a.yaml:13:5: x: a limit of nothing"})
    EXPECT_NE(notes.find(note), std::string::npos) << note << "\n" << notes;
  EXPECT_EQ(made.notes.size(), 9u) << notes;
}

TEST(ImportPolicy, MakesNoPolicyOfWhatItDoesNotUnderstand) {
  for (const auto& [text, error] : std::vector<std::pair<std::string, std::string>>{
           {"descriptors: []\n", "a.yaml:1:1: x: the configuration does not say its domain"},
           {"domain: d\nlimits: []\n", "a.yaml:2:1: x: a configuration has no field 'limits'"},
           {"- 1\n", "a.yaml:1:1: x: a configuration is not a mapping"},
           {"domain: [\n", "this is not YAML"},
           {"domain: d\ndescriptors: {}\n", "a.yaml:2:14: x: descriptors is not a list"},
           {"domain: d\ndescriptors:\n  - {value: x}\n", "a.yaml:3:5: x: the key of an entry"},
           {"domain: d\ndescriptors:\n  - {key: a, rate_limit: {unit: eon, requests_per_unit: "
            "1}}\n",
            "a.yaml:3:26: x: the rate_limit has no unit"},
           {"domain: d\ndescriptors:\n  - {key: a, rate_limit: {unit: day, unlimited: true}}\n",
            "a.yaml:3:26: x: the rate_limit is unlimited and has a unit"},
           {"domain: d\ndescriptors:\n  - {key: a, rate_limit: {unit: day, requests_per_unit: "
            "-1}}\n",
            "requests_per_unit is not from 0"},
           {"domain: d\ndescriptors:\n  - {key: a}\n  - {key: a}\n",
            "a.yaml:4:5: x: the same key and value stand in line 3 of a.yaml"},
           {"domain: " + std::string(300, 'd') +
                "\ndescriptors:\n  - {key: a, rate_limit: {unlimited: true}}\n",
            "what comes of it is no policy"}}) {
    const Import made = import_policy({{"a.yaml", text}});
    EXPECT_NE(told(made.errors).find(error), std::string::npos) << text << told(made.errors);
    EXPECT_EQ(made.policy, "");
  }
}

// Where a branch hides another at each level, what is hidden is the product of the levels.
TEST(ImportPolicy, SaysThatItTakesTooManyRules) {
  std::string yaml = "domain: d\n";
  for (std::string indent; indent.size() < 12; indent += "  ") {
    yaml += indent + "descriptors:\n";
    for (int i = 0; i < 100; ++i)
      yaml += indent + "- {key: k, value: v" + std::to_string(i) + "}\n";
    yaml += indent + "- key: k\n" + indent + "  rate_limit: {unit: day, requests_per_unit: 1}\n";
  }
  EXPECT_NE(told(import_policy({{"a.yaml", yaml}}).errors).find("takes more than 2048 rules"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::policy
