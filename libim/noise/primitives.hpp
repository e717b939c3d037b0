// SPDX-License-Identifier: BSL-1.0
// The functions that the Noise framework asks for, of the one suite 25519_ChaChaPoly_SHA256, on
// libsodium.  Names and sections are those of the Noise specification, revision 34.
//
// Secrets live in Secret, which wipes itself and cannot be copied by accident, printed or logged.
// All functions may be called from any thread once initialise() has returned.
#pragma once

#include "libim/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace im::noise {

inline constexpr std::size_t kDhLength = 32;    ///< DHLEN
inline constexpr std::size_t kHashLength = 32;  ///< HASHLEN
inline constexpr std::size_t kKeyLength = 32;   ///< of a cipher
inline constexpr std::size_t kTagLength = 16;   ///< Poly1305

/// 32 bytes that nobody else may see.  Wiped when it dies or is moved from.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::span<const std::byte, 32> bytes);
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    /// A second holder of the same bytes; in words, because every copy is one more to wipe.
    [[nodiscard]] Secret clone() const { return Secret(view()); }

    [[nodiscard]] std::span<const std::byte, 32> view() const { return bytes_; }
    [[nodiscard]] std::span<std::byte, 32> writable() { return bytes_; }
    /// In constant time.
    [[nodiscard]] bool equals(const Secret& other) const;

private:
    std::array<std::byte, 32> bytes_{};
};

using PublicKey = std::array<std::byte, kDhLength>;
using Hash = std::array<std::byte, kHashLength>;

/// Prepares libsodium.  Idempotent; throws Error(Software) when there is no source of randomness.
void initialise();

/// Overwrites memory in a way that is not optimised away.
void wipe(std::span<std::byte> bytes);

/// Section 4.1.  The private half is wiped with the pair.
struct KeyPair {
    Secret privateKey;
    PublicKey publicKey{};
};

/// GENERATE_KEYPAIR().
[[nodiscard]] KeyPair generateKeyPair();
/// The pair of a given private key (tests, vectors).
[[nodiscard]] KeyPair keyPairOf(const Secret& privateKey);

/// Whether `key` is the canonical encoding of a point: below 2^255 - 19, top bit clear.
/// RFC 7748 would take others too; we refuse them, so that a key has exactly one encoding.
[[nodiscard]] bool isCanonical(const PublicKey& key);

/// DH(key_pair, public_key): nothing when `publicKey` is not canonical or of low order (the
/// result would be zero: RFC 7748, section 6.1).
[[nodiscard]] std::optional<Secret> dh(const KeyPair& keyPair, const PublicKey& publicKey);

/// HASH(data), of two pieces one behind the other.
[[nodiscard]] Hash hash(BytesView first, BytesView second = {});

/// HKDF(chaining_key, input_key_material, 2), section 4.3.
[[nodiscard]] std::pair<Secret, Secret> hkdf(const Secret& chainingKey, BytesView input);

/// ENCRYPT(k, n, ad, plaintext): ciphertext and tag; nonce is 32 zero bits, then n little-endian.
/// Appends to `out`.
void encrypt(const Secret& key, std::uint64_t nonce, BytesView ad, BytesView plaintext, Bytes& out);

/// DECRYPT(k, n, ad, ciphertext); appends the plaintext to `out`.  False when it is not authentic,
/// and `out` is then unchanged.
[[nodiscard]] bool decrypt(const Secret& key, std::uint64_t nonce, BytesView ad,
                           BytesView ciphertext, Bytes& out);

}  // namespace im::noise
