// SPDX-License-Identifier: BSL-1.0
#include "libim/node/listen_filter.hpp"

#include "libim/base/error.hpp"
#include "libim/base/name.hpp"

#include <array>
#include <optional>

namespace im::node {
namespace {

constexpr std::array kTypes = {EventType::Talk,   EventType::Login, EventType::Logout,
                               EventType::Roster, EventType::Gap,   EventType::Key,
                               EventType::Server};

std::uint32_t bit(EventType type) {
    return 1U << static_cast<unsigned>(type);
}

std::optional<EventType> typeOf(std::string_view word) {
    for (const EventType type : kTypes)
        if (toString(type) == word) return type;
    return std::nullopt;
}

}  // namespace

void ListenFilter::addUser(std::string_view operand) {
    const bool excludes = operand.starts_with('!');
    if (excludes) operand.remove_prefix(1);
    const Name name = Name::orThrow(operand, ErrorKind::Usage);
    (excludes ? excluded_ : named_).insert(name.str());
}

void ListenFilter::addTypes(std::string_view list) {
    while (true) {
        const std::size_t comma = list.find(',');
        const std::string_view word = list.substr(0, comma);
        const auto type = typeOf(word);
        if (!type)
            throw Error(ErrorKind::Usage, "'" + std::string(word) + "': not a type of record",
                        "types are talk login logout roster gap key server");
        types_ |= bit(*type);
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

bool ListenFilter::takes(const Event& event) const {
    return takesType(event.type) && takesUser(event.user);
}

bool ListenFilter::takesType(EventType type) const {
    if (types_ != 0) return (types_ & bit(type)) != 0;
    return type != EventType::Roster || withRoster_;
}

bool ListenFilter::takesUser(const std::string& user) const {
    if (excluded_.contains(user)) return false;
    return named_.empty() || named_.contains(user);
}

}  // namespace im::node
