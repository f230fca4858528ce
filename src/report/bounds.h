// How big a report may get, whatever the scan brings. What is over a bound is left out and counted
// in the report's notes.
#pragma once

#include <cstddef>

namespace weir::report {

inline constexpr std::size_t kMaxTextBytes = 4096;  // any one text
inline constexpr std::size_t kMaxShortBytes = 512;  // a name, an id, one cell of a table
inline constexpr std::size_t kMaxFindings = 200;    // the most severe come first
inline constexpr std::size_t kMaxEvidence = 10;     // of one finding
inline constexpr std::size_t kMaxExchanges = 60;    // of one evidence: first and last half
inline constexpr std::size_t kMaxMappings = 20;     // OWASP, CWE, PCI DSS references, each
inline constexpr std::size_t kMaxChecks = 5000;
inline constexpr std::size_t kMaxLimits = 1000;
inline constexpr std::size_t kMaxLeftOut = 2000;  // operations of a document
inline constexpr std::size_t kMaxCategories = 50;
inline constexpr std::size_t kMaxScoreSteps = 500;
inline constexpr std::size_t kMaxNotes = 100;
inline constexpr std::size_t kMaxTimelines = 20;
inline constexpr std::size_t kMaxTimelinePoints = 10'000;  // of one timeline: the earliest
inline constexpr std::size_t kMaxPhases = 24;              // rows in one picture

// What others set.
inline constexpr std::size_t kMaxSarifText = 900;         // GitHub: 1,024 characters
inline constexpr std::size_t kMaxMarkdownBytes = 60'000;  // GitHub: 65,536 of a comment

}  // namespace weir::report
