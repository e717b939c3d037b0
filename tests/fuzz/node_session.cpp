// SPDX-License-Identifier: BSL-1.0
// Law: a session file of any content is read or refused with an Error(Configuration), never
// worse; and where every line is sound and sorted, searching finds what reading all finds, and
// what is printed of a user is read back.
#include "libim/base/error.hpp"
#include "libim/node/session_file.hpp"
#include "tests/fuzz/law.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace im;

namespace {

/// What `act` returns; nothing when the file is damaged.
template <typename Act>
auto unlessDamaged(Act act) -> std::optional<decltype(act())> {
    try {
        return act();
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Configuration);
        return {};
    }
}

bool isSorted(const std::vector<wire::RosterEntry>& users) {
    return std::is_sorted(users.begin(), users.end(),
                          [](const auto& a, const auto& b) { return a.name < b.name; });
}

bool isUnique(const std::vector<wire::RosterEntry>& users) {
    return std::adjacent_find(users.begin(), users.end(), [](const auto& a, const auto& b) {
               return a.name == b.name;
           }) == users.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = unlessDamaged(
        [&] { return node::SessionFile::ofText(std::string(fuzz::textOf(data, size))); });
    if (!file) return 0;
    static_cast<void>(unlessDamaged([&] { return file->find("bob"); }));
    static_cast<void>(unlessDamaged([&] { return file->find(""); }));
    const auto users = unlessDamaged([&] { return file->users(); });
    const auto everybody = unlessDamaged([&] { return file->everybody(); });
    if (!users || !everybody) return 0;
    IM_LAW(users->size() == file->userCount());
    if (!isSorted(*users) || !isUnique(*users)) return 0;
    for (const auto& user : *users) IM_LAW(file->find(user.name) == user.endpoint);
    for (const auto& user : *everybody) {
        std::string line;
        node::appendSessionLine(line, user.name, user.endpoint, user.extra);
        line.pop_back();
        IM_LAW(node::parseSessionLine(line) == user);
    }
    return 0;
}
