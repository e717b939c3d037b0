// SPDX-License-Identifier: BSL-1.0
// Law: a name that passes the rule goes through a datagram and a roster unchanged; one that does
// not is complained about without driving a terminal.
#include "libim/base/name.hpp"

#include "libim/base/utf8.hpp"
#include "libim/wire/classic_codec.hpp"
#include "libim/wire/roster.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace im;
using namespace im::wire;

namespace {

const Endpoint kWhere{Address::v4({127, 0, 0, 1}), 4649};

void checkTravels(const Name& name) {
    const Message login = Login{name.str(), kWhere};
    const auto decoded = decodeClassic(encodeClassic(login));
    IM_LAW(decoded && *decoded == login);

    RosterWriter writer;
    writer.add(name.view(), kWhere);
    RosterReader reader;
    const auto whole = reader.feed(asBytes(writer.finish()));
    IM_LAW(whole && *whole);
    const auto users = reader.finish();
    IM_LAW(users && *users == std::vector<RosterEntry>{RosterEntry{name.str(), kWhere}});
}

std::string complaintAbout(std::string_view text) {
    try {
        (void)Name::orThrow(text, ErrorKind::Usage);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

void checkComplaint(std::string_view text) {
    const std::string complaint = complaintAbout(text);
    IM_LAW(!complaint.empty());
    for (std::string_view rest = complaint; !rest.empty();) {
        const CodePoint point = decodeUtf8(rest);
        IM_LAW(point.valid && !isControl(point.value) && !isBidiControl(point.value));
        rest.remove_prefix(point.length);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::textOf(data, size);
    const auto name = Name::parse(text);
    if (!name) {
        checkComplaint(text);
        return 0;
    }
    IM_LAW(name->view() == text);
    IM_LAW(!text.empty() && size <= Name::kMaxBytes && isValidUtf8(text));
    checkTravels(*name);
    return 0;
}
