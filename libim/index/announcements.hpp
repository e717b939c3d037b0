// SPDX-License-Identifier: BSL-1.0
// Announcements: what there is to tell, and who hears which part of it.
//
// One at a time, an announcement would go to everybody there but its subject.  Here they gather
// and leave as trains, so that N users and k announcements are a few fanOut() calls and not N
// times k sends.  Each user hears exactly the same as one at a time:
//
//     announcements   0    1    2    3    4    5
//     who was there   |----------------------------|      all
//     newcomer                   login |-----------|      from behind his own login
//     leaver          |---------| logout                  up to his own logout
//
// so his own are never among them.
//
// One train is told at a time, a slice of it with each tell(), so that a million announcements
// keep no login waiting; what happens meanwhile gathers for the next.  Within a long train those
// of equal length stand together, because only these can go to the kernel in one call (names of 2
// to 23 letters: a tenth of the cost, measured); those of one name keep their order.  Not
// thread-safe.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/base/datagram.hpp"
#include "libim/index/directory.hpp"
#include "libim/index/names_seen.hpp"
#include "libim/wire/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace im::index {

class Announcements {
public:
    /// A shorter train is told in the order in which things happened.
    static constexpr std::size_t kSortFrom = 16;

    /// Of one user's share no more than `piece` is handed over at once.
    Announcements(const HashKey& key, std::size_t piece) : key_(key), piece_(piece) {}

    /// Gathered and not yet in a train.
    std::size_t gathered() const { return gathered_.entries.size(); }
    bool isTelling() const { return isTelling_; }

    /// `name` has come: `row` hears what is told after this.
    void came(const wire::Login& login, Row row, Directory& users);
    /// The user of `row` leaves: he hears what was told before this.  REQUIRES: not removed yet.
    void leaves(const wire::Logout& logout, Row row, Directory& users);

    /// Somebody who hears nothing himself has come or gone: a user of the other profile.
    void elsewhere(const wire::Message& message, std::string_view name) { gather(message, name); }

    /// Makes a train of what has gathered.  REQUIRES: !isTelling(); there is something.
    void begin(Directory& users);
    /// Hands to `sink` what comes to about `most` datagrams: a user's share of up to a piece is not
    /// divided.
    /// Returns their number.  What the sink got stays valid until the next call of anything here
    /// or of the directory.  REQUIRES: isTelling().
    std::uint64_t tell(Directory& users, Sink& sink, std::size_t most);

private:
    struct Entry {
        std::uint32_t at;  // in bytes
        std::uint32_t size;
        std::uint32_t turn;  // of two entries of one name the later has the larger
    };
    struct Farewell {
        Destination to;
        std::size_t from;
        std::size_t until;
    };
    /// What one user hears of the train: its announcements `from` to `until`, as far as they stand
    /// at `at` or behind it in the order in which they are told.
    struct Share {
        Destination to;
        std::size_t from;
        std::size_t until;
        std::size_t at = 0;
    };
    struct Batch {
        Bytes bytes;                 // of all announcements
        std::vector<Entry> entries;  // in the order of what happened
        std::vector<Farewell> farewells;

        void clear();
        BytesView view(std::size_t entry) const {
            return BytesView(bytes).subspan(entries[entry].at, entries[entry].size);
        }
    };

    void gather(const wire::Message& message, std::string_view name);
    void sortTrain();
    std::uint64_t tellFarewells(Sink& sink, std::size_t most);
    std::uint64_t tellLatecomers(Directory& users, Sink& sink, std::size_t most);
    std::uint64_t tellWaiting(Directory& users, Sink& sink, std::size_t most);
    std::uint64_t tellOne(Share share, Sink& sink);

    HashKey key_;
    std::size_t piece_;
    Batch gathered_;
    NamesSeen names_;  // in the present turn of gathered_
    std::uint32_t turn_ = 0;

    bool isTelling_ = false;
    Batch train_;
    std::vector<std::uint32_t> order_;  // entries of the train as they are told
    std::vector<BytesView> whole_;      // the same as payloads
    std::size_t farewellsTold_ = 0;
    std::optional<Share> rest_;           // of a user who counts as told
    std::vector<BytesView> parts_;        // of the train, for those who hear a part; of one tell()
    std::vector<Destination> tellingTo_;  // those, as the sink keeps them
};

}  // namespace im::index
