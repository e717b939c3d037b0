// SPDX-License-Identifier: BSL-1.0
// Law: what can be sent as a talk comes back whole, and no longer than it may be.
#include "libim/talk/talk_text.hpp"

#include "libim/wire/classic_codec.hpp"
#include "tests/fuzz/law.hpp"

#include <cstddef>
#include <cstdint>
#include <variant>

using namespace im;
using namespace im::talk;

namespace {

void checkSent(std::string_view text, Commas commas) {
    const Name sender = Name::orThrow("天涯", ErrorKind::Software);
    const auto talk = makeTalk(sender, "23:59:59", text, commas);
    IM_LAW(talk.has_value() != whyNotSendable(text).has_value());
    if (!talk) return;
    const Bytes datagram = wire::encodeClassic(*talk);
    IM_LAW(datagram.size() <= wire::kMaxDatagram);
    const auto back = wire::decodeClassic(datagram);
    IM_LAW(back && std::get<wire::Talk>(*back) == *talk);
    IM_LAW(commas == Commas::Wide ? talk->text.find(',') == std::string::npos : talk->text == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::textOf(data, size);
    checkSent(text, Commas::Keep);
    checkSent(text, Commas::Wide);
    return 0;
}
