// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/cipher_state.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace im::noise {

CipherState CipherState::clone() const {
    CipherState copy;
    if (key_) copy.key_ = key_->clone();
    copy.nonce_ = nonce_;
    return copy;
}

void CipherState::initializeKey(Secret key) {
    key_ = std::move(key);
    nonce_ = 0;
}

void CipherState::encryptWithAd(BytesView ad, BytesView plaintext, Bytes& out) {
    if (!key_) {
        out.insert(out.end(), plaintext.begin(), plaintext.end());
        return;
    }
    assert(nonce_ != kReservedNonce);
    encrypt(*key_, nonce_++, ad, plaintext, out);
}

bool CipherState::decryptWithAd(BytesView ad, BytesView ciphertext, Bytes& out) {
    if (!key_) {
        out.insert(out.end(), ciphertext.begin(), ciphertext.end());
        return true;
    }
    if (nonce_ == kReservedNonce) return false;
    if (!decrypt(*key_, nonce_, ad, ciphertext, out)) return false;
    ++nonce_;
    return true;
}

void CipherState::rekey() {
    assert(key_);
    const std::array<std::byte, kKeyLength> zeros{};
    Bytes fresh;
    encrypt(*key_, kReservedNonce, {}, zeros, fresh);
    key_ = Secret(std::span<const std::byte, kKeyLength>(fresh.data(), kKeyLength));
    wipe(fresh);
}

}  // namespace im::noise
