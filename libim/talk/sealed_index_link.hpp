// SPDX-License-Identifier: BSL-1.0
// SealedIndexLink: one client's session with its index, over a Transport that it shares with the
// sessions to peers: login (a listener) or none (a sender), confirmation, keep-alive, presence,
// lookups, the roster over TCP, return after the index was lost, rekey, logout.
//
// The index's card is known and pinned when the link begins (IndexProbe, Pins); when it does not
// answer, it is asked for its card again: the same identity with a new K is gone on with, another
// identity ends the link (KeyChanged), and nothing overrides that.
//
// The owner has the Transport, and hands over the events of sessions for which owns() is true.
// Not thread-safe.
//
// The roster: takeRosterFetch() says when a TCP connection to the index is wanted.  The owner
// makes it and reports; what has to be written to it is takeRosterOutput(), behind every call.
// Frames for it go through a Sink of the link.  One that the Transport repeats (an index that is
// asked much leaves an INIT unanswered) comes to the owner's Sink with the path kRosterPath, and
// goes over the connection as well (RosterPathFilter).
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/base/name.hpp"
#include "libim/noise/random.hpp"
#include "libim/sealed/transport.hpp"
#include "libim/talk/index_probe.hpp"
#include "libim/talk/lookups.hpp"
#include "libim/talk/pins.hpp"
#include "libim/talk/sealed_limits.hpp"
#include "libim/talk/sealed_presence.hpp"
#include "libim/talk/timer.hpp"
#include "libim/wire/deframer.hpp"
#include "libim/wire/sealed_message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::talk {

inline constexpr PathId kRosterPath = 0xFFFF;

/// Parts what is for the connection of the roster from the rest.
class RosterPathFilter final : public Sink {
public:
    RosterPathFilter(Sink& to, Sink& roster) : to_(to), roster_(roster) {}
    void send(const Destination& to, BytesView payload) override {
        (to.via == kRosterPath ? roster_ : to_).send(to, payload);
    }
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override {
        to_.fanOut(payloads, to);
    }

private:
    Sink& to_;
    Sink& roster_;
};

/// What the index says of somebody.
struct FoundPeer {
    std::string name;
    wire::UserFlags flags;
    std::optional<sealed::Card> card;  ///< verified for this index and name; none: classic only
    Endpoint observed;
    Endpoint local;
    std::uint32_t handle = 0;
};

enum class NotFound : std::uint8_t {
    Offline,   ///< the name has an owner
    Unknown,   ///< nobody ever had it
    Refused,   ///< too many questions
    NoAnswer,  ///< the index is silent
};

class IndexLinkEvents {
public:
    IndexLinkEvents() = default;
    IndexLinkEvents(const IndexLinkEvents&) = delete;
    IndexLinkEvents& operator=(const IndexLinkEvents&) = delete;
    virtual ~IndexLinkEvents() = default;

    virtual void found(const FoundPeer& peer, TimePoint now, Sink& sink) = 0;
    virtual void notFound(std::string_view name, NotFound why, TimePoint now, Sink& sink) = 0;
    /// Before notFound(): whose the name is, who is offline.
    virtual void owned(std::string_view name, const noise::IdentityKey& identity, TimePoint now,
                       Sink& sink);
};

inline void IndexLinkEvents::owned(std::string_view /*name*/,
                                   const noise::IdentityKey& /*identity*/, TimePoint /*now*/,
                                   Sink& /*sink*/) {}

class SealedIndexLink {
public:
    enum class State : std::uint8_t {
        Idle,
        Connecting,
        Online,      ///< a login: confirmed.  Without one: a session is there
        Lost,        ///< was online; tries again by itself
        Refused,     ///< `reject`, see refusal(); or closed for good (`denied`)
        Silent,      ///< no answer within the patience
        KeyChanged,  ///< answers under another identity than the pinned one
        Replaced,    ///< another process of this identity has logged in
        LoggedOut,
    };

    struct Options {
        Name self;
        bool login = true;
        Endpoint local;  ///< told to peers behind the same translator; 0.0.0.0:0 to hide it
        Destination index;
        Duration patience = std::chrono::seconds(5);
        std::uint64_t seed = 0;  ///< of jitter
        bool rosterFirst = false;
        bool wantsRoster = true;  ///< fetches it when it comes online; without a login, too
    };

    /// `transport`, `random`, `pins` and `events` outlive the object; the transport's holder has
    /// the card's identity as X.
    SealedIndexLink(Options options, sealed::Card index, sealed::Transport& transport,
                    noise::Random& random, Pins& pins, IndexLinkEvents& events);

    /// Begins.  REQUIRES: Idle, or an end.
    void start(TimePoint now, Sink& sink);
    /// Goes on with a login that a session file tells of, knowing who was online then: never
    /// Silent, but Lost, and trying again.  REQUIRES: Idle.
    void adopt(const Contacts& known, TimePoint now, Sink& sink);
    /// `logout` and CLOSE where a login is held; nothing the second time.
    void logout(TimePoint now, Sink& sink);
    /// Leaves without a word: the login stays until its lease ends.
    void abandon() { finish(State::LoggedOut); }

    /// Asks who that is; ends with found() or notFound(), also when there is no session yet.
    void lookup(std::string_view name, TimePoint now, Sink& sink);
    /// K is another one now: the index is told until it says that it knows.
    void cardChanged(TimePoint now, Sink& sink);

    // Every datagram, before the transport: true when it was an answer to a hello.
    bool receive(const Datagram& datagram, TimePoint now, Sink& sink);
    void tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    // From the transport's events, for sessions that owns() says are ours.

    [[nodiscard]] bool owns(wire::SessionIndex session) const;
    void established(wire::SessionIndex session, const wire::Records& records, TimePoint now,
                     Sink& sink);
    void unanswered(wire::SessionIndex session, TimePoint now, Sink& sink);
    void cardRefreshed(const sealed::Card& card);
    void received(wire::SessionIndex session, const wire::Records& records, TimePoint now,
                  Sink& sink);
    void rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink);
    void closed(wire::SessionIndex session, sealed::Ending why, wire::CloseCode code,
                std::string_view text, TimePoint now, Sink& sink);

    // The roster over TCP.

    /// Where to connect to now, once per request.
    [[nodiscard]] std::optional<Endpoint> takeRosterFetch();
    void rosterConnected(TimePoint now);
    /// Bytes came.  False: close the connection.
    [[nodiscard]] bool rosterReceived(BytesView bytes, TimePoint now);
    /// The connection failed or ended.
    void rosterClosed(TimePoint now);
    [[nodiscard]] Sink& rosterSink() { return rosterSink_; }
    [[nodiscard]] Bytes takeRosterOutput() { return std::exchange(rosterSink_.out, {}); }
    /// Whether the connection, if there is one, has done its work.
    [[nodiscard]] bool rosterIsOver() const { return fetch_ != Fetch::UnderWay; }

    // What is known.

    [[nodiscard]] State state() const { return state_; }
    /// REQUIRES: state() == Refused.
    [[nodiscard]] const wire::Reject& refusal() const { return refusal_; }
    /// REQUIRES: state() == KeyChanged.
    [[nodiscard]] const noise::IdentityKey& changedKey() const { return changedKey_; }
    [[nodiscard]] const sealed::Card& indexCard() const { return card_; }
    [[nodiscard]] const wire::SealedAccept& accept() const { return accept_; }
    /// Where the index sees us.
    [[nodiscard]] const Endpoint& observed() const { return accept_.observed; }
    [[nodiscard]] const SealedPresence& presence() const { return presence_; }
    [[nodiscard]] SealedPresence& presence() { return presence_; }

private:
    enum class Fetch : std::uint8_t { None, Wanted, Asked, UnderWay };
    /// Takes nothing while there is no connection.
    struct RosterSink final : Sink {
        Bytes out;
        bool isOpen = false;
        void send(const Destination&, BytesView payload) override {
            if (isOpen) wire::appendFramed(out, payload);
        }
        void fanOut(std::span<const BytesView>, std::span<const Destination>) override {}
    };

    void connect(TimePoint now, Sink& sink);
    void finish(State state);
    void sayGoodbye(TimePoint now, Sink& sink);
    void refuse(wire::Reject why, TimePoint now, Sink& sink);
    void comeOnline(TimePoint now, Sink& sink);
    void lose(std::string_view what, Duration retryIn, TimePoint now, Sink& sink);
    void revive(TimePoint now, Sink& sink);
    void retryLater(TimePoint now);
    [[nodiscard]] Duration returnSpread();
    [[nodiscard]] bool hasEnded() const;

    void ping(TimePoint now, Sink& sink);
    void startPings(TimePoint now, Sink& sink);
    void takePong(const wire::PongRecord& pong, TimePoint now, Sink& sink);
    void pingUnanswered(TimePoint now, Sink& sink);
    void sendText(std::string_view text, TimePoint now, Sink& sink);
    [[nodiscard]] bool isUsable(TimePoint now) const;
    void sendLookups(TimePoint now, Sink& sink);
    void syncTo(std::uint64_t to, TimePoint now, Sink& sink);
    void sync(TimePoint now, Sink& sink);

    void takeRecords(const wire::Records& records, TimePoint now, Sink& sink);
    void takeText(std::string_view text, const wire::Records& beside, TimePoint now, Sink& sink);
    void takeMessage(const wire::SealedMessage& message, const wire::Records& beside, TimePoint now,
                     Sink& sink);
    void takePeer(const wire::Peer& peer, const wire::Records& beside, TimePoint now, Sink& sink);
    void takeOwner(const wire::NameOwner& owner, TimePoint now, Sink& sink);
    void takeNone(const wire::NoPeer& none, TimePoint now, Sink& sink);
    void takeAccept(const wire::SealedAccept& accept);
    void takeProbed(const sealed::Card& card, TimePoint now, Sink& sink);
    void beSilent(TimePoint now, Sink& sink);
    void giveUpLookups(TimePoint now, Sink& sink);

    void wantRoster();
    void rosterFails(TimePoint now);
    void leaveRoster(TimePoint now);
    void takeRosterRecords(const wire::Records& records, TimePoint now);

    Options options_;
    sealed::Card card_;
    sealed::Transport& transport_;
    noise::Random& random_;
    Pins& pins_;
    IndexLinkEvents& events_;
    Jitter jitter_;
    IndexProbe probe_;
    SealedPresence presence_;
    Lookups lookups_;

    State state_ = State::Idle;
    wire::Reject refusal_;
    noise::IdentityKey changedKey_{};
    wire::SealedAccept accept_;
    wire::SessionIndex connecting_ = 0;
    wire::SessionIndex session_ = 0;
    wire::SessionIndex older_ = 0;  ///< superseded, still open for a while
    bool isConfirmed_ = false;      ///< the session, by a PONG
    bool isAdopted_ = false;
    bool isPeerCounting_ = true;  ///< lines behind the last delta count
    std::uint64_t syncTo_ = 0;    ///< the latest version heard of
    Timer sync_;                  ///< `sync` was sent: again then, if it did not help

    wire::PingBytes opaque_{};
    bool isPinging_ = false;
    bool isCardNews_ = false;  ///< the index has yet to hear of our new K
    bool pingCarriesCard_ = false;
    Duration pingGap_{};
    Timer ping_;    ///< the next PING, or the end of the patience for a PONG
    Timer silent_;  ///< Connecting: patience is over
    Timer doubt_;   ///< Connecting: ask for the card as well
    Timer retry_;   ///< the next attempt
    Duration retryGap_{};

    Fetch fetch_ = Fetch::None;
    wire::SessionIndex rosterSession_ = 0;
    wire::Deframer deframer_;
    RosterSink rosterSink_;
    Timer rosterStall_;
    Timer rosterAgain_;
    Duration rosterGap_{};
};

}  // namespace im::talk
