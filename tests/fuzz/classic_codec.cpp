// SPDX-License-Identifier: BSL-1.0
// Law: what decodes re-encodes to an equal message, and to the same bytes ever after.
#include "libim/wire/classic_codec.hpp"

#include "libim/base/utf8.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <variant>

using namespace im;
using namespace im::wire;

namespace {

bool isSound(const Login& m) {
    return !m.name.empty() && isValidUtf8(m.name);
}
bool isSound(const Logout& m) {
    return !m.name.empty() && isValidUtf8(m.name);
}
bool isSound(const Accept& m) {
    return m.tcpPort != 0;
}
bool isSound(const Talk& m) {
    return isValidUtf8(m.sender) && isValidUtf8(m.time) && isValidUtf8(m.text);
}
bool isSound(const Reject& m) {
    return isValidUtf8(m.code) && isValidUtf8(m.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = decodeClassic(asBytes(fuzz::textOf(data, size)));
    if (!message) {
        IM_LAW(!toString(message.error()).empty());
        return 0;
    }
    IM_LAW(std::visit([](const auto& one) { return isSound(one); }, *message));
    const Bytes canonical = encodeClassic(*message);
    const auto again = decodeClassic(canonical);
    IM_LAW(again.has_value());
    IM_LAW(*again == *message);
    IM_LAW(encodeClassic(*again) == canonical);
    return 0;
}
