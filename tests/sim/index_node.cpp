// SPDX-License-Identifier: BSL-1.0
#include "tests/sim/index_node.hpp"

#include "libim/wire/classic_codec.hpp"
#include "libim/wire/roster.hpp"
#include "libim/wire/utf16.hpp"
#include "tests/sim/broken.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace im::sim {

namespace {

/// From where nobody logs in.
const Address kOnlooker = Address::v4({10, 250, 0, 1});

index::HostFacts factsOf(const OurIndexNode::Options& options) {
    return {.localAddresses = {options.endpoint.address},
            .broadcastAddresses = {},
            .servedEndpoints = {options.endpoint},
            .tcpPort = options.tcpPort};
}

std::vector<std::string> fieldsOf(BytesView datagram) {
    const std::string text = wire::utf8FromUtf16le(datagram);
    std::vector<std::string> fields(1);
    for (char c : text) {
        if (c == ',')
            fields.emplace_back();
        else
            fields.back() += c;
    }
    return fields;
}

}  // namespace

// CrashingStore ----------------------------------------------------------------------------

void CrashingStore::follow(
    const std::function<void(index::StoreKey, const index::StoredUser&)>& each) {
    for (const auto& [key, user] : users_) each(key, user);
}

index::StoreKey CrashingStore::put(const index::StoredUser& user) {
    users_.emplace(nextKey_, user);
    isDirty_ = true;
    return nextKey_++;
}

void CrashingStore::commit() {
    if (!std::exchange(isDirty_, false)) return;
    committed_ = users_;
    committedNames_ = names_;
    keptNames_ = tickets_;
}

void CrashingStore::followNames(const std::function<void(const index::NameOwner&)>& each) {
    for (const auto& [name, owner] : names_) each(owner);
}

index::NameTicket CrashingStore::claim(const index::NameOwner& owner) {
    isDirty_ = true;
    names_.emplace(owner.name, owner);
    return ++tickets_;
}

index::NameTicket CrashingStore::release(const Name& name) {
    isDirty_ = true;
    names_.erase(name);
    return ++tickets_;
}

void CrashingStore::crash() {
    users_ = committed_;
    names_ = committedNames_;
    isDirty_ = false;
    // Tickets are of one run; what died uncommitted has none that counts.
    tickets_ = 0;
    keptNames_ = 0;
}

void CrashingStore::wipe() {
    users_.clear();
    committed_.clear();
    names_.clear();
    committedNames_.clear();
}

void CrashingStore::drop(index::StoreKey key) {
    users_.erase(key);
    isDirty_ = true;
}

// OurIndexNode -----------------------------------------------------------------------------

/// Lets through what may be sent: to an address that has not shown that it is one, nothing but
/// one answer for each login that claimed it (T2).
class OurIndexNode::Guard final : public Sink {
public:
    Guard(OurIndexNode& index, Sink& sink) : index_(index), sink_(sink) {}

    void send(const Destination& to, BytesView payload) override {
        check(to, payload);
        sink_.send(to, payload);
    }
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override {
        for (const Destination& one : to)
            for (BytesView payload : payloads) check(one, payload);
        sink_.fanOut(payloads, to);
    }

private:
    void check(const Destination& to, BytesView payload) {
        if (index_.options_.policy.confirm != index::Confirm::Tcp) return;
        if (index_.proven_.contains(to.to.address)) return;
        const auto message = wire::decodeClassic(payload);
        require(message && (std::holds_alternative<wire::Accept>(*message) ||
                            std::holds_alternative<wire::Reject>(*message)),
                "news to an unproven address", to.to.toString());
        require(--index_.credit_[to.to.address] >= 0, "more answers than logins", to.to.toString());
    }

    OurIndexNode& index_;
    Sink& sink_;
};

OurIndexNode::OurIndexNode(Network& network, const Options& options, CrashingStore& store)
    : network_(network),
      options_(options),
      index_(options.policy, factsOf(options), store, *this, index::HashKey{}, network.now()) {
    for (const auto& [name, where] : users()) proven_.insert(where.address);
    network_.attach(options_.endpoint, *this);
    network_.serve({options_.endpoint.address, options_.tcpPort}, [this](const Address& from) {
        proven_.insert(from);
        const auto roster = index_.fetchRoster(from, network_.now());
        return roster ? std::make_shared<const std::string>(roster->str()) : nullptr;
    });
}

OurIndexNode::~OurIndexNode() {
    network_.stopServing({options_.endpoint.address, options_.tcpPort});
    network_.detach(options_.endpoint);
}

void OurIndexNode::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    if (const auto message = wire::decodeClassic(datagram.bytes))
        if (const auto* login = std::get_if<wire::Login>(&*message))
            ++credit_[login->endpoint.address];
    Guard guard(*this, sink);
    index_.receive(datagram, now, guard);
}

void OurIndexNode::tick(TimePoint now, Sink& sink) {
    Guard guard(*this, sink);
    index_.tick(now, guard);
}

std::optional<TimePoint> OurIndexNode::nextDeadline() const {
    return index_.nextDeadline();
}

void OurIndexNode::unreachable(const Endpoint& to, TimePoint now) {
    index_.unreachable(to, now);
}

IndexNode::Users OurIndexNode::users() {
    wire::RosterReader reader;
    const auto bytes = index_.fetchRoster(kOnlooker, network_.now());
    require(bytes != nullptr, "no roster for a private address");
    require(reader.feed(asBytes(bytes->str())).has_value(), "a roster that is none");
    const auto entries = reader.finish();
    require(entries.has_value(), "a roster without end");
    Users users;
    for (const wire::RosterEntry& entry : *entries)
        require(users.emplace(entry.name, entry.endpoint).second, "listed twice", entry.name);
    return users;
}

void OurIndexNode::check() {
    require(index_.isConsistent(), "the tables of the index disagree");
    require(index_.userCount() == users().size(), "the roster is not the directory");
}

// DotNetIndexNode --------------------------------------------------------------------------

DotNetIndexNode::DotNetIndexNode(Network& network, const Endpoint& endpoint, std::uint16_t tcpPort)
    : network_(network), endpoint_(endpoint), tcpPort_(tcpPort) {
    network_.attach(endpoint_, *this);
    network_.serve({endpoint_.address, tcpPort_}, [this](const Address&) {
        wire::RosterWriter writer;
        for (const auto& [name, where] : list_) writer.add(name, where);
        return std::make_shared<const std::string>(writer.finish());
    });
}

DotNetIndexNode::~DotNetIndexNode() {
    network_.stopServing({endpoint_.address, tcpPort_});
    network_.detach(endpoint_);
}

void DotNetIndexNode::receive(const Datagram& datagram, TimePoint /*now*/, Sink& sink) {
    if (isDeaf_) return;
    const auto fields = fieldsOf(datagram.bytes);
    const auto endpoint = fields.size() < 3 ? std::nullopt : Endpoint::parse(fields[2]);
    if (!endpoint || endpoint->port == 0) {
        isDeaf_ = true;
        return;
    }
    if (fields[0] == "login") login(fields, *endpoint, datagram.bytes, sink);
    if (fields[0] == "logout") logout(fields, datagram.bytes, sink);
}

void DotNetIndexNode::login(const std::vector<std::string>& fields, const Endpoint& endpoint,
                            BytesView datagram, Sink& sink) {
    list_.emplace_back(fields[1], endpoint);
    sink.send({endpoint}, wire::encodeClassic(wire::Accept{tcpPort_}));
    relay(fields[1], datagram, sink);
}

void DotNetIndexNode::logout(const std::vector<std::string>& fields, BytesView datagram,
                             Sink& sink) {
    for (std::size_t i = 0; i < list_.size(); ++i)
        if (list_[i].first == fields[1])
            list_.erase(list_.begin() + static_cast<std::ptrdiff_t>(i));
    relay({}, datagram, sink);
}

void DotNetIndexNode::relay(const std::string& name, BytesView datagram, Sink& sink) {
    for (const auto& [user, where] : list_)
        if (user != name) sink.send({where}, datagram);
}

IndexNode::Users DotNetIndexNode::users() {
    Users users;
    for (const auto& [name, where] : list_) users[name] = where;
    return users;
}

void DotNetIndexNode::check() {
    require(!isDeaf_, "the .NET server has been made deaf");
}

}  // namespace im::sim
