// SPDX-License-Identifier: BSL-1.0
// Law: a file of known keys of any content is read or refused with an Error(Configuration), never
// worse; and every pin it is read for has passed the rules of what it names.
#include "libim/base/error.hpp"
#include "libim/node/known_file.hpp"
#include "libim/wire/card.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>

using namespace im;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const node::Known known = node::parseKnown(fuzz::textOf(data, size), "known");
        for (const node::IndexPin& pin : known.indexes) {
            IM_LAW(!pin.address.empty() && pin.address.size() <= node::KnownFile::kMaxAddress);
            IM_LAW(pin.card.size() <= wire::kMaxCard && pin.highestVersion > 0);
            IM_LAW(pin.since.size() == 10);
        }
        for (const node::UserPin& pin : known.users) {
            IM_LAW(Name::parse(pin.name.str()).has_value());
            IM_LAW(pin.since.size() == 10);
        }
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Configuration);
    }
    return 0;
}
