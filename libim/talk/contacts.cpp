// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/contacts.hpp"

namespace im::talk {

bool Contacts::put(std::string_view name, const Endpoint& endpoint) {
    auto known = users_.find(name);
    if (known == users_.end()) {
        if (users_.size() >= most_) return false;
        users_.emplace(name, endpoint);
    } else {
        if (known->second == endpoint) return false;
        known->second = endpoint;
    }
    ++version_;
    return true;
}

bool Contacts::drop(std::string_view name) {
    auto known = users_.find(name);
    if (known == users_.end()) return false;
    users_.erase(known);
    ++version_;
    return true;
}

void Contacts::clear() {
    if (users_.empty()) return;
    users_.clear();
    ++version_;
}

std::optional<Endpoint> Contacts::find(std::string_view name) const {
    auto known = users_.find(name);
    if (known == users_.end()) return std::nullopt;
    return known->second;
}

Trust Contacts::trustOfTalk(std::string_view sender, const Address& source) const {
    const auto known = find(sender);
    return known && !known->address.sameHost(source) ? Trust::Bad : Trust::None;
}

}  // namespace im::talk
