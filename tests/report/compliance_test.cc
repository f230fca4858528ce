#include "report/compliance.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "samples.h"

namespace weir::report {
namespace {

const std::vector<CheckReferences> kReferences = {
    {"boundary-burst", {"API4:2023"}, {770}, {"6.2.4"}},
    {"no-limit", {"API4:2023"}, {770}, {}},
    {"key-injection", {"API2:2023"}, {20}, {}},
};

Clause find(const std::vector<Clause>& clauses, const std::string& name) {
  const auto found = std::find_if(clauses.begin(), clauses.end(),
                                  [&name](const Clause& each) { return each.clause == name; });
  return found == clauses.end() ? Clause{} : *found;
}

TEST(Compliance, AFindingContradictsItsClausesAndHeldChecksOnlySupportThem) {
  const auto failing = compliance(samples::failing(), kReferences);
  EXPECT_EQ(standing(find(failing, "API4:2023")), "contradicted by 1 finding");
  EXPECT_EQ(standing(find(failing, "6.2.4")), "contradicted by 1 finding");
  EXPECT_EQ(standing(find(failing, "A1.1")), "contradicted by 1 finding");
  const auto passing = compliance(samples::passing(), kReferences);
  EXPECT_EQ(standing(find(passing, "API4:2023")), "supporting evidence: 2 checks held");
  EXPECT_EQ(standing(find(passing, "CWE-770")), "supporting evidence: 2 checks held");
}

TEST(Compliance, SaysWhatWasNotTestedOrNotDecided) {
  const auto clauses = compliance(samples::failing(), kReferences);
  EXPECT_EQ(standing(find(clauses, "API1:2023")), "not tested");
  EXPECT_EQ(standing(find(clauses, "API2:2023")), "nothing can be said: 1 check undecided");
}

TEST(Compliance, ThePageSaysWhatAScanCannotShow) {
  const std::string page = render_compliance(samples::passing(), kReferences, false, 80);
  EXPECT_NE(page.find("supporting evidence only"), std::string::npos);
  EXPECT_NE(page.find("No clause\nis fulfilled by a scan."), std::string::npos) << page;
}

}  // namespace
}  // namespace weir::report
