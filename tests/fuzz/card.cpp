// SPDX-License-Identifier: BSL-1.0
// Law: what is a card is exactly what writing its body and signature gives again; and no card
// verifies for an index that has no key.
#include "libim/wire/card.hpp"

#include "libim/base/little_endian.hpp"
#include "libim/base/name.hpp"
#include "libim/noise/primitives.hpp"
#include "libim/sealed/card.hpp"
#include "tests/fuzz/law.hpp"

#include <algorithm>
#include <cstdint>

using namespace im;
using namespace im::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes = asBytes(fuzz::textOf(data, size));
    const auto card = parseCard(bytes);
    if (!card) {
        IM_LAW(!toString(card.error()).empty());
        return 0;
    }
    IM_LAW(card->body.name.empty() || Name::parse(card->body.name));
    IM_LAW(card->body.role == CardRole::Index || !card->body.name.empty());
    Bytes again = encodeCardBody(card->body);
    IM_LAW(std::ranges::equal(again, card->signedPart));
    append(again, card->signature);
    IM_LAW(std::ranges::equal(again, bytes));

    // Nobody's identity: nothing can be signed for it.
    noise::initialise();
    IM_LAW(!sealed::verifyCard(bytes, CardRole::Index, {}, 0));
    return 0;
}
