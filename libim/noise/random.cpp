// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/random.hpp"

#include "libim/base/little_endian.hpp"

#include <sodium.h>

#include <array>

namespace im::noise {

std::uint32_t Random::number32() {
    std::array<std::byte, 4> bytes{};
    fill(bytes);
    return readLittleEndian<std::uint32_t>(bytes);
}

std::uint64_t Random::number64() {
    std::array<std::byte, 8> bytes{};
    fill(bytes);
    return readLittleEndian<std::uint64_t>(bytes);
}

Secret Random::secret() {
    Secret drawn;
    fill(drawn.writable());
    return drawn;
}

KeyPair Random::keyPair() {
    return keyPairOf(secret());
}

void SystemRandom::fill(std::span<std::byte> out) {
    randombytes_buf(out.data(), out.size());
}

}  // namespace im::noise
