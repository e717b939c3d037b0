// SPDX-License-Identifier: BSL-1.0
#include "tests/unit/talk/listener_chaos.hpp"

#include "libim/wire/classic_codec.hpp"
#include "libim/wire/utf16.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace im::talk {

namespace {

using State = ClassicListener::State;

const Endpoint kIndex{Address::v4({10, 0, 0, 100}), 4649};
const Endpoint kOwn{Address::v4({10, 0, 0, 1}), 4001};

void require(bool holds, std::string_view what) {
    if (!holds) throw Broken(std::string(what));
}

Name self() {
    return Name::orThrow("alice", ErrorKind::Usage);
}

Bytes encoded(std::string_view text) {
    Bytes bytes;
    wire::appendUtf16le(bytes, text);
    return bytes;
}

bool isListening(State state) {
    return state == State::LoggingIn || state == State::Online || state == State::Lost;
}

bool isTalk(BytesView bytes) {
    const auto message = wire::decodeClassic(bytes);
    return message && std::holds_alternative<wire::Talk>(*message);
}

}  // namespace

class ListenerChaos::Outbox final : public Sink {
public:
    explicit Outbox(std::vector<Bytes>& sent) : sent_(sent) {}
    void send(const Destination& to, BytesView payload) override {
        require(to.to == kIndex, "a listener sends to the index alone");
        sent_.emplace_back(payload.begin(), payload.end());
    }
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override {
        for (const Destination& one : to)
            for (BytesView payload : payloads) send(one, payload);
    }

private:
    std::vector<Bytes>& sent_;
};

void ListenerChaos::run(BytesView story) {
    ListenerChaos(story).steps();
}

ListenerChaos::ListenerChaos(BytesView story)
    : story_(story),
      rosterFirst_(next() % 2 == 1),
      listener_({.self = self(),
                 .local = kOwn,
                 .index = kIndex,
                 .patience = std::chrono::milliseconds(next() * 200),
                 .seed = next(),
                 .rosterFirst = rosterFirst_}) {}

std::uint8_t ListenerChaos::next() {
    return ended() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(story_[at_++]);
}

std::string_view ListenerChaos::name() {
    static constexpr std::array<std::string_view, 12> kNames{
        "alice", "bob", "carol", "dave", "天涯", "end", "-x", "e;vil", "", "a b", " bob", "ALICE"};
    return kNames.at(below(kNames.size()));
}

Endpoint ListenerChaos::endpoint() {
    static const std::array<Endpoint, 5> kEndpoints{
        kOwn, Endpoint{Address::v4({10, 0, 0, 2}), 4002},
        Endpoint{Address::v4({10, 0, 0, 2}), 4003}, Endpoint{Address::v4({127, 0, 0, 1}), 4001},
        Endpoint{Address::v4({10, 0, 0, 100}), 4649}};
    return kEndpoints.at(below(kEndpoints.size()));
}

Endpoint ListenerChaos::sourceOf(bool fromIndex) {
    Endpoint source = endpoint();
    if (fromIndex) source.address = kIndex.address;
    return source;
}

std::string ListenerChaos::message() {
    static constexpr std::array<std::string_view, 6> kCodes{"taken", "busy", "full",
                                                            "later", "rate", "name"};
    switch (below(8)) {
        case 0:
        case 1:
            return "login," + std::string(name()) + ',' + endpoint().toString();
        case 2:
        case 3:
            return "logout," + std::string(name()) + ',' + endpoint().toString();
        case 4:
        case 5:
            return "Accept," + std::to_string(4700 + below(3));
        case 6:
            return "talk,12:00:00," + std::string(name()) + ",hi, there";
        default:
            return "reject," + std::string(kCodes.at(below(kCodes.size()))) + ",text";
    }
}

std::vector<wire::RosterEntry> ListenerChaos::entries() {
    std::vector<wire::RosterEntry> all;
    for (std::size_t i = below(8); i > 0; --i) all.push_back({std::string(name()), endpoint()});
    if (next() % 4 != 0) all.push_back({"alice", kOwn});
    return all;
}

void ListenerChaos::steps() {
    while (!ended()) {
        step();
        check();
    }
    pass(kRosterPatience);
    check();
    require(talksTold_ == talksHeard_, "every talk is told at last, once");
}

void ListenerChaos::step() {
    switch (below(12)) {
        case 0:
            return start();
        case 1:
            return listener_.state() == State::Idle ? adopt() : hear(true);
        case 2:
            return next() < 32 ? logout() : hear(true);
        case 3:
        case 4:
            return hear(true);
        case 5:
            return hear(false);
        case 6:
            return hearRaw();
        case 7:
            return next() < 4 ? flood() : hear(true);
        case 8:
            return roster();
        case 9:
            return rosterFails();
        case 10:
            return pass(std::chrono::milliseconds(next()));
        default:
            return pass(std::chrono::milliseconds(100 * next()));
    }
}

void ListenerChaos::start() {
    if (isListening(listener_.state())) return;
    check();
    reader_.clear();
    readerKnowsAll_ = lost_ = false;
    ++starts_;
    Outbox outbox(sent_);
    listener_.login(now_, outbox);
}

void ListenerChaos::adopt() {
    const auto roster = entries();
    listener_.adopt(next() % 4 == 0 ? std::uint16_t{0} : std::uint16_t{4700}, roster, now_);
    if (!rosterFirst_) reader_ = listener_.contacts().all();
    readerKnowsAll_ = !rosterFirst_;
    ++starts_;
    look();
}

void ListenerChaos::logout() {
    Outbox outbox(sent_);
    listener_.logout(now_, outbox);
}

void ListenerChaos::receive(std::string_view text, bool fromIndex) {
    deliver(encoded(text), fromIndex, false);
}

void ListenerChaos::deliver(BytesView bytes, bool fromIndex, bool truncated) {
    // A buffer of its own, so that a sanitizer sees who reads behind it.
    const Bytes copy(bytes.begin(), bytes.end());
    const Datagram datagram{.from = sourceOf(fromIndex), .bytes = copy, .truncated = truncated};
    if (!truncated && isListening(listener_.state()) && isTalk(copy)) ++talksHeard_;
    Outbox outbox(sent_);
    listener_.receive(datagram, now_, outbox);
    look();
}

void ListenerChaos::hear(bool fromIndex) {
    receive(message(), fromIndex);
}

void ListenerChaos::hearRaw() {
    const std::size_t wanted = next();  // moves at_
    const std::size_t length = std::min(wanted, story_.size() - at_);
    const BytesView bytes = story_.subspan(at_, length);
    at_ += length;
    deliver(bytes, next() % 2 == 0, next() % 8 == 0);
}

void ListenerChaos::flood() {
    if (std::exchange(hasFlooded_, true)) return hear(true);
    const bool fromIndex = next() % 2 == 0;
    const Bytes bytes = encoded(message());
    const Endpoint source = sourceOf(fromIndex);
    const bool counts = isListening(listener_.state()) && isTalk(bytes);
    Outbox outbox(sent_);
    for (std::size_t i = 0; i < kHeldEventsMost + 100; ++i) {
        listener_.receive({.from = source, .bytes = bytes}, now_, outbox);
        if (counts) ++talksHeard_;
    }
    look();
}

void ListenerChaos::roster() {
    if (!std::exchange(fetching_, false)) return;
    const auto all = entries();
    Outbox outbox(sent_);
    listener_.fetched(all, now_, outbox);
    look();
}

void ListenerChaos::rosterFails() {
    if (!std::exchange(fetching_, false)) return;
    Outbox outbox(sent_);
    listener_.fetchFailed(now_, outbox);
    look();
}

void ListenerChaos::pass(Duration time) {
    const TimePoint end = now_ + time;
    Outbox outbox(sent_);
    while (listener_.nextDeadline() && *listener_.nextDeadline() <= end) {
        require(*listener_.nextDeadline() >= now_, "no deadline is in the past after a tick");
        now_ = *listener_.nextDeadline();
        listener_.tick(now_, outbox);
        look();
        require(!listener_.nextDeadline() || *listener_.nextDeadline() > now_,
                "a tick leaves no deadline that is due");
    }
    now_ = end;
}

void ListenerChaos::look() {
    const auto from = listener_.takeFetch();
    if (!from) return;
    require(!fetching_, "no second roster is asked for while one is under way");
    require(from->address == kIndex.address, "a roster is fetched from the index alone");
    require(from->port == listener_.tcpPort() && from->port != 0, "and at its TCP port");
    fetching_ = true;
}

void ListenerChaos::check() {
    for (const Event& event : listener_.takeEvents()) checkEvent(event);
    if (rosterFirst_ && listener_.hasRoster()) readerKnowsAll_ = true;
    checkSent();
    checkContacts();
}

void ListenerChaos::checkSent() {
    static const Bytes kLogin = encoded("login,alice,10.0.0.1:4001");
    static const Bytes kLogout = encoded("logout,alice,10.0.0.1:4001");
    for (const Bytes& bytes : sent_) {
        require(bytes == kLogin || bytes == kLogout, "only exact login and logout are sent");
        if (bytes == kLogin) ++logins_;
    }
    sent_.clear();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now_ - begun_).count();
    require(logins_ <= 6 * starts_ + 2 * static_cast<std::size_t>(seconds),
            "logins are few, whatever is heard");
}

void ListenerChaos::checkEvent(const Event& event) {
    require(!event.at && !event.sequence && event.id.empty(), "classic has no such columns");
    switch (event.type) {
        case EventType::Talk:
            ++talksTold_;
            require(event.trust == Trust::None || event.trust == Trust::Bad, "trust of a talk");
            require(event.endpoint.has_value(), "a talk has a source");
            return;
        case EventType::Server:
            return checkServer(event);
        case EventType::Login:
        case EventType::Logout:
        case EventType::Roster:
            return checkPresence(event);
        default:
            require(false, "classic has no such event");
    }
}

void ListenerChaos::checkServer(const Event& event) {
    require(event.user.empty() && event.trust == Trust::Absent, "the server has no name or trust");
    require(event.text == (lost_ ? "back" : "lost"), "lost and back take turns");
    lost_ = !lost_;
}

void ListenerChaos::checkPresence(const Event& event) {
    require(Name::parse(event.user).has_value(), "names of presence are names");
    const bool isUs = event.user == "alice";
    require(!isUs || (event.type == EventType::Roster && event.endpoint == kOwn),
            "of ourselves only the roster tells");
    require(event.trust == (isUs ? Trust::Self : Trust::None), "classic presence has no trust");
    const auto known = reader_.find(event.user);
    if (event.type == EventType::Logout) {
        require(known != reader_.end() || !readerKnowsAll_, "only who was online logs out");
        require(event.text == "bye", "classic tells no reason");
        if (known != reader_.end()) reader_.erase(known);
        return;
    }
    require(known == reader_.end() || known->second != event.endpoint, "nothing is told twice");
    require(event.type == EventType::Login || known == reader_.end(),
            "the roster tells nobody who was told before");
    require(event.text == event.endpoint->toString(), "the text is the endpoint");
    reader_[event.user] = *event.endpoint;
}

void ListenerChaos::checkContacts() const {
    const Contacts& contacts = listener_.contacts();
    require(contacts.all().size() <= 8, "contacts are of those named");
    const State state = listener_.state();
    if (state != State::Online && state != State::Lost) return;
    require(contacts.find("alice") == kOwn, "we know ourselves");
    for (const auto& [user, where] : contacts.all())
        require(Name::parse(user).has_value(), "contacts have names");
    if (readerKnowsAll_ && (!rosterFirst_ || listener_.hasRoster()))
        require(reader_ == contacts.all(), "who reads it all knows what the listener knows");
}

}  // namespace im::talk
