// SPDX-License-Identifier: BSL-1.0
#include "libim/index/table_hash.hpp"

#include "libim/base/name.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace im::index {

namespace {

constexpr std::size_t kAddressBytes = 16;

std::string_view textOf(const Address& address) {
    return {reinterpret_cast<const char*>(address.bytes().data()), address.bytes().size()};
}

}  // namespace

std::uint64_t hashOf(std::string_view name, const HashKey& key) {
    return noise::shortHash(name, key);
}

std::uint64_t hashOf(const Address& address, const HashKey& key) {
    return noise::shortHash(textOf(address), key);
}

std::uint64_t hashOf(const Endpoint& endpoint, const HashKey& key) {
    std::array<char, kAddressBytes + 2> text{};
    const std::string_view address = textOf(endpoint.address);
    auto end = std::copy(address.begin(), address.end(), text.begin());
    *end++ = static_cast<char>(endpoint.port & 0xFFU);
    *end = static_cast<char>(endpoint.port >> 8U);
    return noise::shortHash({text.data(), text.size()}, key);
}

std::uint64_t hashOf(std::string_view name, const Address& host, const HashKey& key) {
    assert(name.size() <= Name::kMaxBytes);
    std::array<char, kAddressBytes + Name::kMaxBytes> text{};
    const std::string_view address = textOf(host);
    auto end = std::copy(address.begin(), address.end(), text.begin());
    std::copy(name.begin(), name.end(), end);
    return noise::shortHash({text.data(), kAddressBytes + name.size()}, key);
}

}  // namespace im::index
