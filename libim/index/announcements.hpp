// SPDX-License-Identifier: BSL-1.0
// Announcements: what a batch of datagrams gives to tell, and who hears which part of it.
//
// One at a time, an announcement would go to everybody there but its subject.  Here they gather
// and leave as trains, so that N users and k announcements are a few fanOut() calls and not N
// times k sends.  Each user hears exactly the same as one at a time:
//
//     announcements   0    1    2    3    4    5
//     settled user    |----------------------------|      all
//     newcomer                   login |-----------|      from behind his own login
//     leaver          |---------| logout                  up to his own logout
//
// so his own are never among them, and a train is always one stretch.  Not thread-safe.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/datagram.hpp"
#include "libim/index/directory.hpp"
#include "libim/wire/message.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace im::index {

class Announcements {
public:
    bool empty() const { return gathered_.ends.empty(); }

    /// `name` has come: `row` hears what is told after this.
    void came(const wire::Login& login, Row row, Directory& users);
    /// The user of `row` leaves: he hears what was told before this.  REQUIRES: not removed yet.
    void leaves(const wire::Logout& logout, Row row, Directory& users);

    /// Hands everything gathered to `sink`, and is empty again; all users are settled then.
    /// Returns the number of datagrams.  What the sink got stays valid until the next call.
    std::uint64_t deliver(Directory& users, Sink& sink);

private:
    struct Farewell {
        Destination to;
        std::size_t from;
        std::size_t until;
    };
    struct Batch {
        Bytes bytes;                    // of all announcements
        std::vector<std::size_t> ends;  // of each, in bytes
        std::vector<Farewell> farewells;
        std::vector<BytesView> train;  // filled in when it leaves

        void clear();
    };

    void tell(const wire::Message& message);
    std::uint64_t fanOut(std::size_t from, std::size_t until, std::span<const Destination> to,
                         Sink& sink) const;

    Batch gathered_;
    Batch leaving_;
};

}  // namespace im::index
