// SPDX-License-Identifier: BSL-1.0
#include "libim/noise/frame_keys.hpp"

#include "libim/base/little_endian.hpp"

#include <string_view>

namespace im::noise {

namespace {

constexpr std::string_view kMac1Label("im mac1 1\0", 10);

/// family u8 (4 or 6) || address, 4 or 16 bytes || port u16
Bytes addressBytes(const Endpoint& of) {
    Bytes bytes;
    bytes.push_back(of.address.isV4() ? std::byte{4} : std::byte{6});
    const BytesView address = std::as_bytes(std::span(of.address.bytes()));
    append(bytes, of.address.isV4() ? address.last(4) : address);
    appendLittleEndian(bytes, of.port);
    return bytes;
}

Digest16 tokenUnder(const Secret& secret, const Endpoint& of) {
    Digest16 token = blake2b16(secret.view(), addressBytes(of));
    if (token == Digest16{}) token[0] = std::byte{1};
    return token;
}

}  // namespace

Mac1Key::Mac1Key(const PublicKey& sessionKey)
    : key_(blake2b32({}, asBytes(kMac1Label), sessionKey)) {}

Digest16 Mac1Key::mac1(BytesView bytes) const {
    return blake2b16(key_, bytes);
}

bool Mac1Key::verify(BytesView bytes, const Digest16& mac) const {
    return sameDigest(mac1(bytes), mac);
}

AddressTokens::AddressTokens(Random& random, TimePoint now)
    : random_(random), current_(random.secret()), previous_(random.secret()), since_(now) {}

void AddressTokens::turn(TimePoint now) {
    if (now - since_ < kSecretLifetime) return;
    // Nobody asked for so long that the last secret is too old as well.
    const bool stale = now - since_ >= 2 * kSecretLifetime;
    previous_ = stale ? random_.secret() : std::move(current_);
    current_ = random_.secret();
    since_ = now;
}

Digest16 AddressTokens::token(const Endpoint& of, TimePoint now) {
    turn(now);
    return tokenUnder(current_, of);
}

bool AddressTokens::verify(const Endpoint& of, const Digest16& token, TimePoint now) {
    turn(now);
    // Both are tried always: which one fits is nobody's business.
    const bool fresh = sameDigest(tokenUnder(current_, of), token);
    const bool older = sameDigest(tokenUnder(previous_, of), token);
    return fresh || older;
}

}  // namespace im::noise
