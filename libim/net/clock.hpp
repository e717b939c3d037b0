// SPDX-License-Identifier: BSL-1.0
// The clocks: the only place of the whole project that reads one (tests/architecture holds it).
// A loop reads now() once a turn and hands it down; nobody else asks what time it is.
#pragma once

#include "libim/base/time.hpp"

#include <string>

namespace im::net {

/// The monotonic clock.
[[nodiscard]] TimePoint now();

/// The calendar clock, in UTC, to milliseconds.
[[nodiscard]] WallTime wallNow();

/// `at` as the TIME field of a classic talk: local "HH:mm:ss", as .NET's long time in the
/// invariant culture.  Eight characters, never a comma.
[[nodiscard]] std::string talkTime(WallTime at);

}  // namespace im::net
