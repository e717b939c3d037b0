// SPDX-License-Identifier: BSL-1.0
// Law: a roster is the same however the connection cuts it, and what is read and written again
// reads the same.  The first four bytes of the input choose where it is cut.
#include "libim/wire/roster.hpp"

#include "libim/base/utf8.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

using namespace im;
using namespace im::wire;

namespace {

constexpr std::size_t kLimit = 1'000;
constexpr std::size_t kSeedBytes = 4;

using Fed = Expected<bool, RosterError>;

Fed feedInPieces(RosterReader& reader, std::string_view text, std::uint32_t seed) {
    std::minstd_rand random(seed);
    Fed fed = reader.feed({});
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, random() % 9);
        fed = reader.feed(asBytes(piece));
        text.remove_prefix(piece.size());
    }
    return fed;
}

template <typename T>
bool same(const Expected<T, RosterError>& a, const Expected<T, RosterError>& b) {
    if (a.has_value() != b.has_value()) return false;
    return a ? *a == *b : a.error() == b.error();
}

void checkRewritten(const std::vector<RosterEntry>& users) {
    RosterWriter writer;
    for (const RosterEntry& user : users) {
        IM_LAW(isValidUtf8(user.name) && !user.name.empty());
        writer.add(user.name, user.endpoint);
    }
    RosterReader reader;
    const Fed whole = reader.feed(asBytes(writer.finish()));
    IM_LAW(whole && *whole);
    const auto again = reader.finish();
    IM_LAW(again && *again == users);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < kSeedBytes) return 0;
    std::uint32_t seed = 0;
    for (std::size_t i = 0; i < kSeedBytes; ++i) seed = seed << 8U | data[i];
    const std::string_view text = fuzz::textOf(data + kSeedBytes, size - kSeedBytes);

    RosterReader whole(kLimit);
    RosterReader cut(kLimit);
    const Fed wholeFed = whole.feed(asBytes(text));
    IM_LAW(same(wholeFed, feedInPieces(cut, text, seed)));
    const auto users = whole.finish();
    IM_LAW(same(users, cut.finish()));
    IM_LAW(users.has_value() == (wholeFed && *wholeFed));
    if (users) checkRewritten(*users);
    return 0;
}
