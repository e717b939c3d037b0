// SPDX-License-Identifier: BSL-1.0
// World: an index, its users, the network between them, and what befalls them, all from one seed.
#pragma once

#include "tests/sim/facts.hpp"
#include "tests/sim/index_node.hpp"
#include "tests/sim/listener_node.hpp"
#include "tests/support/sim_network.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace im::sim {

struct Plan {
    std::size_t users = 10;
    Weather weather = {};
    Duration busy = 90s;  ///< how long things happen
    bool isDotNet = false;
    index::Confirm confirm = index::Confirm::Off;
    // What happens besides logging in and talking:
    bool comeAndGo = false;       ///< users log out, die, come back, adopt their session
    bool restartKeeping = false;  ///< the index dies and comes back with its store
    bool restartLosing = false;   ///< and without
    bool cutHosts = false;
    bool forge = false;  ///< somebody sends what is not his to send
};

class World {
public:
    World(std::uint64_t seed, const Plan& plan);
    ~World();

    /// Everything that the plan has, then calm weather for as long as it takes to settle, then
    /// checkAgreement().  Throws Broken.
    void run();

    [[nodiscard]] std::uint64_t fingerprint() const { return network_.fingerprint(); }
    [[nodiscard]] std::uint64_t datagrams() const { return network_.sentCount(); }

private:
    struct User {
        Name name;
        Address host;
        std::unique_ptr<ListenerNode> node;
        std::optional<ListenerNode::Users> session;  ///< of one that died
        Endpoint lastEndpoint;
    };

    // What happens.
    void startIndex();
    void stopIndex(bool keepsStore);
    void arrive();
    void stir();
    void something();
    void disturb();
    void comeOrGo(User& user);
    void start(User& user);
    void adopt(User& user);
    void leave(User& user);
    void die(User& user);
    void cutOff(const Address& host);
    void talk(User& from, User& to);
    void forge(User& victim, User& other);
    void forgeToIndex(User& victim);
    void retrySilent();

    // What must hold.
    void watch(const Endpoint& to, const Endpoint& from, BytesView payload);
    void checkAgreement();

    [[nodiscard]] talk::ClassicListener::Options optionsOf(const User& user,
                                                           const Endpoint& endpoint);
    [[nodiscard]] Endpoint freshEndpoint(const User& user);
    [[nodiscard]] User& anybody();
    [[nodiscard]] std::size_t below(std::size_t count);
    void inject(const Endpoint& from, const Endpoint& to, const std::string& text);

    Plan plan_;
    Network network_;
    Facts facts_;
    CrashingStore store_;
    std::vector<User> users_;
    std::unique_ptr<IndexNode> index_;
    std::uint16_t tcpPort_ = 4700;
    std::uint16_t nextPort_ = 5000;
    int ghosts_ = 0;
    bool isBusy_ = true;
};

}  // namespace im::sim
