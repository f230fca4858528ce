// A rule in words, for people who check that a policy says what they mean.
//
// Thread safety: pure function.
#pragma once

#include <string>

#include "policy/policy.h"

namespace weir::policy {

// "per-key: at most 100 in any 1m, for each api_key and route; POST on /api/*; if the store fails,
// 10 in each process".
std::string explain(const Rule& rule);

// The same with its worst case, as several lines, each with a name in front:
//
//   per-key
//     limit     at most 100 in any 1m
//     counted   for each api_key and route
//     about     POST on /api/*
//     leased    a busy node charges ahead, ...
//     at worst  100 in any 1m
//     outage    10 more in each process, then 503
std::string explain_at_length(const Policy& policy, const Rule& rule);

// Both for rules about descriptors: "login: at most 5 in any 1m, for each remote_address;
// descriptors of 'edge' with generic_key=login, remote_address; if the store fails, 1 in each
// process".
std::string explain(const DescriptorRule& rule);
std::string explain_at_length(const Policy& policy, const DescriptorRule& rule);

}  // namespace weir::policy
