// SPDX-License-Identifier: BSL-1.0
// Sealed frames: what is visible of the sealed profile on the wire (doc/protocol.md, "Frames").
// Shape only: nothing here knows a key.  INIT and RESP carry one Noise message each and a mac1
// behind it; BOX carries one transport message; HINT is in clear.
//
//   FF FF | version 01 | type | ...        integers little-endian
//
// FF FF is no classic beginning: U+FFFF is no character.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/expected.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

namespace im::wire {

/// Version of the frames, byte 2.
inline constexpr std::uint8_t kSealedVersion = 1;

/// Which session a frame is for, chosen at random by who receives it.  Never zero.
using SessionIndex = std::uint32_t;

/// Proof of an address, from a HINT (noise::TokenKeys); all zero where there is none.
using AddressToken = std::array<std::byte, 16>;
/// Keyed hash behind INIT and RESP (noise::mac1).
using Mac1 = std::array<std::byte, 16>;

inline constexpr std::size_t kMaxUdpPayload = 1'200;  ///< RFC 9000's minimum, fits IPv6's 1,280
/// Peers' frames are smaller, so that each fits into a RELAY record of a BOX.
inline constexpr std::size_t kMaxPeerFrame = 1'152;
inline constexpr std::size_t kMaxTcpFrame = 16'384;  ///< a BOX over TCP

inline constexpr std::size_t kFrameTag = 16;  ///< Poly1305
inline constexpr std::size_t kInitHeader = 24;
inline constexpr std::size_t kRespHeader = 12;
inline constexpr std::size_t kBoxHeader = 16;
inline constexpr std::size_t kHintHeader = 24;

/// Bytes of a frame that are not records.
inline constexpr std::size_t kInitOverhead = 136;
inline constexpr std::size_t kRespOverhead = 76;
inline constexpr std::size_t kBoxOverhead = kBoxHeader + kFrameTag;

inline constexpr std::size_t kMinInit = 256;  ///< never smaller than the HINT that may answer it
inline constexpr std::size_t kMaxHint = 196;

/// Noise IK message 1.  The views of all frames borrow the datagram.
struct InitFrame {
    SessionIndex sender = 0;
    AddressToken token{};
    BytesView noise;  ///< e, s and payload; the same in every repetition of this INIT
    Mac1 mac1{};
    BytesView macced;  ///< what mac1 covers: all before it
};

/// Noise IK message 2.
struct RespFrame {
    SessionIndex sender = 0;
    SessionIndex receiver = 0;
    BytesView noise;  ///< e and payload
    Mac1 mac1{};
    BytesView macced;
};

/// Retry, address proof, current card, hole punch.  In clear and unauthenticated.
struct HintFrame {
    SessionIndex receiver = 0;
    AddressToken token{};
    BytesView card;  ///< empty, or of the size of a card; not looked at
};

/// Transport.
struct BoxFrame {
    SessionIndex receiver = 0;
    std::uint64_t counter = 0;
    BytesView sealed;  ///< records and tag
};

using Frame = std::variant<InitFrame, RespFrame, HintFrame, BoxFrame>;

/// Why a datagram is no frame: count it and drop it.
enum class FrameError : std::uint8_t {
    NotSealed,  ///< does not begin FF FF
    Version,    ///< a version we do not speak
    Type,       ///< no type of this version
    Size,       ///< shorter or longer than its type may be
    Index,      ///< a session index of zero
};

[[nodiscard]] std::string_view toString(FrameError why);

/// Whether a datagram is of the sealed profile at all.
[[nodiscard]] bool isSealed(BytesView datagram);

/// The frame in `bytes`, exactly.  `maxBox` is kMaxUdpPayload, or kMaxTcpFrame behind Deframer.
Expected<Frame, FrameError> parseFrame(BytesView bytes, std::size_t maxBox = kMaxUdpPayload);

/// Everything of an INIT before its mac1.  Append the mac1 of the result to finish it.
[[nodiscard]] Bytes encodeInit(SessionIndex sender, const AddressToken& token, BytesView noise);
/// Everything of a RESP before its mac1.
[[nodiscard]] Bytes encodeResp(SessionIndex sender, SessionIndex receiver, BytesView noise);
[[nodiscard]] Bytes encodeHint(SessionIndex receiver, const AddressToken& token,
                               BytesView card = {});
/// Appends the header of a BOX; the sealed records go behind it.
void appendBoxHeader(Bytes& out, SessionIndex receiver, std::uint64_t counter);

}  // namespace im::wire
