// SPDX-License-Identifier: BSL-1.0
// SymmetricState of the Noise specification, section 5.2.  Not thread-safe.
#pragma once

#include "libim/noise/cipher_state.hpp"
#include "libim/noise/primitives.hpp"

#include <string_view>
#include <utility>

namespace im::noise {

class SymmetricState {
public:
    /// InitializeSymmetric(protocol_name).
    explicit SymmetricState(std::string_view protocolName);

    [[nodiscard]] SymmetricState clone() const;

    void mixKey(BytesView inputKeyMaterial);
    void mixHash(BytesView bytes);

    /// EncryptAndHash, DecryptAndHash: append to `out`; false when not authentic.
    void encryptAndHash(BytesView plaintext, Bytes& out);
    [[nodiscard]] bool decryptAndHash(BytesView ciphertext, Bytes& out);

    [[nodiscard]] bool hasKey() const { return cipher_.hasKey(); }
    [[nodiscard]] const Hash& handshakeHash() const { return hash_; }

    /// Split(): the two transport ciphers, initiator's first.
    [[nodiscard]] std::pair<CipherState, CipherState> split() const;

private:
    SymmetricState() = default;

    Hash hash_{};
    Secret chainingKey_;
    CipherState cipher_;
};

}  // namespace im::noise
