// WEIR_CHECK: a broken invariant ends the process. For what can never happen unless Weir itself is
// wrong; bad input, a failing network and wrong configuration are weir::Result errors instead.
#pragma once

#include <cstdio>
#include <cstdlib>

#define WEIR_CHECK(condition)                                                                \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: invariant broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
