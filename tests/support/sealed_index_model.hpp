// SPDX-License-Identifier: BSL-1.0
// IndexModel: the least that a sealed index is, for the stories of its clients: logins confirmed by
// the first BOX, presence by deltas, lookups, the roster, a restart that keeps names and identity.
// No limits, no leases.  Written apart from libim/index, so that the two can disagree.
#pragma once

#include "libim/sealed/limits.hpp"
#include "libim/sealed/transport.hpp"
#include "libim/talk/pins.hpp"
#include "libim/wire/deframer.hpp"
#include "libim/wire/hello.hpp"
#include "libim/wire/sealed_codec.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/sim_network.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace im::test {

inline constexpr sealed::UnixSeconds kModelToday = 1'800'000'000;

/// Pins in memory.
class MemoryPins final : public talk::Pins {
public:
    std::optional<noise::IdentityKey> index;
    std::map<std::string, noise::IdentityKey, std::less<>> users;
    std::size_t cards = 0;

    Trust pinIndex(const sealed::Card& card) override {
        const bool isNew = !index;
        if (isNew) index = card.identity();
        if (*index != card.identity()) return Trust::Bad;
        ++cards;
        return isNew ? Trust::New : Trust::Ok;
    }
    [[nodiscard]] Trust of(std::string_view name) const override {
        return users.contains(name) ? Trust::Ok : Trust::New;
    }
    [[nodiscard]] Trust check(std::string_view name,
                              const noise::IdentityKey& identity) const override {
        const auto found = users.find(name);
        if (found == users.end()) return Trust::New;
        return found->second == identity ? Trust::Ok : Trust::Bad;
    }
    Trust pin(std::string_view name, const noise::IdentityKey& identity) override {
        const Trust before = check(name, identity);
        if (before == Trust::New) users.emplace(name, identity);
        return before;
    }
};

/// What people need of an index beside its datagrams.
class PeopleIndex : public sim::Node {
public:
    /// Begins, or begins again: another K, nobody online; names are kept.
    virtual void start(TimePoint now) = 0;
    [[nodiscard]] virtual const sealed::Card& card() const = 0;
    /// What came over one TCP connection; what goes back.
    virtual Bytes tcp(const Endpoint& from, BytesView bytes, TimePoint now) = 0;
    virtual void tcpEnded(const Endpoint& /*from*/, TimePoint /*now*/) {}
};

class IndexModel final : public PeopleIndex, public sealed::TransportEvents {
public:
    static constexpr std::uint16_t kTcpPort = 5001;

    explicit IndexModel(std::uint64_t seed)
        : random_(seed), identity_(noise::Identity::generate(random_)) {}

    void start(TimePoint now) override {
        sessions_.clear();
        users.clear();
        changes_.clear();
        version = (version | 0xFFFFF) + 1;
        transport_ = std::make_unique<sealed::Transport>(
            sealed::indexSettings(1'000),
            sealed::Holder{identity_, identity_.publicKey(), sealed::CardRole::Index, {}},
            sealed::CardClock(kModelToday, now), random_, *this, now);
        transport_->setRosterVersion(version);
    }
    /// From now on it is somebody else.
    void changeIdentity(TimePoint now) {
        identity_ = noise::Identity::generate(random_);
        start(now);
    }
    void rotateKey(TimePoint now, Sink& sink) { transport_->rotateKey(now, sink); }
    /// CLOSE to everybody.
    void sayGoodbye(TimePoint now, Sink& sink) {
        for (const auto& [name, user] : std::map(users))
            transport_->close(user.session, wire::CloseCode::Bye, "stopping", now, sink);
        users.clear();
    }
    /// Online without a session.
    void invent(const std::string& name, const std::string& endpoint, bool isClassic, Sink& sink,
                TimePoint now) {
        User user;
        user.at = *Endpoint::parse(endpoint);
        user.isClassic = isClassic;
        users[name] = user;
        change(loginLine(name), now, sink);
    }
    void drop(const std::string& name, TimePoint now, Sink& sink) {
        const auto found = users.find(name);
        if (found == users.end()) return;
        const std::string line = wire::encodeSealed(wire::Logout{name, found->second.at});
        users.erase(found);
        change(line, now, sink);
    }

    [[nodiscard]] const sealed::Card& card() const override {
        return transport_->keys().current().card;
    }
    [[nodiscard]] const noise::IdentityKey& identity() const { return identity_.publicKey(); }

    struct User {
        std::optional<sealed::Card> card;
        Endpoint at;
        Endpoint local;
        wire::SessionIndex session = 0;
        bool isClassic = false;
    };
    std::map<std::string, User> users;
    std::map<std::string, noise::IdentityKey> names;
    std::uint64_t version = std::uint64_t{1'800'000'000'000} << 20U;
    bool isSilentToLookups = false;
    std::size_t logins = 0;
    std::size_t lookups = 0;
    std::size_t syncs = 0;

    // Node

    void receive(const Datagram& datagram, TimePoint now, Sink& sink) override {
        if (const auto index = wire::decodeHello(datagram.bytes))
            return transport_->answerHello(*index, {datagram.from, datagram.via}, now, sink);
        transport_->receive(datagram, now, sink);
    }
    void tick(TimePoint now, Sink& sink) override { transport_->tick(now, sink); }
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const override {
        return transport_->nextDeadline();
    }

    Bytes tcp(const Endpoint& from, BytesView bytes, TimePoint now) override {
        struct Framed final : Sink {
            Bytes out;
            void send(const Destination&, BytesView payload) override {
                wire::appendFramed(out, payload);
            }
            void fanOut(std::span<const BytesView>, std::span<const Destination>) override {}
        } sink;
        (void)deframers_[from].feed(bytes, [&](BytesView frame) {
            transport_->receiveTcp({from, frame, 7}, now, sink);
        });
        return std::move(sink.out);
    }

    // TransportEvents

    sealed::Answer introduced(const sealed::Introduction& intro, TimePoint) override {
        sealed::Answer answer;
        forText(*wire::Records::parse(intro.records), [&](const wire::SealedMessage& message) {
            if (const auto* login = std::get_if<wire::SealedLogin>(&message))
                appendText(answer.records, answerTo(*login, intro));
            if (const auto* lookup = std::get_if<wire::Lookup>(&message))
                appendLookup(answer.records, *lookup);
            if (std::holds_alternative<wire::RosterRequest>(message) && intro.from.via != 7)
                appendText(answer.records, accept(intro));
        });
        return answer;
    }
    void confirmed(wire::SessionIndex session, const sealed::Card& peer, const wire::Records& early,
                   TimePoint now, Sink& sink) override {
        sessions_[session] = peer.body.name;
        forText(early, [&](const wire::SealedMessage& message) {
            const auto* login = std::get_if<wire::SealedLogin>(&message);
            if (login == nullptr || !isWelcome(login->name, peer)) return;
            logIn(session, peer, *login, now, sink);
        });
    }
    void established(wire::SessionIndex, const sealed::Card&, const wire::Records&, TimePoint,
                     Sink&) override {}
    void unanswered(wire::SessionIndex, TimePoint, Sink&) override {}
    void cardRefreshed(wire::SessionIndex, const sealed::Card&) override {}
    void received(wire::SessionIndex session, const wire::Records& records, std::uint64_t,
                  TimePoint now, Sink& sink) override {
        for (const wire::Record& record : records)
            if (const auto* card = std::get_if<wire::CardRecord>(&record)) takeCard(session, *card);
        forText(records,
                [&](const wire::SealedMessage& message) { take(session, message, now, sink); });
    }
    void moved(wire::SessionIndex session, const Destination& to, TimePoint now,
               Sink& sink) override {
        const auto found = users.find(sessions_[session]);
        if (found == users.end() || found->second.session != session) return;
        found->second.at = to.to;
        change(loginLine(found->first), now, sink);
    }
    void rekeyDue(wire::SessionIndex, TimePoint, Sink&) override {}
    void closed(wire::SessionIndex, std::uint64_t, sealed::Ending, wire::CloseCode,
                std::string_view, TimePoint, Sink&) override {}
    void keyRotated(const sealed::Card&, TimePoint, Sink&) override {}
    void keyRetired(std::uint32_t) override {}

private:
    template <typename Take>
    static void forText(const wire::Records& records, Take&& take) {
        for (const wire::Record& record : records) {
            const auto* text = std::get_if<wire::TextRecord>(&record);
            if (text == nullptr) continue;
            wire::forEachLine(text->text, [&](std::string_view line) {
                if (const auto message = wire::decodeSealed(line)) take(*message);
            });
        }
    }
    static void appendText(Bytes& records, const std::string& text) {
        wire::appendRecord(records, wire::TextRecord{text});
    }
    bool isWelcome(const std::string& name, const sealed::Card& peer) {
        const auto owner = names.find(name);
        return name == peer.body.name && (owner == names.end() || owner->second == peer.identity());
    }
    std::string answerTo(const wire::SealedLogin& login, const sealed::Introduction& intro) {
        if (!isWelcome(login.name, intro.peer))
            return wire::encodeSealed(wire::Reject{"taken", "the name is another's"});
        return accept(intro);
    }
    std::string accept(const sealed::Introduction& intro) {
        return wire::encodeSealed(wire::SealedAccept{kTcpPort, 90, intro.from.to, version,
                                                     static_cast<std::uint32_t>(users.size())});
    }
    void logIn(wire::SessionIndex session, const sealed::Card& peer, const wire::SealedLogin& login,
               TimePoint now, Sink& sink) {
        ++logins;
        names[login.name] = peer.identity();
        const auto before = users.find(login.name);
        if (before != users.end() && before->second.card &&
            before->second.card->sessionKey() != peer.sessionKey())
            transport_->close(before->second.session, wire::CloseCode::Replaced, {}, now, sink);
        const Endpoint at = transport_->session(session)->peer().to;
        users[login.name] = {peer, at, login.endpoint, session, false};
        change(loginLine(login.name), now, sink);
    }
    std::string loginLine(const std::string& name) {
        const User& user = users.at(name);
        wire::UserFlags flags;
        flags.classic = user.isClassic;
        return wire::encodeSealed(wire::SealedLogin{name, user.at, flags});
    }
    void change(const std::string& line, TimePoint now, Sink& sink) {
        const std::uint64_t from = version++;
        changes_.emplace_back(version, line);
        transport_->setRosterVersion(version);
        const std::string text = wire::encodeSealed(wire::Delta{from, version}) + "\n" + line;
        for (const auto& [name, user] : std::map(users)) tell(user.session, text, now, sink);
    }
    void tell(wire::SessionIndex session, const std::string& text, TimePoint now, Sink& sink) {
        if (session == 0) return;
        Bytes records;
        appendText(records, text);
        transport_->send(session, records, now, sink);
    }
    void appendLookup(Bytes& records, const wire::Lookup& lookup) {
        ++lookups;
        if (isSilentToLookups) return;
        const auto found = users.find(lookup.name);
        if (found == users.end()) {
            const auto owner = names.find(lookup.name);
            if (owner != names.end())
                appendText(records, wire::encodeSealed(
                                        wire::NameOwner{lookup.id, lookup.name, owner->second}));
            return appendText(records, wire::encodeSealed(wire::NoPeer{
                                           lookup.id, lookup.name,
                                           owner != names.end() ? "offline" : "unknown"}));
        }
        wire::UserFlags flags;
        flags.classic = found->second.isClassic;
        appendText(records,
                   wire::encodeSealed(wire::Peer{lookup.id, lookup.name, flags, found->second.at,
                                                 found->second.local, 0}));
        if (found->second.card)
            wire::appendRecord(records, wire::CardRecord{found->second.card->bytes});
    }
    void takeCard(wire::SessionIndex session, const wire::CardRecord& record) {
        auto card =
            sealed::verifyCard(record.card, sealed::CardRole::User, identity(), kModelToday);
        const auto found = users.find(sessions_[session]);
        if (card && found != users.end() && card->identity() == found->second.card->identity() &&
            card->body.notAfter > found->second.card->body.notAfter)
            found->second.card = std::move(*card);
    }
    void take(wire::SessionIndex session, const wire::SealedMessage& message, TimePoint now,
              Sink& sink) {
        if (const auto* lookup = std::get_if<wire::Lookup>(&message)) {
            Bytes records;
            appendLookup(records, *lookup);
            if (!records.empty()) transport_->send(session, records, now, sink);
        }
        if (std::holds_alternative<wire::Logout>(message)) {
            const auto found = users.find(sessions_[session]);
            if (found != users.end() && found->second.session == session)
                drop(found->first, now, sink);
        }
        if (const auto* have = std::get_if<wire::Sync>(&message))
            catchUp(session, have->have, now, sink);
        if (std::holds_alternative<wire::RosterRequest>(message)) sendRoster(session, now, sink);
    }
    void catchUp(wire::SessionIndex session, std::uint64_t have, TimePoint now, Sink& sink) {
        ++syncs;
        const std::uint64_t oldest = version - changes_.size();
        if (have < oldest) return tell(session, wire::encodeSealed(wire::Resync{}), now, sink);
        for (const auto& [at, line] : changes_)
            if (at > have)
                tell(session, wire::encodeSealed(wire::Delta{at - 1, at}) + "\n" + line, now, sink);
    }
    void sendRoster(wire::SessionIndex session, TimePoint now, Sink& sink) {
        std::string text;
        for (const auto& [name, user] : users) text += loginLine(name) + "\n";
        tell(session, text + wire::encodeSealed(wire::RosterEnd{version}), now, sink);
    }

    SeededRandom random_;
    noise::Identity identity_;
    std::unique_ptr<sealed::Transport> transport_;
    std::map<wire::SessionIndex, std::string> sessions_;
    std::vector<std::pair<std::uint64_t, std::string>> changes_;
    std::map<Endpoint, wire::Deframer> deframers_;
};

}  // namespace im::test
