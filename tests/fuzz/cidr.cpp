// SPDX-License-Identifier: BSL-1.0
// Law: a list of ranges is written so that it reads the same, and each holds the address it is
// written with.
#include "libim/base/address.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>

using namespace im;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto ranges = parseCidrList(fuzz::textOf(data, size));
    if (!ranges) return 0;
    IM_LAW(!ranges->empty());
    for (const Cidr& range : *ranges) {
        const std::string text = range.toString();
        const auto again = Cidr::parse(text);
        IM_LAW(again && again->toString() == text);
        const auto base = Address::parse(text.substr(0, text.find('/')));
        IM_LAW(base && range.contains(*base) && again->contains(*base));
    }
    return 0;
}
