// SPDX-License-Identifier: BSL-1.0
// RosterFetch: asks a classic index who is online, over TCP.  A state machine for a loop
// (imlisten) and a blocking helper (imsend, imlogin).  Not thread-safe.  Free of POCO.
// In node and not in net, because net does not know wire.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/expected.hpp"
#include "libim/base/time.hpp"
#include "libim/net/tcp_fetch.hpp"
#include "libim/wire/roster.hpp"

#include <optional>
#include <string>
#include <vector>

namespace im::node {

/// The entries in the order sent, or in plain words why there are none ("connection refused",
/// "no answer", "roster: truncated").
using RosterOutcome = Expected<std::vector<wire::RosterEntry>, std::string>;

class RosterFetch {
public:
    /// Starts connecting to the index's TCP endpoint.
    RosterFetch(const Endpoint& from, TimePoint now, net::TcpFetch::Limits limits = {});

    /// As net::TcpFetch: the descriptor (-1 when done), the events of poll(2) to wait for, the
    /// next step, and when it must be taken at the latest.
    [[nodiscard]] int fd() const { return tcp_.fd(); }
    [[nodiscard]] short wants() const { return tcp_.wants(); }
    void advance(TimePoint now) { tcp_.advance(now); }
    [[nodiscard]] TimePoint deadline() const { return tcp_.deadline(); }
    [[nodiscard]] bool done() const { return tcp_.done(); }

    /// REQUIRES: done().
    [[nodiscard]] RosterOutcome outcome() const;
    /// Bytes read so far.
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    net::TcpFetch::Verdict take(BytesView piece);

    wire::RosterReader reader_;
    std::optional<wire::RosterError> broken_;
    std::size_t size_ = 0;
    net::TcpFetch tcp_;
};

/// The roster of the index at `from`; waits for it no longer than `patience` in all.
[[nodiscard]] RosterOutcome fetchRoster(const Endpoint& from, Duration patience);

}  // namespace im::node
