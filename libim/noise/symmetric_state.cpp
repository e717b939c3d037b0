// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/symmetric_state.hpp"

#include <algorithm>

namespace im::noise {

SymmetricState::SymmetricState(std::string_view protocolName) {
    const BytesView name = asBytes(protocolName);
    if (name.size() <= hash_.size()) {
        std::copy(name.begin(), name.end(), hash_.begin());
    } else {
        hash_ = hash(name);
    }
    chainingKey_ = Secret(hash_);
}

SymmetricState SymmetricState::clone() const {
    SymmetricState copy;
    copy.hash_ = hash_;
    copy.chainingKey_ = chainingKey_.clone();
    copy.cipher_ = cipher_.clone();
    return copy;
}

void SymmetricState::mixKey(BytesView inputKeyMaterial) {
    auto [chainingKey, key] = hkdf(chainingKey_, inputKeyMaterial);
    chainingKey_ = std::move(chainingKey);
    cipher_.initializeKey(std::move(key));
}

void SymmetricState::mixHash(BytesView bytes) {
    hash_ = hash(hash_, bytes);
}

void SymmetricState::encryptAndHash(BytesView plaintext, Bytes& out) {
    const std::size_t at = out.size();
    cipher_.encryptWithAd(hash_, plaintext, out);
    mixHash(BytesView(out).subspan(at));
}

bool SymmetricState::decryptAndHash(BytesView ciphertext, Bytes& out) {
    if (!cipher_.decryptWithAd(hash_, ciphertext, out)) return false;
    mixHash(ciphertext);
    return true;
}

std::pair<CipherState, CipherState> SymmetricState::split() const {
    auto [first, second] = hkdf(chainingKey_, {});
    std::pair<CipherState, CipherState> ciphers;
    ciphers.first.initializeKey(std::move(first));
    ciphers.second.initializeKey(std::move(second));
    return ciphers;
}

}  // namespace im::noise
