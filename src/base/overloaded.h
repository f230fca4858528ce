// Overloaded: several lambdas as one visitor for std::visit, one for each alternative.
//
// Thread safety: as the lambdas.
//
//   std::visit(Overloaded{[](int number) { ... }, [](const std::string& text) { ... }}, value);
#pragma once

namespace weir {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang 14 wants it said

}  // namespace weir
