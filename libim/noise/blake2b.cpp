// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/blake2b.hpp"

#include <sodium.h>

namespace im::noise {

namespace {

const unsigned char* raw(BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

template <std::size_t N>
std::array<std::byte, N> digest(BytesView key, BytesView first, BytesView second) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, raw(key), key.size(), N);
    crypto_generichash_update(&state, raw(first), first.size());
    crypto_generichash_update(&state, raw(second), second.size());
    std::array<std::byte, N> out{};
    crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(out.data()), N);
    sodium_memzero(&state, sizeof state);
    return out;
}

}  // namespace

Digest16 blake2b16(BytesView key, BytesView first, BytesView second) {
    return digest<16>(key, first, second);
}

Digest32 blake2b32(BytesView key, BytesView first, BytesView second) {
    return digest<32>(key, first, second);
}

bool sameDigest(const Digest16& a, const Digest16& b) {
    return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace im::noise
