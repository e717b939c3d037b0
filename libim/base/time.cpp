// SPDX-License-Identifier: BSL-1.0
#include "libim/base/time.hpp"

#include <algorithm>
#include <cstddef>

namespace im {

namespace {

/// Digits with at most one point among them.  By hand: from_chars of a double brings libm along,
/// which costs a program that starts for one message a tenth of its time, and takes "inf", "nan",
/// exponents and a sign, which sleep(1)'s documentation does not.
std::optional<double> parseDecimal(std::string_view text) {
    constexpr std::size_t kLongest = 64;  // far from where a double overflows
    double digits = 0;
    double divisor = 0;  // 0: no point yet
    bool any = false;
    if (text.size() > kLongest) return {};
    for (const char c : text) {
        if (c == '.' && divisor == 0) {
            divisor = 1;
        } else if (c >= '0' && c <= '9') {
            any = true;
            digits = digits * 10 + (c - '0');
            divisor *= 10;
        } else {
            return {};
        }
    }
    if (!any) return {};
    return divisor == 0 ? digits : digits / divisor;
}

}  // namespace

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
    const auto number = parseDecimal(text);
    if (!number) return {};
    const std::chrono::duration<double> seconds(*number * unit);
    if (seconds > std::chrono::hours(24 * 10000)) return {};
    return std::chrono::duration_cast<Duration>(seconds);
}

}  // namespace im
