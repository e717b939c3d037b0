// SPDX-License-Identifier: BSL-1.0
#include "libim/net/clock.hpp"

#include <ctime>

namespace im::net {

namespace {

void appendTwoDigits(std::string& out, int number) {
    out.push_back(static_cast<char>('0' + number / 10 % 10));
    out.push_back(static_cast<char>('0' + number % 10));
}

}  // namespace

TimePoint now() {
    return Clock::now();
}

WallTime wallNow() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
}

std::string talkTime(WallTime at) {
    const std::time_t seconds =
        std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
    std::tm local{};
    localtime_r(&seconds, &local);
    std::string out;
    appendTwoDigits(out, local.tm_hour);
    out.push_back(':');
    appendTwoDigits(out, local.tm_min);
    out.push_back(':');
    appendTwoDigits(out, local.tm_sec);
    return out;
}

}  // namespace im::net
