// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/identity.hpp"

#include "libim/base/error.hpp"
#include "libim/base/little_endian.hpp"
#include "libim/noise/blake2b.hpp"
#include "libim/noise/words.hpp"

#include <sodium.h>

#include <algorithm>

namespace im::noise {

namespace {

static_assert(sizeof(IdentityKey) == crypto_sign_PUBLICKEYBYTES);
static_assert(sizeof(SignatureBytes) == crypto_sign_BYTES);
static_assert(crypto_sign_SECRETKEYBYTES == crypto_sign_SEEDBYTES + crypto_sign_PUBLICKEYBYTES);

using SecretKey = std::array<unsigned char, crypto_sign_SECRETKEYBYTES>;

constexpr std::string_view kFingerprintType = "ed25519:";
constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::size_t kBase64Length = 43;

constexpr std::string_view kWordsLabel("im words 1\0", 11);
constexpr std::size_t kWords = 6;
constexpr unsigned kWordBits = 11;
// What makes a search for colliding identities expensive (doc/decisions/0010).
constexpr unsigned long long kSlowPasses = 8;
constexpr std::size_t kSlowMemory = 64U << 20U;

const unsigned char* raw(BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* rawOut(std::span<std::byte> bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

/// 66 bits and more of both identities, in their order as bytes.
std::array<std::byte, 16> slowHash(const IdentityKey& low, const IdentityKey& high) {
    Bytes both;
    append(both, low);
    append(both, high);
    const Digest16 salt = blake2b16({}, asBytes(kWordsLabel), both);
    static_assert(sizeof(Digest16) == crypto_pwhash_SALTBYTES);
    std::array<std::byte, 16> out{};
    const int failed = crypto_pwhash(
        rawOut(out), out.size(), reinterpret_cast<const char*>(both.data()), both.size(), raw(salt),
        kSlowPasses, kSlowMemory, crypto_pwhash_ALG_ARGON2ID13);
    if (failed != 0)
        throw Error(ErrorKind::OperatingSystem, "not enough memory to compare identities");
    return out;
}

}  // namespace

Identity::Identity(Secret seed) : seed_(std::move(seed)) {
    SecretKey secretKey{};
    crypto_sign_seed_keypair(rawOut(public_), secretKey.data(), raw(seed_.view()));
    sodium_memzero(secretKey.data(), secretKey.size());
}

SignatureBytes Identity::sign(BytesView bytes) const {
    SecretKey secretKey{};
    std::copy_n(raw(seed_.view()), seed_.view().size(), secretKey.begin());
    std::copy_n(raw(public_), public_.size(), secretKey.begin() + crypto_sign_SEEDBYTES);
    SignatureBytes signature{};
    crypto_sign_detached(rawOut(signature), nullptr, raw(bytes), bytes.size(), secretKey.data());
    sodium_memzero(secretKey.data(), secretKey.size());
    return signature;
}

bool verify(const IdentityKey& by, BytesView bytes, const SignatureBytes& signature) {
    return crypto_sign_verify_detached(raw(signature), raw(bytes), bytes.size(), raw(by)) == 0;
}

std::string fingerprint(const IdentityKey& key) {
    std::string base64(sodium_base64_ENCODED_LEN(sizeof(IdentityKey), kBase64), '\0');
    sodium_bin2base64(base64.data(), base64.size(), raw(key), key.size(), kBase64);
    base64.resize(kBase64Length);
    return std::string(kFingerprintType) + base64;
}

std::optional<IdentityKey> parseFingerprint(std::string_view text) {
    if (!text.starts_with(kFingerprintType)) return {};
    text.remove_prefix(kFingerprintType.size());
    IdentityKey key{};
    std::size_t length = 0;
    if (text.size() != kBase64Length ||
        sodium_base642bin(rawOut(key), key.size(), text.data(), text.size(), nullptr, &length,
                          nullptr, kBase64) != 0 ||
        length != key.size())
        return {};
    return key;
}

std::string sixWords(const IdentityKey& one, const IdentityKey& other) {
    const auto bits = slowHash(std::min(one, other), std::max(one, other));
    std::string words;
    for (std::size_t word = 0; word < kWords; ++word) {
        std::size_t number = 0;
        for (std::size_t bit = word * kWordBits; bit < (word + 1) * kWordBits; ++bit)
            number = number << 1U | (std::to_integer<std::size_t>(bits[bit / 8]) >> bit % 8 & 1U);
        if (!words.empty()) words.push_back(' ');
        words += bip39Word(number);
    }
    return words;
}

}  // namespace im::noise
