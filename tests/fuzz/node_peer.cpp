// SPDX-License-Identifier: BSL-1.0
// Law: a file beside a session (a card, an asker) of any content is read or is none; what is read
// is printed and read back.
#include "libim/node/asker_files.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>

using namespace im;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::textOf(data, size);
    if (const auto card = node::parsePeerCard(text))
        IM_LAW(node::parsePeerCard(node::printPeerCard(*card)) == card);
    if (const auto asker = node::parseAsker(text)) {
        const auto again = node::parseAsker(node::printAsker(*asker));
        IM_LAW(again && again->name == asker->name && again->cached == asker->cached);
    }
    return 0;
}
