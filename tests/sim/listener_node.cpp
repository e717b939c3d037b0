// SPDX-License-Identifier: BSL-1.0
#include "tests/sim/listener_node.hpp"

#include "libim/wire/classic_codec.hpp"
#include "tests/sim/broken.hpp"

#include <utility>
#include <variant>

namespace im::sim {

namespace {

bool isTalk(BytesView bytes) {
    const auto message = wire::decodeClassic(bytes);
    return message && std::holds_alternative<wire::Talk>(*message);
}

std::optional<std::vector<wire::RosterEntry>> parsed(const std::optional<std::string>& bytes) {
    if (!bytes) return {};
    wire::RosterReader reader;
    if (!reader.feed(asBytes(*bytes))) return {};
    auto entries = reader.finish();
    if (!entries) return {};
    return std::move(*entries);
}

}  // namespace

ListenerNode::ListenerNode(Network& network, const Facts& facts,
                           talk::ClassicListener::Options options)
    : ProtocolNode(listener_),
      network_(network),
      facts_(facts),
      options_(std::move(options)),
      listener_(options_) {
    network_.attach(options_.local, *this);
}

ListenerNode::~ListenerNode() {
    network_.detach(options_.local);
}

bool ListenerNode::isListening() const {
    return state() == State::LoggingIn || state() == State::Online || state() == State::Lost;
}

void ListenerNode::login() {
    reader_.clear();
    readerKnowsAll_ = lost_ = false;
    network_.act(endpoint(), [&](Sink& sink) { listener_.login(network_.now(), sink); });
}

void ListenerNode::adopt(std::uint16_t tcpPort, const Users& contacts) {
    std::vector<wire::RosterEntry> roster;
    for (const auto& [name, where] : contacts) roster.push_back({name, where});
    network_.act(endpoint(), [&](Sink&) { listener_.adopt(tcpPort, roster, network_.now()); });
    if (options_.rosterFirst) return;
    reader_ = listener_.contacts().all();
    readerKnowsAll_ = true;
}

void ListenerNode::logout() {
    network_.act(endpoint(), [&](Sink& sink) { listener_.logout(network_.now(), sink); });
}

void ListenerNode::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    if (isListening() && isTalk(datagram.bytes)) ++talksHeard_;
    ProtocolNode::receive(datagram, now, sink);
}

void ListenerNode::endTurn(TimePoint /*now*/) {
    for (const Event& event : listener_.takeEvents()) read(event);
    if (options_.rosterFirst && listener_.hasRoster()) readerKnowsAll_ = true;
    const std::size_t known = listener_.contacts().all().size();
    require(facts_.isTruthDamaged || known <= facts_.userCount(), "more contacts than users");
    look();
}

void ListenerNode::look() {
    const auto where = listener_.takeFetch();
    if (!where) return;
    require(where->address == options_.index.address, "a roster from elsewhere than the index");
    network_.fetch(endpoint(), *where, [this](const std::optional<std::string>& bytes, Sink& sink) {
        if (const auto roster = parsed(bytes))
            listener_.fetched(*roster, network_.now(), sink);
        else
            listener_.fetchFailed(network_.now(), sink);
    });
}

void ListenerNode::read(const Event& event) {
    if (event.type == EventType::Server) return readServer(event);
    if (event.type != EventType::Talk) return readPresence(event);
    ++talksTold_;
    // Users keep to their hosts in these worlds.
    require(facts_.isTruthDamaged || event.text == kForgedText || event.trust == Trust::None,
            "a true talk that is BAD", event.user);
}

void ListenerNode::readServer(const Event& event) {
    require(event.text == (lost_ ? "back" : "lost"), "lost and back do not take turns");
    lost_ = !lost_;
}

void ListenerNode::readPresence(const Event& event) {
    const auto known = reader_.find(event.user);
    if (event.type == EventType::Logout) {
        require(known != reader_.end() || !readerKnowsAll_, "logout of nobody", event.user);
        if (known != reader_.end()) reader_.erase(known);
        return;
    }
    require(facts_.isTruthDamaged || facts_.had(event.user, *event.endpoint),
            "listed under an endpoint he never had", event.user);
    require(known == reader_.end() || known->second != *event.endpoint, "told twice", event.user);
    reader_[event.user] = *event.endpoint;
}

void ListenerNode::checkReader() const {
    require(talksTold_ == talksHeard_, "talk heard and not told, or told twice", user());
    if (readerKnowsAll_ && isListening())
        require(reader_ == listener_.contacts().all(), "the reader knows another roster", user());
}

}  // namespace im::sim
