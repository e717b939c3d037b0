// SPDX-License-Identifier: BSL-1.0
// The sealed index: questions, the roster, and who is told of changes.
#include "libim/index/deltas.hpp"

#include "libim/base/overloaded.hpp"
#include "libim/index/sealed_index.hpp"
#include "libim/wire/sealed_codec.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

namespace im::index {

namespace {

// The version, the flags and the longest name and endpoint take less.
constexpr std::size_t kLongestLine = 128;
constexpr std::size_t kRosterRoom =
    wire::kMaxTcpFrame - wire::kBoxOverhead - wire::kRecordHeader - kLongestLine;

std::string classicLine(std::string_view name, const Endpoint& endpoint) {
    wire::UserFlags flags;
    flags.classic = true;
    return wire::encodeSealed(wire::SealedLogin{std::string(name), endpoint, flags});
}

}  // namespace

// Questions --------------------------------------------------------------------------------

void SealedIndex::hear(wire::SessionIndex session, std::string_view line, TimePoint now,
                       Sink& sink) {
    const auto message = wire::decodeSealed(line);
    if (!message) return;
    const std::uint64_t owner = transport_.session(session)->owner;
    const auto reserved = [](const auto& /*message*/) {};
    std::visit(
        Overloaded{
            [&](const wire::Lookup& lookup) {
                if (!mayAsk(session, now))
                    return say(session, wire::NoPeer{lookup.id, lookup.name, "rate"}, now, sink);
                Bytes records;
                answerLookup(lookup, records);
                transport_.send(session, records, now, sink);
            },
            [&](const wire::Sync& sync) {
                if (mayAsk(session, now)) answerSync(session, sync.have, now, sink);
            },
            [&](const wire::RosterRequest&) {
                if (mayAsk(session, now)) beginRoster(session);
            },
            [&](const wire::Logout&) {
                if (owner != kGuest && owner < kClaiming)
                    leave(static_cast<Row>(owner - 1), LogoutReason::Bye);
            },
            [&](const wire::SealedLogin& login) {
                if (owner != kGuest && owner < kClaiming)
                    users_[static_cast<Row>(owner - 1)].local = LocalEndpoint(login.endpoint);
            },
            // Not yet, or not for an index.
            reserved},
        *message);
}

bool SealedIndex::mayAsk(wire::SessionIndex session, TimePoint now) {
    std::array<std::uint8_t, 16> key{};
    for (std::size_t i = 0; i < sizeof session; ++i)
        key[i] = static_cast<std::uint8_t>(session >> (8 * i));
    return questions_.take(Address::v6(key), kQuestions, now);
}

void SealedIndex::say(wire::SessionIndex session, const wire::SealedMessage& message, TimePoint now,
                      Sink& sink) {
    Bytes records;
    wire::appendRecord(records, wire::TextRecord{wire::encodeSealed(message)});
    transport_.send(session, records, now, sink);
}

void SealedIndex::answerLookup(const wire::Lookup& question, Bytes& records) {
    ++counters_.lookups;
    const auto text = [&records](const wire::SealedMessage& message) {
        wire::appendRecord(records, wire::TextRecord{wire::encodeSealed(message)});
    };
    wire::Peer peer;
    peer.id = question.id;
    peer.name = question.name;
    peer.local = LocalEndpoint().endpoint();
    if (const Row row = users_.find(question.name); row != kNoRow) {
        peer.flags = users_.flags(row);
        peer.observed = users_[row].observed;
        peer.local = users_[row].local.endpoint();
        text(peer);
        const Bytes card = users_.card(row);
        return wire::appendRecord(records, wire::CardRecord{card});
    }
    if (const auto where = neighbour_ ? neighbour_->whereIs(question.name) : std::nullopt) {
        peer.flags.classic = true;
        peer.observed = *where;
        return text(peer);
    }
    const auto owner = ownerOf(question.name);
    if (owner) text(wire::NameOwner{question.id, question.name, *owner});
    text(wire::NoPeer{question.id, question.name, owner ? "offline" : "unknown"});
}

void SealedIndex::answerSync(wire::SessionIndex session, RosterVersion have, TimePoint now,
                             Sink& sink) {
    ++counters_.syncs;
    if (!tellsAll()) return;
    std::vector<Bytes> frames;
    if (have >= changes_.oldest() && have <= told_ && told_ - have <= kMaxSyncChanges)
        frames = deltaFrames(changes_, have, told_, kMaxSyncFrames,
                             [this](std::string_view name) { return stateOf(name); });
    for (const Bytes& records : frames) transport_.send(session, records, now, sink);
    if (!frames.empty()) return;
    ++counters_.resyncs;
    say(session, wire::Resync{}, now, sink);
}

// The roster -------------------------------------------------------------------------------

/// Over TCP only; who asks again begins anew.
void SealedIndex::beginRoster(wire::SessionIndex session) {
    const Destination peer = transport_.session(session)->peer();
    const auto found = walks_.find(peer.to);
    if (peer.via != kStreamPath || found == walks_.end()) return;
    ++counters_.rosters;
    found->second = {session, true, told_, kFromStart, kFromStart};
}

/// As many lines as fit into a frame; at last `end`.
Bytes SealedIndex::nextOfRoster(Walk& walk) {
    constexpr std::size_t kPiece = 16;
    std::string text;
    const auto add = [&text](const std::string& line) {
        if (!text.empty()) text += '\n';
        text += line;
    };
    const auto isRoom = [&text] { return text.size() + kPiece * kLongestLine < kRosterRoom; };
    while (walk.sealed > 0 && isRoom())
        walk.sealed = visit(walk.sealed, kPiece,
                            [&](std::string_view name, const Endpoint&) { add(stateOf(name)); });
    if (neighbour_ == nullptr) walk.classic = 0;
    while (walk.sealed == 0 && walk.classic > 0 && isRoom())
        walk.classic = neighbour_->visit(walk.classic, kPiece,
                                         [&](std::string_view name, const Endpoint& endpoint) {
                                             add(classicLine(name, endpoint));
                                         });
    if (walk.sealed == 0 && walk.classic == 0) {
        add(wire::encodeSealed(wire::RosterEnd{walk.version}));
        walk.isAsked = false;
    }
    Bytes records;
    wire::appendRecord(records, wire::TextRecord{text});
    return records;
}

// Telling ----------------------------------------------------------------------------------

std::string SealedIndex::stateOf(std::string_view name) const {
    if (const Row row = users_.find(name); row != kNoRow)
        return wire::encodeSealed(
            wire::SealedLogin{std::string(name), users_[row].observed, users_.flags(row)});
    const auto where = neighbour_ ? neighbour_->whereIs(name) : std::nullopt;
    if (where) return classicLine(name, *where);
    return wire::encodeSealed(wire::Logout{std::string(name), LocalEndpoint().endpoint()});
}

std::size_t SealedIndex::everybody() const {
    return users_.size() + (neighbour_ != nullptr ? neighbour_->online() : 0);
}

/// At 10,000 users half a second: frames to send grow with the users, changes too.
Duration SealedIndex::tellingInterval() const {
    constexpr Duration kPerUser = Duration(std::chrono::seconds(1)) / 20'000;
    return std::max(kLeastTick, kPerUser * static_cast<Duration::rep>(everybody()));
}

void SealedIndex::beginTelling(TimePoint now) {
    tellAt_ = now + tellingInterval();
    const RosterVersion from = std::exchange(told_, changes_.version());
    // Classic users alone come and go without end: nothing is kept of what nobody here waits for.
    if (users_.size() == 0) changes_.forgetBefore(told_);
    // Who is not told sees at the next PONG that he has missed something.
    if (!tellsAll() || from < changes_.oldest()) return showVersion();
    train_ = deltaFrames(changes_, from, told_, std::numeric_limits<std::size_t>::max(),
                         [this](std::string_view name) { return stateOf(name); });
    toTell_ = users_.end();
}

/// Some users more hear the whole train.  Who comes meanwhile hears what he knows already, or
/// nothing: he has the version to which it leads.
void SealedIndex::tell(TimePoint now, Sink& sink) {
    std::size_t left = policy_.announcementsPerTick;
    for (; toTell_ > 0 && left > 0; --toTell_) {
        const Row row = toTell_ - 1;
        if (!users_.isUser(row)) continue;
        for (const Bytes& records : train_) {
            frame_.clear();
            const auto to = transport_.seal(users_[row].session, records, now, frame_);
            if (!to) break;
            sink.send(*to, frame_);
            ++counters_.deltas;
        }
        left -= std::min(left, train_.size());
    }
    if (toTell_ > 0) return;
    train_.clear();
    showVersion();
}

/// In PONGs, from now on.
void SealedIndex::showVersion() {
    transport_.setRosterVersion(tellsAll() ? told_ : 0);
}

// Neighbour --------------------------------------------------------------------------------

bool SealedIndex::hasName(std::string_view name) const {
    return ownerOf(name).has_value();
}

std::optional<Endpoint> SealedIndex::whereIs(std::string_view name) const {
    const Row row = users_.find(name);
    if (row == kNoRow) return {};
    return users_[row].observed;
}

std::size_t SealedIndex::visit(std::size_t cursor, std::size_t most, const Each& each) const {
    Row row = static_cast<Row>(std::min<std::size_t>(cursor, users_.end()));
    while (row > 0 && most > 0) {
        if (!users_.isUser(--row)) continue;
        each(users_.name(row), users_[row].observed);
        --most;
    }
    return row;
}

void SealedIndex::otherCame(std::string_view name, const Endpoint& /*endpoint*/) {
    changes_.add(*Name::parse(name));
}

void SealedIndex::otherLeft(std::string_view name, const Endpoint& /*endpoint*/) {
    changes_.add(*Name::parse(name));
}

bool SealedIndex::mayTell(const Address& /*source*/, std::size_t /*events*/) {
    return true;  // changes are told together, however many
}

}  // namespace im::index
