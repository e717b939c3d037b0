// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/short_hash.hpp"

#include <sodium.h>

#include <cstddef>
#include <stdexcept>
#include <tuple>

namespace im::noise {

namespace {

static_assert(crypto_shorthash_KEYBYTES == std::tuple_size_v<HashKey>);
static_assert(crypto_shorthash_BYTES == sizeof(std::uint64_t));

/// sodium_init() is idempotent and thread-safe; it opens the source of random numbers.
void needSodium() {
    static const bool ready = sodium_init() >= 0;
    if (!ready) throw std::runtime_error("libsodium: no source of random numbers");
}

}  // namespace

HashKey randomHashKey() {
    needSodium();
    HashKey key{};
    randombytes_buf(key.data(), key.size());
    return key;
}

std::uint64_t randomSeed() {
    needSodium();
    std::uint64_t seed = 0;
    randombytes_buf(&seed, sizeof seed);
    return seed;
}

std::uint64_t shortHash(std::string_view text, const HashKey& key) {
    std::array<unsigned char, crypto_shorthash_BYTES> bytes{};
    crypto_shorthash(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     key.data());
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8U | bytes[i];
    return value;
}

}  // namespace im::noise
