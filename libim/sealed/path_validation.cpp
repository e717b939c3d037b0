// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/path_validation.hpp"

#include "libim/sealed/limits.hpp"

namespace im::sealed {

/// REQUIRES: order_ names every candidate.
void PathValidation::makeRoom() {
    while (order_.size() >= kMaxCandidates) {
        candidates_.erase(order_.front());
        order_.pop_front();
    }
}

wire::PingBytes PathValidation::heard(wire::SessionIndex session, const Destination& from,
                                      std::size_t bytes) {
    auto found = candidates_.find(session);
    if (found == candidates_.end()) {
        makeRoom();
        order_.push_back(session);
        found = candidates_.emplace(session, Candidate{}).first;
        found->second.at = from;
        random_.fill(found->second.ping);
    } else if (!sameAddress(found->second.at, from)) {
        found->second = Candidate{from, 0, {}};
        random_.fill(found->second.ping);
    }
    found->second.budget += kUnprovenFactor * bytes;
    return found->second.ping;
}

bool PathValidation::spend(wire::SessionIndex session, const Destination& to, std::size_t bytes) {
    const auto found = candidates_.find(session);
    if (found == candidates_.end() || !sameAddress(found->second.at, to)) return false;
    if (found->second.budget < bytes) return false;
    found->second.budget -= bytes;
    return true;
}

bool PathValidation::proves(wire::SessionIndex session, const Destination& from,
                            const wire::PingBytes& pong) {
    const auto found = candidates_.find(session);
    if (found == candidates_.end() || !sameAddress(found->second.at, from)) return false;
    if (found->second.ping != pong) return false;
    candidates_.erase(found);
    return true;
}

}  // namespace im::sealed
