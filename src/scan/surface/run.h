// Runs the checks that are not about limits: once over the target as a whole, then over each
// operation, and enters their outcomes into the report.
// Thread safety: one scan at a time per Transport.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scan/scan.h"
#include "scan/surface/surface.h"

namespace weir::scan {

// True if the user wants this category; all, if none was named.
bool wants(const ScanPlan& plan, std::string_view category);
bool wants_surfaces(const ScanPlan& plan);

// Of max_requests, so many are kept for these checks while limits are scanned.
int requests_for_surfaces(const ScanPlan& plan);

// `refusals`: what refusals look like, by place in plan.operations, where that was learned. Gives
// why an operation was not tested whole, by place as well; empty for those that were.
std::vector<std::string> run_surfaces(const ScanPlan& plan, Prober& prober, Rng& rng,
                                      const std::map<std::size_t, RefusalModel>& refusals,
                                      Report& report, Listener& listener);

}  // namespace weir::scan
