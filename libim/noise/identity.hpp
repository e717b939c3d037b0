// SPDX-License-Identifier: BSL-1.0
// Identity: the one long-term key of a person or an index, Ed25519.  It signs cards and nothing
// else; the keys of sessions are made anew by every process and signed with it.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/noise/primitives.hpp"
#include "libim/noise/random.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace im::noise {

/// I, or X where it is an index's.  Public.
using IdentityKey = std::array<std::byte, 32>;
using SignatureBytes = std::array<std::byte, 64>;

/// The private key.  Wiped when it dies; moves, does not copy.
class Identity {
public:
    /// From the 32 bytes of the identity file (RFC 8032: the private key).
    explicit Identity(Secret seed);
    static Identity generate(Random& random) { return Identity(random.secret()); }

    [[nodiscard]] const IdentityKey& publicKey() const { return public_; }
    /// For the identity file only.
    [[nodiscard]] const Secret& seed() const { return seed_; }
    /// The same for the same bytes (RFC 8032).
    [[nodiscard]] SignatureBytes sign(BytesView bytes) const;

private:
    Secret seed_;
    IdentityKey public_{};
};

/// False for keys of low order and for encodings that are not canonical, too.
[[nodiscard]] bool verify(const IdentityKey& by, BytesView bytes, const SignatureBytes& signature);

/// "ed25519:" and 43 characters of base64url: the key itself, not a hash of it, so that what was
/// printed can be pinned with no further exchange.
[[nodiscard]] std::string fingerprint(const IdentityKey& key);
/// What fingerprint() prints, exactly.
[[nodiscard]] std::optional<IdentityKey> parseFingerprint(std::string_view text);

/// Six words, blanks between, that two people compare: the same on both sides when each has the
/// other's true identity.  66 bits of a hash of both, of the BIP-39 English list, behind a slow
/// hash (doc/decisions/0010).  Takes about a fifth of a second and 64 MiB; throws
/// Error(OperatingSystem) when there is not so much memory.
[[nodiscard]] std::string sixWords(const IdentityKey& one, const IdentityKey& other);

}  // namespace im::noise
