// SPDX-License-Identifier: BSL-1.0
// A simulated network: nodes with endpoints, datagrams that get lost, repeated, delayed past one
// another and damaged, TCP fetches that take their time or fail, hosts that are cut off.  Time is
// the network's own; everything follows from the seed, so that a run can be repeated.
//
// The protocols are the real ones: im::Protocol is all they need.
#pragma once

#include "libim/base/datagram.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace im::sim {

using namespace std::chrono_literals;

/// Chances are 0 to 1.  Datagrams overtake one another when their delays differ.
struct Weather {
    double loss = 0;
    double repeat = 0;
    double damage = 0;  ///< a bit of it is turned over
    Duration delayLeast = 1ms;
    Duration delayMost = 5ms;
    double fetchFailure = 0;
    Duration fetchLeast = 1ms;  ///< of the way to the server, and again of the way back
    Duration fetchMost = 20ms;
};

/// A program on the network.
class Node {
public:
    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    virtual ~Node() = default;

    virtual void receive(const Datagram& datagram, TimePoint now, Sink& sink) = 0;
    virtual void tick(TimePoint now, Sink& sink) = 0;
    [[nodiscard]] virtual std::optional<TimePoint> nextDeadline() const = 0;

    /// At the end of every turn in which something happened to the node.
    virtual void endTurn(TimePoint /*now*/) {}
    /// Something sent to `to` came to a host where nobody listens at that port.
    virtual void unreachable(const Endpoint& /*to*/, TimePoint /*now*/) {}
};

/// A Protocol as a Node.
template <Protocol P>
class ProtocolNode : public Node {
public:
    explicit ProtocolNode(P& protocol) : protocol_(protocol) {}
    void receive(const Datagram& datagram, TimePoint now, Sink& sink) override {
        protocol_.receive(datagram, now, sink);
    }
    void tick(TimePoint now, Sink& sink) override { protocol_.tick(now, sink); }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const override {
        return protocol_.nextDeadline();
    }

private:
    P& protocol_;
};

class Network {
public:
    /// How long a fetch from a host that is cut off takes to fail.
    static constexpr Duration kFetchTimeout = 10s;
    /// So many turns at one instant are a node that spins.
    static constexpr int kMostTurns = 100'000;

    explicit Network(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] TimePoint now() const { return now_; }
    [[nodiscard]] std::mt19937_64& random() { return random_; }
    [[nodiscard]] bool chance(double probability);
    [[nodiscard]] Duration between(Duration least, Duration most);

    void setWeather(const Weather& weather) { weather_ = weather; }
    /// Nothing gets to or from the host, until it is joined again.
    void cut(const Address& host) { cut_.insert(host); }
    void join(const Address& host) { cut_.erase(host); }

    /// `node` is borrowed until detach().  REQUIRES: nobody is at `endpoint`.
    void attach(const Endpoint& endpoint, Node& node);
    /// What is under way to the node is lost.  Not from within one of its own calls.
    void detach(const Endpoint& endpoint);
    [[nodiscard]] bool isAttached(const Endpoint& endpoint) const;

    /// Lets a node do something now, and send by the sink.  REQUIRES: attached.
    void act(const Endpoint& who, const std::function<void(Sink&)>& what);
    /// Something happens in `delay`.
    void later(Duration delay, std::function<void()> what);
    /// A datagram from anywhere, be it true or not.
    void inject(const Endpoint& from, const Endpoint& to, BytesView payload);

    /// Who answers TCP connections to `endpoint`: gives the bytes, or nothing to close at once.
    using Server = std::function<std::shared_ptr<const std::string>(const Address& from)>;
    void serve(const Endpoint& endpoint, Server server) { servers_[endpoint] = std::move(server); }
    void stopServing(const Endpoint& endpoint) { servers_.erase(endpoint); }
    /// Fetches what `server` has; `done` gets it, or nothing, as an act of `client`.
    using Fetched = std::function<void(const std::optional<std::string>& bytes, Sink& sink)>;
    void fetch(const Endpoint& client, const Endpoint& server, const Fetched& done);

    /// Is told of every datagram as it is sent, whatever becomes of it.
    using Watch = std::function<void(const Endpoint& from, const Endpoint& to, BytesView payload)>;
    void watch(Watch watch) { watch_ = std::move(watch); }

    /// Time goes by.  Throws std::runtime_error when it stands still because a node always has
    /// more to do at once.
    void run(Duration time);

    [[nodiscard]] std::uint64_t sentCount() const { return sent_; }
    /// Differs when two runs differ.
    [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }

private:
    class Outlet;

    using Payload = std::shared_ptr<const Bytes>;
    struct Packet {
        Endpoint from;
        Endpoint to;
        Payload payload;
    };
    struct Wake {
        Endpoint who;
        std::uint64_t generation;
    };
    using Action = std::function<void()>;
    struct Item {
        TimePoint at;
        std::uint64_t order;
        std::variant<Packet, Wake, Action> what;
    };
    struct Later {
        bool operator()(const Item& a, const Item& b) const {
            return a.at != b.at ? a.at > b.at : a.order > b.order;
        }
    };
    struct Slot {
        Node* node = nullptr;
        std::uint64_t attachment = 0;
        std::uint64_t generation = 0;
        std::optional<TimePoint> wakeAt = {};
    };

    void push(TimePoint at, std::variant<Packet, Wake, Action> what);
    [[nodiscard]] Item pop();
    void send(const Endpoint& from, const Endpoint& to, const Payload& payload);
    void launch(const Packet& packet);
    [[nodiscard]] Payload damaged(const Bytes& payload);
    void happen(Packet& packet);
    void happen(Wake& wake);
    void happen(Action& action);
    void bounce(const Packet& packet);
    void reply(const Endpoint& client, std::uint64_t attachment, const Fetched& done,
               const std::optional<std::string>& bytes);
    void turn();
    void endTurn(const Endpoint& who, Slot& slot);
    [[nodiscard]] bool isCut(const Endpoint& a, const Endpoint& b) const;
    [[nodiscard]] bool isHost(const Address& address) const;

    std::mt19937_64 random_;
    Weather weather_;
    TimePoint now_{1h};
    std::uint64_t order_ = 0;
    std::uint64_t attachments_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t fingerprint_ = 0;
    std::vector<Item> queue_;  ///< a heap: the earliest in front
    std::map<Endpoint, Slot> nodes_;
    std::set<Endpoint> busy_;  ///< something happened to them this turn
    std::map<Endpoint, Server> servers_;
    std::set<Address> hosts_;
    std::set<Address> cut_;
    Watch watch_;
};

}  // namespace im::sim
