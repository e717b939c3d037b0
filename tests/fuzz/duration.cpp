// SPDX-License-Identifier: BSL-1.0
// Law: a duration is never negative nor beyond its bound, and a unit does not make it shorter.
#include "libim/base/time.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <string>

using namespace im;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::textOf(data, size));
    const auto duration = parseDuration(text);
    if (!duration) return 0;
    IM_LAW(*duration >= Duration::zero());
    IM_LAW(*duration <= std::chrono::hours(24 * 10'000));
    if (text.find_first_of("smhd") != std::string::npos) return 0;
    IM_LAW(parseDuration(text + "s") == duration);
    if (const auto minutes = parseDuration(text + "m")) IM_LAW(*minutes >= *duration);
    return 0;
}
