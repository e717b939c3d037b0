// SPDX-License-Identifier: BSL-1.0
// What a fuzz target states: a law that holds for every input, in optimised builds too.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace im::fuzz {

[[noreturn]] inline void broken(const char* law, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: law broken: %s\n", file, line, law);
    std::abort();
}

/// libFuzzer's bytes as text.
inline std::string_view textOf(const unsigned char* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace im::fuzz

#define IM_LAW(...) \
    ((__VA_ARGS__) ? static_cast<void>(0) : im::fuzz::broken(#__VA_ARGS__, __FILE__, __LINE__))
