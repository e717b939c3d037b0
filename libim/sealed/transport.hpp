// SPDX-License-Identifier: BSL-1.0
// Transport: one party of the sealed profile.  Takes datagrams and the time; does the handshakes
// both ways, keeps the sessions, opens and seals BOXes, answers PINGs, follows a peer that moves,
// replaces K.  What records mean is its owner's business (TransportEvents).
//
// No socket, no clock, no thread; randomness is given.  Belongs to one loop.  An im::Protocol.
//
// In receiving, what is cheap is checked first: length, magic, version, type; for INIT mac1, the
// source's bucket, the token under load, the table of repetitions, two curve operations, the card.
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/noise/random.hpp"
#include "libim/sealed/acceptor.hpp"
#include "libim/sealed/connector.hpp"
#include "libim/sealed/path_validation.hpp"
#include "libim/sealed/session_keys.hpp"
#include "libim/sealed/session_table.hpp"
#include "libim/sealed/transport_events.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace im::sealed {

struct Settings {
    std::size_t maxSessions = 4'096;
    Acceptor::Limits accept;
    /// A session that is silent for so long ends; nothing: only by age.
    std::optional<Duration> idle;
};

/// What a listener and a sender use, and what an index does.
[[nodiscard]] Settings clientSettings();
[[nodiscard]] Settings indexSettings(std::size_t maxUsers);

/// How often each thing has happened to a datagram.
enum class Count : std::uint8_t {
    NotFrame,      ///< length, magic, version, type
    UnknownIndex,  ///< RESP, HINT or BOX for nobody here
    NotAuthentic,  ///< RESP or BOX: forged, damaged, repeated, too old
    NotFromThere,  ///< RESP, or first BOX, from where nothing had been sent to
    Full,          ///< a session that would be one too many
    Boxes,         ///< opened
};
inline constexpr std::size_t kCounts = static_cast<std::size_t>(Count::Boxes) + 1;

class Transport {
public:
    /// `random`, `events` and the identity of `holder` outlive the object.
    Transport(const Settings& settings, Holder holder, CardClock clock, noise::Random& random,
              TransportEvents& events, TimePoint now);
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    ~Transport() = default;

    // The protocol (im::Protocol).

    void receive(const Datagram& datagram, TimePoint now, Sink& sink);
    /// A frame that came over TCP; BOXes may be longer there.
    void receiveTcp(const Datagram& frame, TimePoint now, Sink& sink);
    void tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    // Handshakes.

    /// Begins a handshake with the holder of `peer` at any of the addresses, with `records` in
    /// the INIT (at most roomInInit()).  The index of the session-to-be; ends with established()
    /// or unanswered().  Nothing when it cannot begin (see Connector::begin).
    std::optional<wire::SessionIndex> connect(const Card& peer, std::span<const Destination> to,
                                              BytesView records, TimePoint now, Sink& sink);
    /// Another address for a handshake that is under way; nothing when it is not another.
    void alsoAt(wire::SessionIndex session, const Destination& to, TimePoint now, Sink& sink);
    /// Gives a handshake up; no event follows.
    void cancel(wire::SessionIndex session) { connector_.cancel(session); }
    [[nodiscard]] std::size_t roomInInit() const;

    /// Judges the INITs again that had to wait for that identity.
    void reconsider(const IdentityKey& sender, TimePoint now, Sink& sink);
    /// Answers a `hello` with a HINT (an index only).
    void answerHello(wire::SessionIndex index, const Destination& from, TimePoint now, Sink& sink);

    // Sessions.  A session is here from established() or confirmed() on until closed().

    [[nodiscard]] const Session* session(wire::SessionIndex index) const;
    void setOwner(wire::SessionIndex session, std::uint64_t owner);

    /// Seals `records` into a BOX and sends it to the peer.  False when there is no such session.
    /// REQUIRES: a frame of at most kMaxUdpPayload (between peers kMaxPeerFrame), over TCP
    /// kMaxTcpFrame.
    bool send(wire::SessionIndex session, BytesView records, TimePoint now, Sink& sink);
    /// The same in two steps, for trains: appends the BOX to `out` and says where it goes.
    std::optional<Destination> seal(wire::SessionIndex session, BytesView records, TimePoint now,
                                    Bytes& out);
    /// Sends a PING; its PONG comes with received().
    bool ping(wire::SessionIndex session, const wire::PingBytes& opaque, TimePoint now, Sink& sink);
    /// Sends CLOSE and forgets the session.  No event follows.
    void close(wire::SessionIndex session, wire::CloseCode code, std::string_view text,
               TimePoint now, Sink& sink);
    /// It has a successor: it ends kSessionOverlap from now.
    void supersede(wire::SessionIndex session, TimePoint now);

    // Keys.

    [[nodiscard]] const SessionKeys& keys() const { return keys_; }
    [[nodiscard]] CardClock& clock() { return keys_.clock(); }
    /// A new K now: the table of streams is full, for instance.
    void rotateKey(TimePoint now, Sink& sink);

    /// What a PONG says; 0 between peers.
    void setRosterVersion(std::uint64_t version) { rosterVersion_ = version; }
    [[nodiscard]] std::uint64_t rosterVersion() const { return rosterVersion_; }

    /// Settings::idle from now on.
    void setIdle(std::optional<Duration> idle) { settings_.idle = idle; }

    [[nodiscard]] std::size_t sessions() const { return table_.size(); }
    [[nodiscard]] std::size_t unconfirmed() const { return acceptor_.unconfirmed(); }
    [[nodiscard]] std::size_t storedAnswers() const { return acceptor_.stored(); }
    [[nodiscard]] const Acceptor::Counters& inits() const { return acceptor_.counters(); }
    [[nodiscard]] std::size_t candidates() const { return paths_.size(); }
    [[nodiscard]] std::uint64_t count(Count what) const {
        return counts_[static_cast<std::size_t>(what)];
    }

private:
    struct Arrival {
        const wire::BoxFrame& box;
        Destination from;
        std::size_t bytes;
    };

    void take(const Datagram& datagram, std::size_t maxBox, TimePoint now, Sink& sink);
    void takeResp(const wire::RespFrame& resp, const Destination& from, TimePoint now, Sink& sink);
    void takeHint(const wire::HintFrame& hint, const Destination& from, TimePoint now, Sink& sink);
    void takeBox(const Arrival& arrival, TimePoint now, Sink& sink);
    void takeFirstBox(Unconfirmed& unconfirmed, const Arrival& arrival, TimePoint now, Sink& sink);
    void takeRecords(const Arrival& arrival, TimePoint now, Sink& sink);
    void followPeer(Session& session, const Arrival& arrival, bool newest, TimePoint now,
                    Sink& sink);
    void answerPing(const wire::PingRecord& ping, const Arrival& arrival, TimePoint now,
                    Sink& sink);
    void takePong(const wire::PongRecord& pong, const Arrival& arrival, TimePoint now, Sink& sink);
    void sendTo(wire::SessionIndex session, const Destination& to, BytesView records, TimePoint now,
                Sink& sink);
    void end(wire::SessionIndex session, Ending why, wire::CloseCode code, std::string_view text,
             TimePoint now, Sink& sink);
    void sweep(TimePoint now, Sink& sink);
    [[nodiscard]] wire::SessionIndex drawIndex();
    [[nodiscard]] Duration drawRekey();
    void add(Count what) { ++counts_[static_cast<std::size_t>(what)]; }

    Settings settings_;
    noise::Random& random_;
    TransportEvents& events_;
    SessionKeys keys_;
    Connector connector_;
    Acceptor acceptor_;
    SessionTable table_;
    PathValidation paths_;
    TimePoint nextSweep_;
    std::uint64_t rosterVersion_ = 0;
    Bytes opened_;  // records of the BOX in hand
    std::array<std::uint64_t, kCounts> counts_{};
};

}  // namespace im::sealed
