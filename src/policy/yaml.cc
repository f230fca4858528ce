#include "policy/yaml.h"

#include <yaml-cpp/eventhandler.h>

#include <exception>
#include <sstream>
#include <utility>

#include "policy/nearest.h"

namespace weir::policy {
namespace {

struct OutOfBounds {
  Problem problem;
};

// Counts what goes by and throws OutOfBounds, which parse_yaml() catches.
class Bounds final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      stop(mark, "a second document begins here", "Keep one document in a policy file");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { count(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    if (++aliases_ > kMaxAliases)
      stop(mark, "there are more than 64 aliases", "Write the values out");
    count(mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {
    count(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {
    descend(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    descend(mark);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void descend(const YAML::Mark& mark) {
    if (++depth_ > kMaxDepth)
      stop(mark, "lists and mappings are nested more than 16 deep", "A policy needs 4 levels");
    count(mark);
  }
  void count(const YAML::Mark& mark) {
    if (++nodes_ > kMaxNodes) stop(mark, "there are more than 20000 values", "Use fewer rules");
  }
  [[noreturn]] static void stop(const YAML::Mark& mark, std::string message, std::string cure) {
    throw OutOfBounds{problem_at(mark, std::move(message), std::move(cure))};
  }

  int documents_ = 0;
  int depth_ = 0;
  int nodes_ = 0;
  int aliases_ = 0;
};

}  // namespace

Problem problem_at(const YAML::Mark& mark, std::string message, std::string cure) {
  return {mark.is_null() ? 1 : mark.line + 1, mark.is_null() ? 1 : mark.column + 1,
          std::move(message), std::move(cure)};
}

std::variant<YAML::Node, Problem> parse_yaml(std::string_view text) {
  if (text.size() > kMaxPolicyBytes)
    return Problem{1, 1, "the file is larger than 256 KiB", "Use fewer rules"};
  try {
    const std::string copy(text);
    std::istringstream stream(copy);
    YAML::Parser parser(stream);
    Bounds bounds;
    while (parser.HandleNextDocument(bounds)) {
    }
    return YAML::Load(copy);
  } catch (const OutOfBounds& out) {
    return out.problem;
  } catch (const YAML::Exception& error) {
    return problem_at(error.mark, "this is not YAML: " + excerpt(error.msg), {});
  } catch (const std::exception& error) {
    return Problem{1, 1, std::string("the YAML cannot be read: ") + error.what(), {}};
  }
}

}  // namespace weir::policy
