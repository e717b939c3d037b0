// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/primitives.hpp"

#include "libim/base/error.hpp"

#include <sodium.h>

#include <algorithm>

namespace im::noise {

namespace {

static_assert(kDhLength == crypto_scalarmult_BYTES);
static_assert(kHashLength == crypto_hash_sha256_BYTES);
static_assert(kKeyLength == crypto_aead_chacha20poly1305_ietf_KEYBYTES);
static_assert(kTagLength == crypto_aead_chacha20poly1305_ietf_ABYTES);

const unsigned char* raw(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* rawOut(std::span<std::byte> bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

using Nonce = std::array<unsigned char, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

Nonce nonceOf(std::uint64_t n) {
    Nonce nonce{};
    for (std::size_t i = 0; i < sizeof n; ++i)
        nonce[nonce.size() - sizeof n + i] = static_cast<unsigned char>(n >> (8 * i) & 0xFFU);
    return nonce;
}

Secret hmac(const Secret& key, BytesView first, BytesView second = {}) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, raw(key.view()), key.view().size());
    crypto_auth_hmacsha256_update(&state, raw(first), first.size());
    crypto_auth_hmacsha256_update(&state, raw(second), second.size());
    Secret out;
    crypto_auth_hmacsha256_final(&state, rawOut(out.writable()));
    sodium_memzero(&state, sizeof state);
    return out;
}

}  // namespace

Secret::Secret(std::span<const std::byte, 32> bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

Secret::Secret(Secret&& other) noexcept : bytes_(other.bytes_) {
    wipe(other.bytes_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        bytes_ = other.bytes_;
        wipe(other.bytes_);
    }
    return *this;
}

Secret::~Secret() {
    wipe(bytes_);
}

bool Secret::equals(const Secret& other) const {
    return sodium_memcmp(bytes_.data(), other.bytes_.data(), bytes_.size()) == 0;
}

void initialise() {
    if (sodium_init() < 0) throw Error(ErrorKind::Software, "libsodium cannot be initialised");
}

void wipe(std::span<std::byte> bytes) {
    sodium_memzero(bytes.data(), bytes.size());
}

KeyPair generateKeyPair() {
    Secret privateKey;
    randombytes_buf(privateKey.writable().data(), privateKey.writable().size());
    return keyPairOf(privateKey);
}

KeyPair keyPairOf(const Secret& privateKey) {
    KeyPair pair;
    pair.privateKey = privateKey.clone();
    crypto_scalarmult_base(rawOut(pair.publicKey), raw(privateKey.view()));
    return pair;
}

bool isCanonical(const PublicKey& key) {
    // p = 2^255 - 19, little-endian: ed ff .. ff 7f.
    const auto byte = [&key](std::size_t i) { return std::to_integer<unsigned>(key[i]); };
    if (byte(31) > 0x7F) return false;
    if (byte(31) < 0x7F) return true;
    for (std::size_t i = 30; i > 0; --i)
        if (byte(i) != 0xFF) return true;
    return byte(0) < 0xED;
}

std::optional<Secret> dh(const KeyPair& keyPair, const PublicKey& publicKey) {
    if (!isCanonical(publicKey)) return {};
    Secret shared;
    const int failed = crypto_scalarmult(rawOut(shared.writable()), raw(keyPair.privateKey.view()),
                                         raw(publicKey));
    if (failed != 0) return {};
    return shared;
}

Hash hash(BytesView first, BytesView second) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, raw(first), first.size());
    crypto_hash_sha256_update(&state, raw(second), second.size());
    Hash out{};
    crypto_hash_sha256_final(&state, rawOut(std::span(out)));
    return out;
}

std::pair<Secret, Secret> hkdf(const Secret& chainingKey, BytesView input) {
    constexpr std::array<std::byte, 1> kOne{std::byte{1}};
    constexpr std::array<std::byte, 1> kTwo{std::byte{2}};
    const Secret temporary = hmac(chainingKey, input);
    Secret first = hmac(temporary, kOne);
    Secret second = hmac(temporary, first.view(), kTwo);
    return {std::move(first), std::move(second)};
}

void encrypt(const Secret& key, std::uint64_t nonce, BytesView ad, BytesView plaintext,
             Bytes& out) {
    const std::size_t at = out.size();
    out.resize(at + plaintext.size() + kTagLength);
    crypto_aead_chacha20poly1305_ietf_encrypt(rawOut(std::span(out).subspan(at)), nullptr,
                                              raw(plaintext), plaintext.size(), raw(ad), ad.size(),
                                              nullptr, nonceOf(nonce).data(), raw(key.view()));
}

bool decrypt(const Secret& key, std::uint64_t nonce, BytesView ad, BytesView ciphertext,
             Bytes& out) {
    if (ciphertext.size() < kTagLength) return false;
    const std::size_t at = out.size();
    out.resize(at + ciphertext.size() - kTagLength);
    const int failed = crypto_aead_chacha20poly1305_ietf_decrypt(
        rawOut(std::span(out).subspan(at)), nullptr, nullptr, raw(ciphertext), ciphertext.size(),
        raw(ad), ad.size(), nonceOf(nonce).data(), raw(key.view()));
    if (failed != 0) out.resize(at);
    return failed == 0;
}

}  // namespace im::noise
