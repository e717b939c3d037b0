// SPDX-License-Identifier: BSL-1.0
// Law: what is read is written so that it reads the same, strictly too; and what the strict
// reader takes, the tolerant one takes for the same.
#include "libim/base/address.hpp"

#include "libim/wire/classic_endpoint.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>

using namespace im;
using namespace im::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::textOf(data, size);

    if (const auto address = Address::parse(text)) {
        IM_LAW(Address::parse(address->toString()) == address);
        IM_LAW(sourceKey(sourceKey(*address)) == sourceKey(*address));
        IM_LAW(address->sameHost(*address));
    }
    if (const auto port = parsePort(text)) IM_LAW(parseClassicPort(text) == port);
    if (const auto strict = Endpoint::parse(text)) IM_LAW(parseClassicEndpoint(text) == strict);
    if (const auto endpoint = parseClassicEndpoint(text)) {
        IM_LAW(Endpoint::parse(endpoint->toString()) == endpoint);
        IM_LAW(parseClassicEndpoint(endpoint->toString()) == endpoint);
    }
    IM_LAW(withoutBlanks(withoutBlanks(text)) == withoutBlanks(text));
    return 0;
}
