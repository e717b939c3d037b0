// SPDX-License-Identifier: BSL-1.0
// InitGate: which INITs are worth two curve operations.  A bucket per source always, and another,
// larger one for what comes with a token; under load only from addresses that have proved by a
// token to receive what is sent to them.  Not thread-safe.
#pragma once

#include "libim/base/address.hpp"
#include "libim/noise/frame_keys.hpp"
#include "libim/sealed/rate_limit.hpp"
#include "libim/wire/frame.hpp"

#include <cstdint>

namespace im::sealed {

class InitGate {
public:
    /// `random` outlives the object.
    InitGate(std::uint32_t initsPerSecond, noise::Random& random, TimePoint now);

    enum class Verdict : std::uint8_t {
        Pass,
        Drop,         ///< more than its share, with a token as well
        AskForToken,  ///< answer with a HINT
    };

    /// Of an INIT whose mac1 is right.
    [[nodiscard]] Verdict judge(const Endpoint& from, const wire::AddressToken& token,
                                TimePoint now);

    /// Whether a stranger at `from` may be answered with a HINT.
    [[nodiscard]] bool mayHint(const Endpoint& from, TimePoint now);

    [[nodiscard]] wire::AddressToken tokenFor(const Endpoint& to, TimePoint now);

    /// More INITs than `initsPerSecond` in this second or in the one before.
    [[nodiscard]] bool underLoad(TimePoint now);

private:
    void turn(TimePoint now);

    std::uint32_t most_;
    noise::AddressTokens tokens_;
    RateLimit inits_;
    RateLimit proven_;
    RateLimit hints_;
    TimePoint second_;
    std::uint32_t count_ = 0;
    std::uint32_t before_ = 0;
};

}  // namespace im::sealed
