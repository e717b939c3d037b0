// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/frame.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/wire/card.hpp"

#include <algorithm>
#include <cassert>

namespace im::wire {

namespace {

using Parsed = Expected<Frame, FrameError>;
using Refused = Unexpected<FrameError>;

constexpr std::byte kMagic{0xFF};
constexpr std::size_t kCommonHeader = 4;

enum class Type : std::uint8_t { Init = 1, Resp = 2, Hint = 3, Box = 4 };

template <std::size_t N>
std::array<std::byte, N> take(BytesView bytes, std::size_t at) {
    std::array<std::byte, N> taken{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), N, taken.begin());
    return taken;
}

bool within(std::size_t size, std::size_t least, std::size_t most) {
    return size >= least && size <= most;
}

Parsed parseInit(BytesView bytes) {
    if (!within(bytes.size(), kMinInit, kMaxPeerFrame)) return Refused(FrameError::Size);
    const std::size_t end = bytes.size() - sizeof(Mac1);
    InitFrame init;
    init.sender = readLittleEndian<SessionIndex>(bytes, 4);
    if (init.sender == 0) return Refused(FrameError::Index);
    init.token = take<16>(bytes, 8);
    init.noise = bytes.subspan(kInitHeader, end - kInitHeader);
    init.mac1 = take<16>(bytes, end);
    init.macced = bytes.first(end);
    return Frame(init);
}

Parsed parseResp(BytesView bytes) {
    if (!within(bytes.size(), kRespOverhead, kMaxPeerFrame)) return Refused(FrameError::Size);
    const std::size_t end = bytes.size() - sizeof(Mac1);
    RespFrame resp;
    resp.sender = readLittleEndian<SessionIndex>(bytes, 4);
    resp.receiver = readLittleEndian<SessionIndex>(bytes, 8);
    if (resp.sender == 0 || resp.receiver == 0) return Refused(FrameError::Index);
    resp.noise = bytes.subspan(kRespHeader, end - kRespHeader);
    resp.mac1 = take<16>(bytes, end);
    resp.macced = bytes.first(end);
    return Frame(resp);
}

Parsed parseHint(BytesView bytes) {
    if (bytes.size() < kHintHeader) return Refused(FrameError::Size);
    const std::size_t card = bytes.size() - kHintHeader;
    if (card != 0 && !within(card, kMinCard, kMaxCard)) return Refused(FrameError::Size);
    HintFrame hint;
    hint.receiver = readLittleEndian<SessionIndex>(bytes, 4);
    if (hint.receiver == 0) return Refused(FrameError::Index);
    hint.token = take<16>(bytes, 8);
    hint.card = bytes.subspan(kHintHeader);
    return Frame(hint);
}

Parsed parseBox(BytesView bytes, std::size_t most) {
    if (!within(bytes.size(), kBoxOverhead, most)) return Refused(FrameError::Size);
    BoxFrame box;
    box.receiver = readLittleEndian<SessionIndex>(bytes, 4);
    if (box.receiver == 0) return Refused(FrameError::Index);
    box.counter = readLittleEndian<std::uint64_t>(bytes, 8);
    box.sealed = bytes.subspan(kBoxHeader);
    return Frame(box);
}

Bytes begin(Type type, std::size_t capacity) {
    Bytes out;
    out.reserve(capacity);
    append(out,
           std::array{kMagic, kMagic, std::byte{kSealedVersion}, static_cast<std::byte>(type)});
    return out;
}

}  // namespace

std::string_view toString(FrameError why) {
    switch (why) {
        case FrameError::NotSealed:
            return "not sealed";
        case FrameError::Version:
            return "version";
        case FrameError::Type:
            return "type";
        case FrameError::Size:
            return "size";
        case FrameError::Index:
            return "index zero";
    }
    return "unknown";
}

bool isSealed(BytesView datagram) {
    return datagram.size() >= 2 && datagram[0] == kMagic && datagram[1] == kMagic;
}

Expected<Frame, FrameError> parseFrame(BytesView bytes, std::size_t maxBox) {
    if (!isSealed(bytes)) return Refused(FrameError::NotSealed);
    if (bytes.size() < kCommonHeader) return Refused(FrameError::Size);
    if (bytes[2] != std::byte{kSealedVersion}) return Refused(FrameError::Version);
    switch (static_cast<Type>(bytes[3])) {
        case Type::Init:
            return parseInit(bytes);
        case Type::Resp:
            return parseResp(bytes);
        case Type::Hint:
            return parseHint(bytes);
        case Type::Box:
            return parseBox(bytes, maxBox);
    }
    return Refused(FrameError::Type);
}

Bytes encodeInit(SessionIndex sender, const AddressToken& token, BytesView noise) {
    assert(sender != 0);
    Bytes out = begin(Type::Init, kInitHeader + noise.size() + sizeof(Mac1));
    appendLittleEndian(out, sender);
    append(out, token);
    append(out, noise);
    return out;
}

Bytes encodeResp(SessionIndex sender, SessionIndex receiver, BytesView noise) {
    assert(sender != 0 && receiver != 0);
    Bytes out = begin(Type::Resp, kRespHeader + noise.size() + sizeof(Mac1));
    appendLittleEndian(out, sender);
    appendLittleEndian(out, receiver);
    append(out, noise);
    return out;
}

Bytes encodeHint(SessionIndex receiver, const AddressToken& token, BytesView card) {
    assert(receiver != 0);
    Bytes out = begin(Type::Hint, kHintHeader + card.size());
    appendLittleEndian(out, receiver);
    append(out, token);
    append(out, card);
    return out;
}

void appendBoxHeader(Bytes& out, SessionIndex receiver, std::uint64_t counter) {
    assert(receiver != 0);
    append(out, std::array{kMagic, kMagic, std::byte{kSealedVersion},
                           static_cast<std::byte>(Type::Box)});
    appendLittleEndian(out, receiver);
    appendLittleEndian(out, counter);
}

}  // namespace im::wire
