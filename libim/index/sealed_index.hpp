// SPDX-License-Identifier: BSL-1.0
// SealedIndex: who is online in the sealed profile, and who is told.  The rules are in
// doc/protocol.md, "The sealed index".
//
// Handshakes and sessions are sealed::Transport's.  A login takes effect with the first BOX of its
// session and not before (R1); a name that is claimed by it is on the disk before the client gets
// the PONG that says so, and before anybody else hears of him.
//
// No socket, no clock, no thread.  Not thread-safe; it belongs to one loop.  Models im::Protocol.
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/base/name.hpp"
#include "libim/index/changes.hpp"
#include "libim/index/name_owners.hpp"
#include "libim/index/neighbour.hpp"
#include "libim/index/observer.hpp"
#include "libim/index/policy.hpp"
#include "libim/index/sealed_users.hpp"
#include "libim/index/store.hpp"
#include "libim/noise/random.hpp"
#include "libim/sealed/rate_limit.hpp"
#include "libim/sealed/transport.hpp"
#include "libim/wire/sealed_message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::index {

struct SealedCounters {
    std::uint64_t frames = 0;
    std::uint64_t hellos = 0;
    std::uint64_t logins = 0;     ///< new on the roster
    std::uint64_t takeovers = 0;  ///< of an online user: a successor of his session or process
    std::uint64_t claims = 0;     ///< of names that were free
    std::array<std::uint64_t, static_cast<std::size_t>(LogoutReason::Count)> logouts{};
    std::uint64_t lookups = 0;
    std::uint64_t syncs = 0;
    std::uint64_t resyncs = 0;  ///< told to fetch the roster
    std::uint64_t deltas = 0;   ///< frames sealed to tell of changes
    std::uint64_t rosters = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(Refusal::Count)> refused{};
};

/// Who may use the index (`--users`, `--closed`).  Pairs that the operator has written down count
/// before all that was claimed.
struct Admitted {
    std::map<std::string, sealed::IdentityKey, std::less<>> owners;
    bool closed = false;  ///< nobody else
};

class SealedIndex final : public Neighbour, private sealed::TransportEvents {
public:
    /// So many claims may wait for the disk; then new names are refused (`busy`).
    static constexpr std::size_t kMaxClaims = 4'096;
    /// So many names are given away: a gigabyte.
    static constexpr std::size_t kMaxNames = 16'000'000;
    /// Changes told to one who asks, in datagrams; who has more to hear fetches the roster.
    static constexpr std::size_t kMaxSyncFrames = 32;
    /// And so many are looked at for it, however few names they are of: a question is cheap.
    static constexpr RosterVersion kMaxSyncChanges = 8'192;
    /// Questions of one session: 20 a second, 200 at once.
    static constexpr sealed::RateLimit::Allowance kQuestions{std::chrono::milliseconds(50),
                                                             std::chrono::seconds(10)};
    /// Changes are told at most so often; with N users every N / 20,000 s, if that is longer.
    static constexpr Duration kLeastTick = std::chrono::milliseconds(100);

    struct Self {
        const noise::Identity& identity;
        noise::Random& random;
        WallTime calendar;  ///< `now` as the calendar has it
        std::uint16_t tcpPort = 0;
    };

    /// Everything borrowed outlives the index.  Names that `store` knows have their owners.
    SealedIndex(Policy policy, const Self& self, Store& store, Observer& observer,
                const HashKey& seed, TimePoint now);

    /// From now on shares names, limits and roster with the classic index, which outlives it.
    void meet(Neighbour& classic) { neighbour_ = &classic; }

    /// Takes a datagram that begins FF FF.
    void receive(const Datagram& datagram, TimePoint now, Sink& sink);
    /// Answers a `hello`, whoever asks, as often as the rate allows.
    void hello(wire::SessionIndex index, const Destination& from, TimePoint now, Sink& sink);

    /// Takes a frame that came over a TCP connection; what is for it goes into `sink` with the
    /// path kStreamPath.
    void receiveStream(const Endpoint& from, BytesView frame, TimePoint now, Sink& sink);
    /// The connection has room: one more frame of the roster, if there is one to write.
    bool writeStream(const Endpoint& to, TimePoint now, Sink& sink);
    void streamEnded(const Endpoint& from, TimePoint now);

    /// Makes online whose names have reached the disk, ends sessions that are silent, tells what
    /// has changed, in slices.  Call after each batch, after Store::commit(), when the store has
    /// settled, and at nextDeadline().
    void tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    /// Says good-bye to some who are online; true while there are more.
    bool sayStopping(TimePoint now, Sink& sink);

    /// New knobs hold from now on; nobody is thrown out.
    void setPolicy(Policy policy);
    /// Who is online and no longer admitted is logged out.
    void setAdmitted(Admitted admitted, TimePoint now, Sink& sink);
    void setCalendar(WallTime calendar, TimePoint now);

    [[nodiscard]] const SealedCounters& counters() const { return counters_; }
    [[nodiscard]] const sealed::Transport& transport() const { return transport_; }
    [[nodiscard]] std::size_t userCount() const { return users_.size(); }
    [[nodiscard]] std::size_t nameCount() const { return owners_.size(); }
    /// Of what everybody has been told.
    [[nodiscard]] RosterVersion version() const { return told_; }

    // Neighbour: what the classic index asks and tells.
    [[nodiscard]] bool hasName(std::string_view name) const override;
    [[nodiscard]] std::optional<Endpoint> whereIs(std::string_view name) const override;
    [[nodiscard]] std::size_t online() const override { return users_.size(); }
    [[nodiscard]] std::size_t onlineAt(const Address& address) const override {
        return users_.usersAt(address);
    }
    std::size_t visit(std::size_t cursor, std::size_t most, const Each& each) const override;
    void otherCame(std::string_view name, const Endpoint& endpoint) override;
    void otherLeft(std::string_view name, const Endpoint& endpoint) override;
    [[nodiscard]] bool mayTell(const Address& source, std::size_t events) override;

private:
    // Session::owner: a user's row and 1, or one of these.
    static constexpr std::uint64_t kGuest = 0;
    static constexpr std::uint64_t kUnwelcome = ~std::uint64_t{0};
    static constexpr std::uint64_t kClaiming = kUnwelcome - 1;

    /// A login that is well-formed and confirmed, but whose name the disk does not have yet.
    struct Claim {
        NameTicket ticket;
        wire::SessionIndex session;
        sealed::Card card;
        Endpoint local;
        std::optional<wire::PingBytes> ping;  // to be answered when it has
    };
    /// A roster on its way over TCP.
    struct Walk {
        wire::SessionIndex session = 0;
        bool isAsked = false;
        RosterVersion version = 0;
        std::size_t sealed = 0;  // cursors; 0: done
        std::size_t classic = 0;
    };
    struct Refused {
        Refusal why;
        wire::Reject told;
    };

    // sealed::TransportEvents
    sealed::Answer introduced(const sealed::Introduction& introduction, TimePoint now) override;
    void confirmed(wire::SessionIndex session, const sealed::Card& peer, const wire::Records& early,
                   TimePoint now, Sink& sink) override;
    void established(wire::SessionIndex, const sealed::Card&, const wire::Records&, TimePoint,
                     Sink&) override {}
    void unanswered(wire::SessionIndex, TimePoint, Sink&) override {}
    void cardRefreshed(wire::SessionIndex, const sealed::Card&) override {}
    bool answersPing(wire::SessionIndex session, const wire::PingBytes& ping) override;
    void received(wire::SessionIndex session, const wire::Records& records, std::uint64_t counter,
                  TimePoint now, Sink& sink) override;
    void moved(wire::SessionIndex session, const Destination& to, TimePoint now,
               Sink& sink) override;
    void rekeyDue(wire::SessionIndex, TimePoint, Sink&) override {}
    void closed(wire::SessionIndex session, std::uint64_t owner, sealed::Ending why,
                wire::CloseCode code, std::string_view text, TimePoint now, Sink& sink) override;
    void keyRotated(const sealed::Card&, TimePoint, Sink&) override {}
    void keyRetired(std::uint32_t) override {}

    // Logins.
    [[nodiscard]] std::optional<sealed::IdentityKey> ownerOf(std::string_view name) const;
    [[nodiscard]] std::optional<Refused> refusalOf(const sealed::Card& card) const;
    [[nodiscard]] std::optional<Refused> loginRefusal(const wire::SealedLogin& login,
                                                      const sealed::Card& card,
                                                      const Destination& from) const;
    [[nodiscard]] std::string acceptAt(const Endpoint& observed) const;
    void login(wire::SessionIndex session, const sealed::Card& card, const wire::SealedLogin& login,
               TimePoint now, Sink& sink);
    [[nodiscard]] bool wasOvertaken(wire::SessionIndex session, std::string_view name) const;
    [[nodiscard]] bool claimAgain(wire::SessionIndex session, const sealed::Card& card,
                                  const Endpoint& local);
    void claim(wire::SessionIndex session, const sealed::Card& card, const Endpoint& local,
               TimePoint now);
    void settleClaims(TimePoint now, Sink& sink);
    void goOnline(wire::SessionIndex session, const sealed::Card& card, const Endpoint& local,
                  Trust trust, TimePoint now, Sink& sink);
    void takeOver(Row row, wire::SessionIndex session, const sealed::Card& card, TimePoint now,
                  Sink& sink);
    void relocate(Row row, const Endpoint& observed);
    void leave(Row row, LogoutReason reason);
    void rotate(wire::SessionIndex session, BytesView card, TimePoint now);

    // Questions.
    void hear(wire::SessionIndex session, std::string_view line, TimePoint now, Sink& sink);
    void answerLookup(const wire::Lookup& question, Bytes& records);
    void answerSync(wire::SessionIndex session, RosterVersion have, TimePoint now, Sink& sink);
    void beginRoster(wire::SessionIndex session);
    bool mayAsk(wire::SessionIndex session, TimePoint now);
    void say(wire::SessionIndex session, const wire::SealedMessage& message, TimePoint now,
             Sink& sink);
    Bytes nextOfRoster(Walk& walk);

    // Telling.
    void changed(Row owner) { changes_.add(owner); }
    [[nodiscard]] std::string stateOf(std::string_view name) const;
    [[nodiscard]] std::size_t everybody() const;
    [[nodiscard]] bool tellsAll() const { return everybody() <= kPresenceAll; }
    [[nodiscard]] Duration tellingInterval() const;
    void beginTelling(TimePoint now);
    void tell(TimePoint now, Sink& sink);
    void showVersion();

    void refuse(Refusal why, const Endpoint& source);
    void happened(EventType type, Row row, Trust trust, std::string_view text);
    [[nodiscard]] std::int64_t calendarAt(TimePoint now) const;

    Policy policy_;
    Store& store_;
    Observer& observer_;
    Neighbour* neighbour_ = nullptr;
    std::uint16_t tcpPort_;
    TimePoint start_;
    WallTime calendarAtStart_;
    TimePoint now_;

    NameOwners owners_;
    Admitted admitted_;
    SealedUsers users_;
    std::deque<Claim> claims_;  // in order of tickets
    sealed::RateLimit questions_;
    std::map<Endpoint, Walk> walks_;  // as many as there are TCP connections

    Changes changes_;
    RosterVersion told_;        // the latest train leads to it
    TimePoint tellAt_;          // not before
    std::vector<Bytes> train_;  // while it is told
    Row toTell_ = 0;            // users below this row have not been told yet
    Row toStop_ = 0;
    bool isStopping_ = false;

    SealedCounters counters_;
    Bytes frame_;  // scratch
    sealed::Transport transport_;
};

}  // namespace im::index
