// SPDX-License-Identifier: BSL-1.0
#include "libim/base/time.hpp"

#include <algorithm>
#include <charconv>

namespace im {

std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
    if (!a) return b;
    if (!b) return a;
    return std::min(*a, *b);
}

std::optional<Duration> parseDuration(std::string_view text) {
    double unit = 1;
    if (!text.empty()) {
        switch (text.back()) {
            case 's':
                unit = 1;
                break;
            case 'm':
                unit = 60;
                break;
            case 'h':
                unit = 3600;
                break;
            case 'd':
                unit = 86400;
                break;
            default:
                unit = 0;
                break;
        }
        if (unit != 0) {
            text.remove_suffix(1);
        } else {
            unit = 1;
        }
    }
    // from_chars also takes "inf", "nan" and a sign, which sleep(1)'s documentation does not.
    if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return {};
    double number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size()) return {};
    const std::chrono::duration<double> seconds(number * unit);
    if (seconds > std::chrono::hours(24 * 10000)) return {};
    return std::chrono::duration_cast<Duration>(seconds);
}

}  // namespace im
