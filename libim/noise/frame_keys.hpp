// SPDX-License-Identifier: BSL-1.0
// The two cheap checks before any curve operation: mac1 shows that the sender knows whom it
// writes to, the address token that it receives at the address it sends from.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/time.hpp"
#include "libim/noise/blake2b.hpp"
#include "libim/noise/primitives.hpp"
#include "libim/noise/random.hpp"

namespace im::noise {

/// mac1 = BLAKE2b-128 keyed with BLAKE2b-256("im mac1 1\0" || K).  Not a secret: whoever has a
/// card of the receiver can make it.  Its only purpose is that noise from scanners costs a hash.
class Mac1Key {
public:
    explicit Mac1Key(const PublicKey& sessionKey);

    [[nodiscard]] Digest16 mac1(BytesView bytes) const;
    [[nodiscard]] bool verify(BytesView bytes, const Digest16& mac) const;

private:
    Digest32 key_;
};

/// Tokens that prove an address: BLAKE2b-128(secret, family || address || port).  Nothing is kept
/// per address.  The secret changes every two minutes and the one before still counts, so a
/// token lives two to four minutes.  Not thread-safe.
class AddressTokens {
public:
    static constexpr Duration kSecretLifetime = std::chrono::minutes(2);

    /// `random` outlives the object.
    AddressTokens(Random& random, TimePoint now);

    /// The token of `of` now.  Never all zero, which means "no token" on the wire.
    [[nodiscard]] Digest16 token(const Endpoint& of, TimePoint now);
    [[nodiscard]] bool verify(const Endpoint& of, const Digest16& token, TimePoint now);

private:
    void turn(TimePoint now);

    Random& random_;
    Secret current_;
    Secret previous_;
    TimePoint since_;
};

}  // namespace im::noise
