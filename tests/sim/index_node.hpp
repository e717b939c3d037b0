// SPDX-License-Identifier: BSL-1.0
// Indexes on the simulated network: our ClassicIndex with a store that survives it, and a model
// of the .NET server, true to its faults.
#pragma once

#include "libim/index/classic_index.hpp"
#include "libim/index/store.hpp"
#include "libim/talk/contacts.hpp"
#include "libim/wire/message.hpp"
#include "tests/support/sim_network.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace im::sim {

/// What was committed survives the index, what was not is lost with it.
class CrashingStore final : public index::Store {
public:
    std::size_t size() override { return users_.size(); }
    void follow(
        const std::function<void(index::StoreKey, const index::StoredUser&)>& each) override;
    index::StoreKey put(const index::StoredUser& user) override;
    void drop(index::StoreKey key) override;
    std::size_t nameCount() override { return names_.size(); }
    void followNames(const std::function<void(const index::NameOwner&)>& each) override;
    index::NameTicket claim(const index::NameOwner& owner) override;
    index::NameTicket release(const Name& name) override;
    index::NameTicket keptNames() const override { return keptNames_; }
    void commit() override;
    bool settled() const override { return !isDirty_; }
    void settle() override { commit(); }
    index::StoreFigures figures() const override { return {}; }

    /// The process dies, its disk does not.
    void crash();
    /// The disk dies as well.
    void wipe();

private:
    std::map<index::StoreKey, index::StoredUser> users_;
    std::map<index::StoreKey, index::StoredUser> committed_;
    std::map<Name, index::NameOwner> names_;
    std::map<Name, index::NameOwner> committedNames_;
    index::NameTicket tickets_ = 0;
    index::NameTicket keptNames_ = 0;
    index::StoreKey nextKey_ = 1;
    bool isDirty_ = false;
};

/// Something that users log in at.  On the network from construction to destruction.
class IndexNode : public Node {
public:
    using Users = talk::Contacts::Map;

    /// Who is online as this index has it; of several entries of a name the last one.
    [[nodiscard]] virtual Users users() = 0;
    /// Throws Broken when something does not hold.
    virtual void check() = 0;
};

class OurIndexNode final : public IndexNode, private index::Observer {
public:
    struct Options {
        Endpoint endpoint;
        std::uint16_t tcpPort;
        index::Policy policy;
    };
    OurIndexNode(Network& network, const Options& options, CrashingStore& store);
    ~OurIndexNode() override;

    void receive(const Datagram& datagram, TimePoint now, Sink& sink) override;
    void tick(TimePoint now, Sink& sink) override;
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const override;
    void unreachable(const Endpoint& to, TimePoint now) override;

    [[nodiscard]] Users users() override;
    void check() override;

private:
    class Guard;

    void happened(const Event& /*event*/) override {}
    void refused(index::Refusal /*why*/, const Endpoint& /*source*/) override {}

    Network& network_;
    Options options_;
    index::ClassicIndex index_;
    /// Logins that claimed an address, less the answers sent there; until it has fetched a roster.
    std::map<Address, int> credit_;
    std::set<Address> proven_;
};

/// The .NET server as doc/protocol.md describes it: reads the third field before the verb and is
/// deaf for ever when it cannot; appends every login; logs out by name, skipping every second of
/// adjacent entries.
class DotNetIndexNode final : public IndexNode {
public:
    DotNetIndexNode(Network& network, const Endpoint& endpoint, std::uint16_t tcpPort);
    ~DotNetIndexNode() override;

    void receive(const Datagram& datagram, TimePoint now, Sink& sink) override;
    void tick(TimePoint /*now*/, Sink& /*sink*/) override {}
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const override { return {}; }

    [[nodiscard]] Users users() override;
    void check() override;

private:
    void login(const std::vector<std::string>& fields, const Endpoint& endpoint, BytesView datagram,
               Sink& sink);
    void logout(const std::vector<std::string>& fields, BytesView datagram, Sink& sink);
    void relay(const std::string& name, BytesView datagram, Sink& sink);

    Network& network_;
    Endpoint endpoint_;
    std::uint16_t tcpPort_;
    std::vector<std::pair<std::string, Endpoint>> list_;
    bool isDeaf_ = false;
};

}  // namespace im::sim
