#include "scan/surface/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/filing.h"
#include "scan/checks/surface_check.h"

namespace weir::scan {
namespace {

constexpr int kOfTarget = 120;     // requests, roughly
constexpr int kOfOperation = 150;  // requests, roughly

constexpr const char* kNotReached = "the scan ended before it";

void run_on(Surface& surface, Scope scope, Report& report, Listener& listener) {
  listener.operation_began(surface.name());
  for (const SurfaceCategory& category : surface_categories()) {
    if (!wants(surface.plan(), category.name)) continue;
    for (const SurfaceCheck& check : category.checks) {
      if (check.scope != scope) continue;
      listener.step(check.info->id);
      const int before = surface.requests();
      CheckOutcome outcome = surface.stopped() ? CheckOutcome::inconclusive(surface.stop_reason())
                                               : check.run(surface);
      file_outcome(*check.info, surface.name(), std::move(outcome), surface.requests() - before,
                   report, listener);
    }
  }
}

}  // namespace

bool wants(const ScanPlan& plan, std::string_view category) {
  return plan.categories.empty() || std::find(plan.categories.begin(), plan.categories.end(),
                                              category) != plan.categories.end();
}

bool wants_surfaces(const ScanPlan& plan) {
  const auto categories = surface_categories();
  return std::any_of(categories.begin(), categories.end(),
                     [&](const SurfaceCategory& each) { return wants(plan, each.name); });
}

int requests_for_surfaces(const ScanPlan& plan) {
  if (!wants_surfaces(plan)) return 0;
  const auto operations = std::min<std::size_t>(plan.operations.size(), 10'000);
  return std::min(kOfTarget + kOfOperation * static_cast<int>(operations),
                  plan.bounds.max_requests / 2);
}

std::vector<std::string> run_surfaces(const ScanPlan& plan, Prober& prober, Rng& rng,
                                      const std::map<std::size_t, RefusalModel>& refusals,
                                      Report& report, Listener& listener) {
  std::vector<std::string> reasons(plan.operations.size(), kNotReached);
  Surface target(prober, rng, plan, nullptr);
  run_on(target, Scope::target, report, listener);
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const auto refusal = refusals.find(i);
    Surface surface(prober, rng, plan, &plan.operations[i],
                    refusal == refusals.end() ? nullptr : &refusal->second);
    if (prober.interrupted()) break;
    if (!surface.stopped() && !surface.baseline().ok() && !surface.stopped()) {
      reasons[i] = fmt::format("no answer ({})", surface.baseline().response.failure_text);
      report.notes.push_back(surface.name() + ": " + reasons[i]);
      continue;
    }
    run_on(surface, Scope::operation, report, listener);
    reasons[i] = surface.stop_reason();
  }
  return reasons;
}

}  // namespace weir::scan
