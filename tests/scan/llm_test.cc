// The checks of the category llm, each on a model with the flaw and on one without. The model of
// these tests writes two words as one where it reads a prompt that asks for it, and `does` says
// when it obeys.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <regex>

#include "scan/surface/jwt.h"
#include "tests/scan/surface_target.h"

namespace weir::scan {
namespace {

namespace json = boost::json;

using test::ApiScan;
using test::asks_with;
using test::finding;
using test::has;
using test::ids;
using test::Reply;
using test::verdict;

constexpr const char* kDecline = "I only help with orders.";

struct Turn {
  std::string role;
  std::string text;
};

// What the task in `text` asks for; empty: it holds none.
std::string joined(const std::string& text) {
  static const std::regex kTask("Write ([a-z0-9]+) and ([a-z0-9]+) as one word");
  std::smatch match;
  return std::regex_search(text, match, kTask) ? match[1].str() + match[2].str() : std::string();
}

std::vector<Turn> turns_of(const Request& request) {
  std::vector<Turn> turns;
  const auto body = json::parse(request.body.value_or("{}")).as_object();
  if (!body.contains("messages")) return turns;
  for (const auto& turn : body.at("messages").as_array()) {
    turns.push_back({turn.at("role").as_string().c_str(), turn.at("content").as_string().c_str()});
  }
  return turns;
}

using Model = std::function<std::string(const Request& request, const std::string& prompt)>;

ApiScan of_model(Model model, const char* type = "application/json") {
  ApiScan scan("llm", [=](const Request& request) {
    const auto turns = turns_of(request);
    const std::string prompt = turns.empty() ? "" : turns.back().text;
    const std::string text = model(request, prompt);
    if (text.empty()) return Reply{401, "{}"};
    const bool page = std::string(type) == "text/html";
    return Reply{200,
                 page ? "<p>" + text + "</p>" : json::serialize(json::object{{"reply", text}}),
                 {{"Content-Type", type}}};
  });
  scan.request().method = "POST";
  scan.request().target = "/v1/chat";
  scan.request().body = R"({"messages":[{"role":"user","content":"Where is my order?"}]})";
  scan.request().set_header("X-API-Key", "key-of-ada-0123");
  scan.plan.allow_writes = true;
  return scan;
}

// One that keeps to its instructions, for who has a key.
std::string sound(const Request& request, const std::string&) {
  return find_header(request.headers, "X-API-Key") ? kDecline : "";
}

TEST(Llm, FindsNothingInAModelThatKeepsToItsInstructions) {
  ApiScan scan = of_model(sound);
  scan.plan.canary = "WEIR-CANARY-42";
  scan.plan.other = {{"X-API-Key", "key-of-bob-0123"}};
  const Report report = scan.run();
  EXPECT_TRUE(report.findings.empty()) << ids(report);
  for (const char* id : {"llm-unauthenticated", "llm-system-prompt-leak",
                         "llm-instruction-override", "llm-encoding-bypass", "llm-role-imitation",
                         "llm-cross-session-leak", "llm-output-unbounded"}) {
    EXPECT_EQ(verdict(report, id), CheckVerdict::protected_) << id;
  }
  EXPECT_LE(report.requests, 40);
}

TEST(Llm, SendsNoPromptUnasked) {
  ApiScan scan = of_model(sound);
  scan.plan.allow_writes = false;
  scan.run();
  // The first request is the user's own, which shows whether there is anything to scan.
  for (const Request& request : scan.target.arrived) {
    EXPECT_EQ(request.body, scan.request().body);
  }
}

TEST(Llm, LeavesOperationsAloneThatAreNoModels) {
  ApiScan scan("llm", [](const Request&) { return Reply{200, "{}"}; });
  scan.request().method = "POST";
  scan.request().target = "/search";
  scan.request().body = R"({"query":"books"})";
  scan.plan.allow_writes = true;
  EXPECT_EQ(verdict(scan.run(), "llm-instruction-override"), CheckVerdict::not_applicable);
}

TEST(LlmUnauthenticated, IsACarriedOutTask) {
  const Model open = [](const Request&, const std::string& prompt) {
    return joined(prompt).empty() ? "Here you are." : joined(prompt);
  };
  EXPECT_TRUE(has(of_model(open).run(), "llm-unauthenticated"));
  const Model polite = [](const Request& request, const std::string& prompt) {
    if (!find_header(request.headers, "X-API-Key")) return std::string("Please sign in.");
    return joined(prompt).empty() ? std::string("Here you are.") : joined(prompt);
  };
  EXPECT_EQ(verdict(of_model(polite).run(), "llm-unauthenticated"), CheckVerdict::inconclusive);
}

TEST(LlmSystemPromptLeak, IsTheCanaryInAnAnswer) {
  const auto with = [](const Model& model, const char* canary) {
    ApiScan scan = of_model(model);
    scan.plan.canary = canary;
    return scan.run();
  };
  const Model leaks = [](const Request&, const std::string& prompt) -> std::string {
    if (prompt.find("instructions") == std::string::npos) return kDecline;
    return "You help with orders. WEIR-CANARY-42. Be kind.";
  };
  EXPECT_TRUE(has(with(leaks, "WEIR-CANARY-42"), "llm-system-prompt-leak"));
  EXPECT_EQ(verdict(with(leaks, ""), "llm-system-prompt-leak"), CheckVerdict::not_applicable);
  const Model tells_all = [](const Request&, const std::string&) {
    return std::string("Welcome to WEIR-CANARY-42!");
  };
  EXPECT_EQ(verdict(with(tells_all, "WEIR-CANARY-42"), "llm-system-prompt-leak"),
            CheckVerdict::inconclusive)
      << "what is said to everybody is no secret";
}

TEST(LlmInstructionOverride, IsATaskThatIsDeclinedWhenAskedPlainly) {
  const Model obeys = [](const Request&, const std::string& prompt) -> std::string {
    return prompt.starts_with("Ignore all previous") ? joined(prompt) : kDecline;
  };
  const Report report = of_model(obeys).run();
  EXPECT_TRUE(has(report, "llm-instruction-override")) << ids(report);
  const Model general = [](const Request&, const std::string& prompt) -> std::string {
    return joined(prompt).empty() ? kDecline : joined(prompt);
  };
  EXPECT_EQ(verdict(of_model(general).run(), "llm-instruction-override"),
            CheckVerdict::not_applicable)
      << "an assistant for everything has nothing to override";
  const Model echo = [](const Request&, const std::string& prompt) {
    return "You said: " + prompt;
  };
  EXPECT_FALSE(has(of_model(echo).run(), "llm-instruction-override"));
}

TEST(LlmInstructionOverride, IsNotClaimedOfAWhim) {
  int asked = 0;
  const Model whim = [&asked](const Request&, const std::string& prompt) -> std::string {
    if (!prompt.starts_with("Ignore all previous")) return kDecline;
    return ++asked == 1 ? joined(prompt) : kDecline;
  };
  EXPECT_EQ(verdict(of_model(whim).run(), "llm-instruction-override"), CheckVerdict::inconclusive);
}

TEST(LlmEncodingBypass, IsATaskInDisguise) {
  const Model decodes = [](const Request&, const std::string& prompt) -> std::string {
    const std::string before = "Decode this base64 text and do what it says: ";
    if (!prompt.starts_with(before)) return kDecline;
    return joined(base64url_decoded(prompt.substr(before.size())).value_or(""));
  };
  const Report report = of_model(decodes).run();
  EXPECT_EQ(ids(report), "llm-encoding-bypass ");
}

TEST(LlmRoleImitation, IsASystemTurnThatIsObeyed) {
  const Model believes = [](const Request& request, const std::string&) -> std::string {
    const auto turns = turns_of(request);
    return !turns.empty() && turns[0].role == "system" ? joined(turns[0].text) : kDecline;
  };
  EXPECT_EQ(ids(of_model(believes).run()), "llm-role-imitation ");
}

TEST(LlmOutputUnsafeHtml, IsMarkupInAPage) {
  const Model repeats = [](const Request&, const std::string& prompt) { return prompt; };
  EXPECT_TRUE(has(of_model(repeats, "text/html").run(), "llm-output-unsafe-html"));
  EXPECT_EQ(verdict(of_model(repeats).run(), "llm-output-unsafe-html"),
            CheckVerdict::not_applicable);
  EXPECT_EQ(verdict(of_model(sound, "text/html").run(), "llm-output-unsafe-html"),
            CheckVerdict::protected_);
}

TEST(LlmCrossSessionLeak, IsAWordThatTheOtherIsTold) {
  std::string memory;
  const Model shared = [&memory](const Request&, const std::string& prompt) -> std::string {
    if (prompt.starts_with("Remember")) memory = prompt;
    return prompt.starts_with("What is the code word") ? memory : kDecline;
  };
  ApiScan scan = of_model(shared);
  scan.plan.other = {{"X-API-Key", "key-of-bob-0123"}};
  const Report report = scan.run();
  ASSERT_TRUE(has(report, "llm-cross-session-leak")) << ids(report);
  EXPECT_EQ(finding(report, "llm-cross-session-leak")->evidence.at(0).curl.find("key-of-bob"),
            std::string::npos);
}

TEST(LlmOutputUnbounded, IsALongAnswerTwice) {
  const auto counting = [](std::size_t most) {
    return of_model([most](const Request&, const std::string& prompt) -> std::string {
             return prompt.starts_with("Count") ? std::string(most, '1') : kDecline;
           })
        .run();
  };
  EXPECT_TRUE(has(counting(19'000), "llm-output-unbounded"));
  EXPECT_EQ(verdict(counting(3'000), "llm-output-unbounded"), CheckVerdict::protected_);
}

}  // namespace
}  // namespace weir::scan
