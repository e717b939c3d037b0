// SPDX-License-Identifier: BSL-1.0
// Overloaded: one visitor of several lambdas for std::visit, so that a forgotten alternative does
// not compile.
#pragma once

namespace im {

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;  // clang 14 needs it

}  // namespace im
