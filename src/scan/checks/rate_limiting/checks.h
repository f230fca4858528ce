// The checks of the category rate-limiting, one file each. Thread safety: constant data.
#pragma once

#include "scan/checks/check.h"

namespace weir::scan::rate_limiting {

extern const Check kNoLimit;
extern const Check kBoundaryBurst;
extern const Check kConcurrentOverrun;
extern const Check kSpoofedClientAddress;
extern const Check kIdentifierRotation;
extern const Check kKeyVariant;
extern const Check kPathVariant;
extern const Check kKeyInjection;
extern const Check kInjectionLiftsLimit;
extern const Check kMethodVariant;
extern const Check kVersionAlias;
extern const Check kProtocolVariant;
extern const Check kHeadersDishonest;
extern const Check kDeclaredNotEnforced;
extern const Check kRefusalsCost;
extern const Check kUnboundedPageSize;
extern const Check kBatchAmplification;
extern const Check kSensitiveFlowUnlimited;
extern const Check kVictimLockout;
extern const Check kLimitAsError;
extern const Check kMissingRetryAfter;
extern const Check kMisleadingRetryAfter;

}  // namespace weir::scan::rate_limiting
