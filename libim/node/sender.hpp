// SPDX-License-Identifier: BSL-1.0
// Sender: gets a classic message to the people it is for.  All decisions of imsend between
// "to bob" and an exit status: where bob is (the session's roster, else the index, once), what a
// refusal means, when to look again.  What it needs of the world it asks SenderWorld, so that a
// test is the world.  Not thread-safe.  Free of POCO.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/base/error.hpp"
#include "libim/base/time.hpp"
#include "libim/net/one_shot_udp.hpp"
#include "libim/net/roster_fetch.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace im::node {

/// `--commas`: a .NET client shows a text only up to its first comma; Wide sends U+FF0C instead.
enum class Commas : std::uint8_t { Keep, Wide };

/// The datagram `talk,TIME,SENDER,TEXT`.  Throws Error(Data) when `text` is not valid UTF-8 or
/// longer than wire::kMaxTalkUnits.  `sender` is an im::Name, `time` has no comma.
[[nodiscard]] Bytes talkDatagram(std::string_view time, std::string_view sender,
                                 std::string_view text, Commas commas);

/// To whom: a user, found by name, or with a `host` the endpoint to send to.
struct Target {
    std::string user;
    std::string host;  ///< name or literal, not resolved; empty: find `user`
    std::uint16_t port = 0;

    friend bool operator==(const Target&, const Target&) = default;
    friend bool operator<(const Target& a, const Target& b) {
        return std::tie(a.user, a.host, a.port) < std::tie(b.user, b.host, b.port);
    }
};

/// What came of one message to one target.
struct SendReport {
    enum class Result : std::uint8_t {
        Sent,     ///< handed to the network and not refused
        Unknown,  ///< not on the index's roster (67)
        Refused,  ///< nobody listens there, or no way leads there (69)
        Timeout,  ///< not known here, and the index does not answer (69)
        NoHost,   ///< the host of user@host:port does not resolve (68)
    };
    Result result = Result::Sent;
    std::optional<Endpoint> endpoint;  ///< where it was tried last
    std::string why;                   ///< "no such user", "refused"; empty when Sent
    std::string hint;
    /// An earlier message to this target, reported as Sent, turned out to have been refused.
    bool earlierRefused = false;

    [[nodiscard]] int status() const;  ///< the exit status it stands for, 0 or 67 to 69
};

/// What a Sender asks of the world.
class SenderWorld {
public:
    using Roster = net::RosterFetch::Outcome;

    SenderWorld() = default;
    SenderWorld(const SenderWorld&) = delete;
    SenderWorld& operator=(const SenderWorld&) = delete;
    virtual ~SenderWorld() = default;

    virtual TimePoint now() = 0;
    /// Where the session's roster has `user`, as it is by now.  Throws as SessionFile::find().
    virtual std::optional<Endpoint> cached(const std::string& user) = 0;
    /// Asks the index, as long as its patience lasts; the reason in words when it is silent or
    /// when there is none to ask.
    virtual Roster askIndex() = 0;
    /// Throws Error(NoHost).
    virtual Endpoint resolve(const std::string& host, std::uint16_t port) = 0;

    struct Handed {
        net::Delivery delivery = net::Delivery::Sent;
        net::Delivery earlier = net::Delivery::Sent;  ///< OneShotUdp::takeLateRefusal()
    };
    /// Hands a datagram to the network; does not wait for refusals.
    virtual Handed deliver(const Endpoint& to, BytesView datagram) = 0;
    /// Waits a little, once for all, for refusals of what was last delivered to each of `to`.
    virtual std::vector<net::Delivery> settle(std::span<const Endpoint> to) = 0;
};

class Sender {
public:
    /// A user who was found is looked up again after this long: people move while a stream of
    /// messages goes on for days, and this is dear next to a send but not next to a second.
    static constexpr Duration kLookAgain = std::chrono::seconds(1);
    /// What the index said counts for this long, and that it was silent for this long: a stream
    /// of lines to an absent user asks once a second, and does not wait at each line.
    static constexpr Duration kAskAgain = std::chrono::seconds(1);
    static constexpr Duration kSilenceCounts = std::chrono::seconds(10);

    /// Of so many targets the sender remembers where they are.
    static constexpr std::size_t kMostPeers = 10'000;

    /// `world` outlives the sender.
    explicit Sender(SenderWorld& world) : world_(world) {}

    /// Sends `datagram` to each of `to` and says what came of it, in that order.  A user whose
    /// endpoint refuses it is asked for at the index, and gets it again where he is found
    /// somewhere else.  `wait`: also wait a little for refusals from other hosts; a stream waits
    /// only when it has nothing more to send at once.
    [[nodiscard]] std::vector<SendReport> send(std::span<const Target> to, BytesView datagram,
                                               bool wait);

    /// Where it would go; nothing is sent.
    [[nodiscard]] SendReport locate(const Target& target);

private:
    struct Peer {
        std::optional<Endpoint> endpoint;
        std::optional<TimePoint> lookedAt;
        bool fromIndex = false;
        /// What the session said when the index knew better: not to be believed again.
        std::optional<Endpoint> outdated;
    };
    /// One message on its way to one target.
    struct Sending {
        const Target& target;
        Peer& peer;
        SendReport report;
    };

    void locate(Sending& sending);
    void lookUp(const std::string& user, Peer& peer);
    [[nodiscard]] std::optional<Endpoint> findAtIndex(const std::string& user);
    void deliver(Sending& sending, BytesView datagram);
    [[nodiscard]] bool hasMoved(Sending& sending);
    void settle(std::vector<Sending>& sendings, BytesView datagram);

    SenderWorld& world_;
    std::map<Target, Peer> peers_;
    std::optional<SenderWorld::Roster> roster_;
    TimePoint askedAt_;
};

}  // namespace im::node
