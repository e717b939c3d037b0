// SPDX-License-Identifier: BSL-1.0
// ListenerNode: the real ClassicListener on the simulated network, with a reader who looks at
// every event and throws Broken when one cannot be.
#pragma once

#include "libim/talk/classic_listener.hpp"
#include "tests/sim/facts.hpp"
#include "tests/support/sim_network.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace im::sim {

/// Text of a talk that claims a sender who did not send it.
inline constexpr std::string_view kForgedText = "forged";

class ListenerNode final : public ProtocolNode<talk::ClassicListener> {
public:
    using State = talk::ClassicListener::State;
    using Users = talk::Contacts::Map;

    /// On the network from now on, until destroyed.
    ListenerNode(Network& network, const Facts& facts, talk::ClassicListener::Options options);
    ~ListenerNode() override;

    void login();
    /// With the session that another one left.
    void adopt(std::uint16_t tcpPort, const Users& contacts);
    void logout();

    void receive(const Datagram& datagram, TimePoint now, Sink& sink) override;
    void endTurn(TimePoint now) override;

    [[nodiscard]] State state() const { return listener_.state(); }
    [[nodiscard]] const talk::ClassicListener& listener() const { return listener_; }
    [[nodiscard]] const Endpoint& endpoint() const { return options_.local; }
    [[nodiscard]] const std::string& user() const { return options_.self.str(); }

    /// When nothing is under way: what the reader knows is what the listener knows.
    void checkReader() const;

private:
    void look();
    void read(const Event& event);
    void readPresence(const Event& event);
    void readServer(const Event& event);
    [[nodiscard]] bool isListening() const;

    Network& network_;
    const Facts& facts_;
    talk::ClassicListener::Options options_;
    talk::ClassicListener listener_;

    Users reader_;  ///< whom the reader believes online
    bool readerKnowsAll_ = false;
    bool lost_ = false;
    std::size_t talksHeard_ = 0;
    std::size_t talksTold_ = 0;
};

}  // namespace im::sim
