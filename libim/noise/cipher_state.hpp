// SPDX-License-Identifier: BSL-1.0
// CipherState of the Noise specification, section 5.1: a key and the nonce it counts itself, so
// that a caller cannot repeat one.  Not thread-safe.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/noise/primitives.hpp"

#include <cstdint>
#include <limits>
#include <optional>

namespace im::noise {

class CipherState {
public:
    /// A second holder of the same key, in words because of that key; for what may fail and be
    /// tried again.  Never send with both.
    [[nodiscard]] CipherState clone() const;

    /// The last nonce is reserved for rekey(): encrypting with it is refused.
    static constexpr std::uint64_t kReservedNonce = std::numeric_limits<std::uint64_t>::max();

    /// InitializeKey(k): the nonce starts at zero.
    void initializeKey(Secret key);
    [[nodiscard]] bool hasKey() const { return key_.has_value(); }

    /// SetNonce(n): for transport frames that carry their counter and may come out of order.
    void setNonce(std::uint64_t nonce) { nonce_ = nonce; }
    [[nodiscard]] std::uint64_t nonce() const { return nonce_; }

    /// EncryptWithAd: appends to `out`.  Without a key the plaintext itself.
    /// REQUIRES: the nonce is not used up.
    void encryptWithAd(BytesView ad, BytesView plaintext, Bytes& out);

    /// DecryptWithAd: appends to `out`; false, and neither `out` nor the nonce changed, when it
    /// is not authentic or the nonce is used up.
    [[nodiscard]] bool decryptWithAd(BytesView ad, BytesView ciphertext, Bytes& out);

    /// Rekey(), section 11.3 with the default REKEY(k).
    void rekey();

private:
    std::optional<Secret> key_;
    std::uint64_t nonce_ = 0;
};

}  // namespace im::noise
