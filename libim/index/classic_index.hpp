// SPDX-License-Identifier: BSL-1.0
// ClassicIndex: who is online in the classic profile, and who is told.  The rules are in
// doc/protocol.md, "The index"; the attacks they stop are T1 to T15 there.
//
// No socket, no clock, no thread: it takes a datagram and the time, and writes what is to be
// sent into a Sink, so the same class runs in imindex, in a unit test, in the simulated network
// and under a fuzzer.  Not thread-safe; it belongs to one loop.  Models im::Protocol.
//
// Cost: a login is O(1) in the number of users, apart from telling them, which is one fanOut()
// per batch: announcements gather in receive() and leave in tick(), a slice at a time.
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/base/event.hpp"
#include "libim/base/name.hpp"
#include "libim/index/announcements.hpp"
#include "libim/index/directory.hpp"
#include "libim/index/lease_wheel.hpp"
#include "libim/index/neighbour.hpp"
#include "libim/index/observer.hpp"
#include "libim/index/pending_logins.hpp"
#include "libim/index/policy.hpp"
#include "libim/index/roster_cache.hpp"
#include "libim/index/store.hpp"
#include "libim/sealed/rate_limit.hpp"
#include "libim/wire/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::index {

struct Counters {
    std::uint64_t datagrams = 0;
    std::uint64_t logins = 0;  ///< new on the roster
    std::uint64_t renewals = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(LogoutReason::Count)> logouts{};
    std::uint64_t announcements = 0;  ///< datagrams handed to the sink to tell others
    std::uint64_t rosters = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(Refusal::Count)> refused{};
};

/// How full the tables are.
struct TableFigures {
    struct Buckets {
        std::size_t inUse = 0;  ///< sources that have taken something lately
        std::size_t room = 0;
    };
    std::size_t users = 0;    ///< counted ones
    std::size_t pending = 0;  ///< not yet confirmed
    std::size_t nameSlots = 0;
    std::size_t waiting = 0;   ///< users who have not heard all of the train under way
    std::size_t gathered = 0;  ///< announcements that wait for the next one
    Duration lag{};            ///< since the train under way was made; zero without one
    Buckets requests;
    Buckets announcements;
    Buckets answers;
};

class ClassicIndex final : public Neighbour {
public:
    /// `store` and `observer` outlive the index.  `seed` keys the hash of names: random in a
    /// program, fixed in a test.  Users that `store` holds are online at once, silently, each
    /// with a full lease; but not one whose endpoint is the index's own by now (T4), who is
    /// dropped from it.  `calendar` is `now` as the calendar has it: what StoredUser::since
    /// counts from.
    ClassicIndex(Policy policy, HostFacts host, Store& store, Observer& observer,
                 const HashKey& seed, TimePoint now, WallTime calendar = {});

    /// From now on shares names, limits and roster with the sealed index, which outlives it.
    void meet(Neighbour& sealed) { neighbour_ = &sealed; }

    /// Takes one datagram.  Answers go into `sink` now, announcements at tick().
    void receive(const Datagram& datagram, TimePoint now, Sink& sink);

    /// Ends leases and unconfirmed logins that are due, at most kMaxEndsPerTick of each; commits
    /// the store; and hands announcements to `sink`, at most Policy::announcementsPerTick, and
    /// only of what is durable.  What is left has nextDeadline() in the past.  Call after each
    /// batch and at nextDeadline().
    ///
    /// `isBusy`: more datagrams wait already; then at most Policy::announcementsWhenBusy.
    ///
    /// After a tick the store may not have settled.  Until it has, keep back what receive() wrote
    /// into its sink, and give no more datagrams; and tick when it has.
    void tick(TimePoint now, Sink& sink, bool isBusy = false);

    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    /// A TCP connection came from `from`: confirms the pending logins of that address (they are
    /// announced at the next tick), and returns the roster to write before closing, or nothing
    /// when none goes there (close at once).  The bytes are shared by all connections until
    /// somebody comes or goes.  What it tells is durable on return: when it is not, this waits for
    /// the store.
    [[nodiscard]] std::shared_ptr<const SharedText> fetchRoster(const Address& from, TimePoint now);

    /// The host of `endpoint` answered port-unreachable.  Who has done so often enough is logged
    /// out at the next tick.
    void unreachable(const Endpoint& endpoint, TimePoint now);

    /// New knobs hold from the next datagram on; nobody is thrown out.  With another lease than
    /// before, everybody's begins anew.
    void setPolicy(Policy policy);
    void setHostFacts(HostFacts host);

    /// Somebody has come or gone, and not everybody has been told.
    [[nodiscard]] bool hasToTell() const {
        return announcements_.isTelling() || announcements_.gathered() > 0;
    }

    [[nodiscard]] const Counters& counters() const { return counters_; }
    /// Counted ones.
    [[nodiscard]] std::size_t userCount() const { return users_.size(); }
    /// Not yet confirmed.
    [[nodiscard]] std::size_t pendingCount() const { return pending_.size(); }

    /// Walks the buckets: some 0.1 ms when all the sources that fit are there.
    [[nodiscard]] TableFigures tables(TimePoint now) const;

    // Neighbour: what the sealed index asks and tells.
    [[nodiscard]] bool hasName(std::string_view name) const override;
    [[nodiscard]] std::optional<Endpoint> whereIs(std::string_view name) const override;
    [[nodiscard]] std::size_t online() const override { return users_.size(); }
    [[nodiscard]] std::size_t onlineAt(const Address& address) const override;
    std::size_t visit(std::size_t cursor, std::size_t most, const Each& each) const override;
    void otherCame(std::string_view name, const Endpoint& endpoint) override;
    void otherLeft(std::string_view name, const Endpoint& endpoint) override;
    [[nodiscard]] bool mayTell(const Address& source, std::size_t events) override;

    /// Whether the tables tell the same; for tests.  Slow.
    [[nodiscard]] bool isConsistent() const { return users_.isConsistent(); }

private:
    /// One login and what it came with, while it is judged.
    struct LoginRequest {
        Name name;
        Destination where;
        const Datagram& datagram;
    };

    void restore();
    bool restore(StoreKey key, const StoredUser& user);
    void setAccept();

    // A handler for each message; without one for a new message it does not compile.
    void handle(const wire::Login& login, const Datagram& datagram, Sink& sink);
    void handle(const wire::Logout& logout, const Datagram& datagram, Sink& sink);
    void handle(const wire::Accept& accept, const Datagram& datagram, Sink& sink);
    void handle(const wire::Talk& talk, const Datagram& datagram, Sink& sink);
    void handle(const wire::Reject& reject, const Datagram& datagram, Sink& sink);

    std::optional<Refusal> endpointRefusal(const Endpoint& claimed, const Endpoint& source) const;
    std::optional<Refusal> roomRefusal(const Address& address, Row replaced) const;
    void decide(const LoginRequest& request, Sink& sink);
    void renew(Row row, const Destination& where, Sink& sink);
    void remind(Row waiting, const Destination& where, Sink& sink);
    bool mayAnswer(const Address& address);
    bool mayAnnounce(const Address& source, std::size_t datagrams);
    void wait(const LoginRequest& request);
    void accept(const Destination& where, Sink& sink);
    void refuse(Refusal why, const Endpoint& source);
    void refuseLogin(Refusal why, const Endpoint& claimed, const Datagram& datagram, Sink& sink);

    void come(const Name& name, const Destination& where);
    void leave(Row row, LogoutReason reason);
    void renewLease(Row row);
    void confirm(const Address& from);
    void endLeases();
    void endPending();
    void endUnreachable();
    bool isUnreachableNow(Row row);
    std::int64_t sinceNow();
    bool isTakenThere(std::string_view name) const;
    std::size_t everybody() const;

    Policy policy_;
    HostFacts host_;
    Store& store_;
    Observer& observer_;
    Neighbour* neighbour_ = nullptr;
    Bytes accept_;  // the same for everybody

    TimePoint now_;  // of the latest call that told it
    TimePoint start_;
    WallTime calendarAtStart_;
    std::int64_t latestSince_ = 0;

    Directory users_;
    PendingLogins pending_;
    sealed::RateLimit rate_;
    sealed::RateLimit announcing_;  // a token is an announcement
    sealed::RateLimit answering_;   // a token is an answer to an unproven address
    LeaseWheel leases_;
    Announcements announcements_;
    TimePoint trainSince_;
    bool isCommitting_ = false;  // and the store had not settled at the last tick
    RosterCache roster_;
    std::vector<Row> unreachable_;  // to be logged out, unless they show that they are there
    Counters counters_;
};

}  // namespace im::index
