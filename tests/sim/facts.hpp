// SPDX-License-Identifier: BSL-1.0
// Facts: what is true in a simulated world, whatever anybody in it believes.
#pragma once

#include "libim/base/address.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace im::sim {

class Facts {
public:
    void has(const std::string& user, const Endpoint& endpoint) { had_[user].insert(endpoint); }

    /// Whether the user ever was at that endpoint.
    [[nodiscard]] bool had(std::string_view user, const Endpoint& endpoint) const {
        const auto known = had_.find(user);
        return known != had_.end() && known->second.contains(endpoint);
    }
    [[nodiscard]] std::size_t userCount() const { return had_.size(); }

    /// Datagrams may have been damaged on their way, so that names and endpoints may be wrong.
    bool isTruthDamaged = false;

private:
    std::map<std::string, std::set<Endpoint>, std::less<>> had_;
};

}  // namespace im::sim
