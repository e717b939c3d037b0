// SPDX-License-Identifier: BSL-1.0
// RosterFetch: asks a classic index who is online, over TCP.  A small state machine for any loop
// (poll, epoll), and a blocking helper for programs without one.
//
// It says nothing, and reads to the end of the connection before closing, since closing earlier
// kills a .NET server (doc/protocol.md, "The roster").  Not thread-safe.  Owns its descriptor
// (close-on-exec, non-blocking, bound to nothing).  Free of POCO.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/expected.hpp"
#include "libim/base/time.hpp"
#include "libim/wire/roster.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::net {

class RosterFetch {
public:
    struct Limits {
        Duration silence = std::chrono::seconds(5);  ///< nothing heard for so long: failed
        Duration total = std::chrono::seconds(60);   ///< all of it, trickle or not
        std::size_t bytes = wire::RosterReader::kDefaultLimit;
        /// The address to connect from: the one that was claimed in the login, because the index
        /// may take the connection as the proof of it (T2) and give a roster to nobody else
        /// (T10).  Nothing, or one of the other family: the routing table decides.
        std::optional<Address> local = {};
    };

    /// The entries in the order sent, or in plain words why there are none ("connection
    /// refused", "no answer", "roster truncated").
    using Outcome = Expected<std::vector<wire::RosterEntry>, std::string>;
    /// The words when the connection was closed without a byte: our index does that to an address
    /// that it does not serve.
    static constexpr std::string_view kNothingGiven = "no roster given";

    /// The roster is there, but the other side does not close: it is given this long.
    static constexpr Duration kLinger = std::chrono::milliseconds(50);

    /// Starts connecting to the index's TCP endpoint.  Whatever the network does is outcome();
    /// throws Error(OperatingSystem) when no descriptor is left.
    RosterFetch(const Endpoint& from, TimePoint now, const Limits& limits);
    RosterFetch(const RosterFetch&) = delete;
    RosterFetch& operator=(const RosterFetch&) = delete;
    ~RosterFetch();

    /// To be watched for wants(); -1 when done().  Level-triggered.
    [[nodiscard]] int fd() const { return fd_; }
    /// Events of poll(2): POLLOUT while connecting, POLLIN afterwards, 0 when done().
    [[nodiscard]] short wants() const;
    /// Goes on as far as possible without waiting, for at most 1 MiB at a time so that a loop
    /// stays fair.  Call when fd() is ready and at deadline(); at other times it is harmless.
    void advance(TimePoint now);
    /// When advance() must be called at the latest.
    [[nodiscard]] TimePoint deadline() const;

    [[nodiscard]] bool done() const { return fd_ < 0; }
    /// REQUIRES: done().
    [[nodiscard]] Outcome outcome() const;
    /// Bytes read so far.
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    void open(const Endpoint& from);
    bool bindTo(const Address& local);
    void read(TimePoint now);
    void take(BytesView piece);
    void close();
    void fail(std::string why);

    Limits limits_;
    TimePoint started_;
    TimePoint heard_;
    int fd_ = -1;
    bool connected_ = false;
    bool whole_ = false;
    std::size_t size_ = 0;
    std::string failure_;
    wire::RosterReader reader_;
};

/// The roster of the index at `from`, waited for no longer than `patience` in all; `local` as
/// in Limits.
[[nodiscard]] RosterFetch::Outcome fetchRoster(const Endpoint& from, Duration patience,
                                               std::optional<Address> local = {});

}  // namespace im::net
