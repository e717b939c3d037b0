// SPDX-License-Identifier: BSL-1.0
#include "libim/app/recipient.hpp"

#include <set>
#include <utility>

namespace im::app {

std::string Recipient::toString() const {
    return at ? user.str() + "@" + at->toString() : user.str();
}

Recipient parseRecipient(std::string_view text, ErrorKind kind) {
    const std::size_t sign = text.find('@');
    if (sign == std::string_view::npos) return {Name::orThrow(text, kind), {}};
    auto at = parseHostPort(text.substr(sign + 1), 0);
    if (!at) throw Error(kind, "'" + std::string(text) + "': not user@host:port");
    return {Name::orThrow(text.substr(0, sign), kind), std::move(at)};
}

std::vector<Recipient> parseRecipients(std::string_view list, const Aliases& aliases,
                                       ErrorKind kind) {
    std::vector<Recipient> recipients;
    std::set<std::string> known;
    for (std::string_view rest = list;;) {
        const std::size_t comma = rest.find(',');
        for (const std::string& member : aliases.expand(rest.substr(0, comma))) {
            Recipient recipient = parseRecipient(member, kind);
            if (known.insert(recipient.toString()).second)
                recipients.push_back(std::move(recipient));
        }
        if (comma == std::string_view::npos) return recipients;
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace im::app
