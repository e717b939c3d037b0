// SPDX-License-Identifier: BSL-1.0
#include "tests/sim/world.hpp"

#include "libim/wire/classic_codec.hpp"
#include "libim/wire/utf16.hpp"
#include "tests/sim/broken.hpp"

#include <algorithm>

namespace im::sim {

namespace {

using State = talk::ClassicListener::State;

const Endpoint kIndex{Address::v4({10, 0, 255, 1}), 4649};
const Endpoint kAttacker{Address::v4({10, 66, 0, 1}), 6666};

// Longest back-off while cut off, a look, a login, its look: with room for bad luck.
constexpr Duration kCalm = 4min;
constexpr Duration kLongestCut = 20s;

Address hostOf(std::size_t number) {
    return Address::v4({10, 1, static_cast<std::uint8_t>(number / 200),
                        static_cast<std::uint8_t>(1 + number % 200)});
}

Bytes utf16(const std::string& text) {
    Bytes bytes;
    wire::appendUtf16le(bytes, text);
    return bytes;
}

}  // namespace

World::World(std::uint64_t seed, const Plan& plan) : plan_(plan), network_(seed) {
    facts_.isTruthDamaged = plan_.weather.damage > 0;
    const std::size_t perHost = 1 + below(3);
    for (std::size_t i = 0; i < plan_.users; ++i) {
        const std::string name = (i % 5 == 4 ? "天涯" : "user") + std::to_string(i);
        users_.push_back({.name = Name::orThrow(name, ErrorKind::Software),
                          .host = hostOf(i / perHost),
                          .node = nullptr,
                          .session = {},
                          .lastEndpoint = {}});
    }
    network_.watch([this](const Endpoint& from, const Endpoint& to, BytesView payload) {
        watch(to, from, payload);
    });
    startIndex();
}

World::~World() = default;

std::size_t World::below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(network_.random());
}

World::User& World::anybody() {
    return users_[below(users_.size())];
}

void World::run() {
    network_.setWeather(plan_.weather);
    arrive();
    stir();
    disturb();
    network_.later(500ms, [this] { retrySilent(); });
    network_.run(plan_.busy);
    isBusy_ = false;
    network_.run(kLongestCut);
    network_.setWeather({});
    network_.run(kCalm);
    checkAgreement();
}

// The index --------------------------------------------------------------------------------

void World::startIndex() {
    // A .NET server takes another port each time.
    if (network_.chance(0.5)) ++tcpPort_;
    if (plan_.isDotNet) {
        index_ = std::make_unique<DotNetIndexNode>(network_, kIndex, tcpPort_);
        return;
    }
    index::Policy policy;
    policy.confirm = plan_.confirm;
    const OurIndexNode::Options options{
        .endpoint = kIndex, .tcpPort = tcpPort_, .policy = std::move(policy)};
    index_ = std::make_unique<OurIndexNode>(network_, options, store_);
}

void World::stopIndex(bool keepsStore) {
    if (!index_) return;
    index_->check();
    index_.reset();
    store_.crash();
    if (!keepsStore) store_.wipe();
    network_.later(network_.between(0s, 15s), [this] { startIndex(); });
}

// Users ------------------------------------------------------------------------------------

void World::arrive() {
    for (User& user : users_)
        network_.later(network_.between(0s, 5s), [this, &user] { start(user); });
}

Endpoint World::freshEndpoint(const User& user) {
    return {user.host, nextPort_++};
}

talk::ClassicListener::Options World::optionsOf(const User& user, const Endpoint& endpoint) {
    return {.self = user.name,
            .local = endpoint,
            .index = kIndex,
            .seed = network_.random()(),
            .rosterFirst = network_.chance(0.5)};
}

void World::start(User& user) {
    if (user.node) return;
    const Endpoint endpoint = freshEndpoint(user);
    facts_.has(user.name.str(), endpoint);
    user.node = std::make_unique<ListenerNode>(network_, facts_, optionsOf(user, endpoint));
    user.session.reset();
    user.node->login();
}

void World::adopt(User& user) {
    if (user.node || !user.session) return start(user);
    user.node =
        std::make_unique<ListenerNode>(network_, facts_, optionsOf(user, user.lastEndpoint));
    user.node->adopt(tcpPort_, *user.session);
}

void World::leave(User& user) {
    if (!user.node) return;
    user.node->logout();
    user.node->checkReader();
    user.node.reset();
}

/// Without a word; the session file stays.
void World::die(User& user) {
    if (!user.node) return;
    user.lastEndpoint = user.node->endpoint();
    if (user.node->state() == State::Online) user.session = user.node->listener().contacts().all();
    user.node.reset();
}

void World::cutOff(const Address& host) {
    network_.cut(host);
    network_.later(network_.between(0s, kLongestCut), [this, host] { network_.join(host); });
}

void World::comeOrGo(User& user) {
    switch (below(4)) {
        case 0:
            return leave(user);
        case 1:
            return die(user);
        case 2:
            return adopt(user);
        default:
            return start(user);
    }
}

/// A user whose index is silent tries again, as a person would.
void World::retrySilent() {
    for (User& user : users_) {
        if (!user.node) continue;
        require(user.node->state() != State::Refused || plan_.weather.damage > 0, "refused",
                user.name.str());
        if (user.node->state() == State::Silent || user.node->state() == State::Refused)
            user.node->login();
    }
    network_.later(500ms, [this] { retrySilent(); });
}

// What happens -----------------------------------------------------------------------------

void World::stir() {
    if (!isBusy_) return;
    something();
    network_.later(network_.between(1ms, 60ms), [this] { stir(); });
}

void World::something() {
    User& one = anybody();
    User& other = anybody();
    const std::size_t dice = below(100);
    if (dice < 40) return talk(one, other);
    if (dice < 70 && plan_.comeAndGo) return comeOrGo(one);
    if (dice < 90 && plan_.forge) return forge(one, other);
}

/// What befalls many at once, rarely enough that they recover in between.
void World::disturb() {
    if (!isBusy_) return;
    const std::size_t dice = below(4);
    if (dice == 0 && plan_.restartKeeping) stopIndex(true);
    if (dice == 1 && plan_.restartLosing) stopIndex(false);
    if (dice == 2 && plan_.cutHosts) cutOff(anybody().host);
    if (dice == 3 && plan_.cutHosts) cutOff(network_.chance(0.3) ? kIndex.address : anybody().host);
    network_.later(network_.between(1s, 20s), [this] { disturb(); });
}

void World::inject(const Endpoint& from, const Endpoint& to, const std::string& text) {
    network_.inject(from, to, utf16(text));
}

void World::talk(User& from, User& to) {
    if (!to.node) return;
    const Endpoint source{from.host, static_cast<std::uint16_t>(40'000 + below(20'000))};
    inject(source, to.node->endpoint(), "talk,12:00:00," + from.name.str() + ",hi, there");
}

/// T5, T6, T7: somebody speaks for the index, or for another user.
void World::forge(User& victim, User& other) {
    if (plan_.confirm == index::Confirm::Tcp && network_.chance(0.5)) return forgeToIndex(victim);
    if (!victim.node) return;
    const std::string& name = other.name.str();
    const std::string there = "," + kAttacker.toString();
    const std::vector<std::string> lies{
        "login," + name + there, "logout," + name + there,
        "login,mallory" + there, "Accept,666",
        "reject,taken,go away",  "talk,12:00:00," + name + "," + std::string(kForgedText)};
    inject(kAttacker, victim.node->endpoint(), lies[below(lies.size())]);
}

/// T1, T2, T5: what the index must not believe, and a victim that must not be flooded for it.
void World::forgeToIndex(User& victim) {
    const std::string ghost = "ghost" + std::to_string(++ghosts_ % 40);
    const Endpoint bystander{Address::v4({10, 77, 0, static_cast<std::uint8_t>(below(5))}), 7777};
    const std::string& name = victim.name.str();
    inject(bystander, kIndex, "login," + ghost + "," + bystander.toString());
    inject(kAttacker, kIndex, "logout," + name + "," + victim.lastEndpoint.toString());
    if (victim.node)
        inject(kAttacker, kIndex, "logout," + name + "," + victim.node->endpoint().toString());
    inject(kAttacker, kIndex, "login," + name + "," + bystander.toString());
}

// What must hold ---------------------------------------------------------------------------

/// What our users say to the index is exactly a login or a logout of themselves.
void World::watch(const Endpoint& to, const Endpoint& from, BytesView payload) {
    if (from == kIndex) return;
    require(to == kIndex, "a listener sends to somebody else than the index", from.toString());
    const auto user = std::ranges::find_if(users_, [&](const User& candidate) {
        return candidate.node && candidate.node->endpoint() == from;
    });
    require(user != users_.end(), "a datagram of nobody");
    const Bytes sent(payload.begin(), payload.end());
    require(sent == wire::encodeClassic(wire::Login{user->name.str(), from}) ||
                sent == wire::encodeClassic(wire::Logout{user->name.str(), from}),
            "something else than login and logout to the index", user->name.str());
}

void World::checkAgreement() {
    require(index_ != nullptr, "no index at the end");
    index_->check();
    const auto truth = index_->users();
    require(facts_.isTruthDamaged || truth.size() <= facts_.userCount(), "more users than exist");
    for (const User& user : users_) {
        if (!user.node) continue;
        const std::string& name = user.name.str();
        require(user.node->state() == State::Online, "not online in the end", name);
        const auto self = truth.find(name);
        require(self != truth.end(), "not listed in the end", name);
        auto expected = truth;
        if (plan_.isDotNet) expected[name] = user.node->endpoint();
        require(expected[name] == user.node->endpoint(), "listed elsewhere in the end", name);
        require(user.node->listener().contacts().all() == expected, "knows another roster", name);
        user.node->checkReader();
    }
}

}  // namespace im::sim
