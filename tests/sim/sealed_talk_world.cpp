// SPDX-License-Identifier: BSL-1.0
#include "tests/sim/sealed_talk_world.hpp"

#include "libim/talk/talk_message.hpp"
#include "libim/wire/hello.hpp"
#include "libim/wire/utf16.hpp"
#include "tests/sim/broken.hpp"

#include <algorithm>
#include <utility>

namespace im::sim {

using namespace test;
using talk::SendResult;

namespace {

constexpr std::string_view kTime = "2026-11-22T17:43:50.001Z";
constexpr std::size_t kMostSeen = 64;
const Endpoint kEve = *Endpoint::parse("10.0.0.66:6000");  // speaks classic
const Address kListenersHost = *Address::parse("192.0.2.3");

bool isIn(unsigned block, const Endpoint& at) {
    return at.address.isV4() && at.address.v4Bytes()[0] == block;
}
/// Victims have addresses from which nobody speaks.
bool isVictim(const Endpoint& at) {
    return isIn(198, at);
}
/// Eve's, and where a login of hers leads that was damaged on its way.
bool isClassic(const Endpoint& at) {
    return isIn(kEve.address.v4Bytes()[0], at);
}

Weather bad(double loss) {
    return {.loss = loss, .repeat = 0.1, .damage = 0.01, .delayLeast = 1ms, .delayMost = 200ms};
}

}  // namespace

TalkPlan drawPlan(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto maybe = [&random] { return random() % 3 == 0; };
    constexpr double kLosses[] = {0, 0, 0.05, 0.05, 0.2, 0.29, 0.5};
    TalkPlan plan;
    plan.isDrawn = true;
    plan.lines = 12;
    plan.loss = kLosses[random() % std::size(kLosses)];
    for (bool TalkPlan::*event :
         {&TalkPlan::cutOff, &TalkPlan::restartIndex, &TalkPlan::rotateKey, &TalkPlan::moveSender,
          &TalkPlan::moveListener, &TalkPlan::restartListener, &TalkPlan::restartSender,
          &TalkPlan::lazyReader, &TalkPlan::comeAndGo, &TalkPlan::replay})
        plan.*event = maybe();
    return plan;
}

TalkWorld::TalkWorld(std::uint64_t seed, const TalkPlan& plan)
    : PeopleWorld(seed), plan_(plan), index_(seed + 1'000) {
    startIndex();
    network.watch([this](const Endpoint& from, const Endpoint& to, BytesView payload) {
        watchDatagram(from, to, payload);
    });
    alice_.pins.users["bob"] = bob_.identity.publicKey();
    bob_.pins.users["alice"] = alice_.identity.publicKey();
    startListener();
    alices_ = std::make_unique<SealedListenerNode>(*this, alice_, "192.0.2.2:5001");
    alices_->adopt();
    network.run(3s);
    startSender();
    this->plan();
}

TalkWorld::~TalkWorld() {
    stopIndex();
}

void TalkWorld::run() {
    network.setWeather(bad(plan_.loss));
    for (int line = 0; line < plan_.lines; ++line) {
        say(line);
        step(50ms + network.between(0ms, 400ms));
        const auto [first, last] = agenda_.equal_range(line);
        for (auto event = first; event != last; ++event) event->second();
        if (plan_.replay) replay();
        if (hasFailed()) retry();
    }
    network.join(kListenersHost);
    network.setWeather({});
    finish();
    for (int wait = 0; wait < 200 && delivered_ < plan_.lines; ++wait) {
        step(1s);
        if (hasFailed()) retry();
    }
    require(delivered_ == plan_.lines, "not all delivered");
    checkPresence();
}

// What happens, and when -------------------------------------------------------------------

/// Those that are drawn happen in the middle, so that something comes before and after.
void TalkWorld::at(int line, std::function<void()> what) {
    if (plan_.isDrawn)
        line = static_cast<int>(network.random()() % static_cast<unsigned>(plan_.lines));
    agenda_.emplace(line, std::move(what));
}

void TalkWorld::plan() {
    if (plan_.cutOff) {
        at(10, [this] { network.cut(kListenersHost); });
        at(22, [this] { network.join(kListenersHost); });
    }
    if (plan_.restartIndex) at(15, [this] { restartIndex(); });
    for (const int line : {12, 32, 52})
        if (plan_.rotateKey)
            at(line, [this] {
                bobs_->act(
                    [this](Sink& sink) { bobs_->listener.transport().rotateKey(now(), sink); });
            });
    for (const int line : {7, 22, 37, 52})
        if (plan_.moveSender) at(line, [this] { sender_->move("203.0.113.9" + freshPort()); });
    for (const int line : {17, 42})
        if (plan_.moveListener) at(line, [this] { bobs_->move("203.0.113.7" + freshPort()); });
    if (plan_.restartListener) at(30, [this] { startListener(); });
    for (const int line : {18, 38, 58})
        if (plan_.restartSender) at(line, [this] { restartSender(); });
    for (int line = 0; line < plan_.lines; line += 3)
        if (plan_.comeAndGo) at(line, [this] { comeOrGo(); });
}

void TalkWorld::startListener() {
    bobs_.reset();
    bobs_ = std::make_unique<SealedListenerNode>(*this, bob_, "192.0.2.3" + freshPort());
    bobs_->isLazy = plan_.lazyReader;
    bobs_->adopt();
    shownBefore_.insert(shown_.begin(), shown_.end());
    shown_.clear();
    textsSeen_ = 0;
}

/// What is not delivered goes on in the same stream, under the card that is known.
void TalkWorld::startSender() {
    std::optional<talk::SealedSender::Resumed> resumed;
    if (stream_) resumed = talk::SealedSender::Resumed{*stream_, beginning_};
    sender_ = std::make_unique<SealedSenderNode>(
        *this, alice_, "192.0.2.2" + freshPort(),
        SealedSenderNode::Choice{.early = true, .timeout = Duration(), .patience = 31s});
    sender_->sender.add(bob_.name, cached_, resumed, now());
    stream_ = sender_->sender.stream(0).id();
    receiptsSeen_ = 0;
    for (std::size_t number = beginning_.message; number < outbox_.size(); ++number)
        require(sender_->sender.restore(0, outbox_[number].message, outbox_[number].beganAt, now()),
                "the outbox does not fit");
    if (isFinished_) finish();
}

void TalkWorld::restartSender() {
    beginning_ = sender_->sender.stream(0).beginning();
    if (auto found = sender_->sender.found(0)) cached_ = std::move(found);
    sender_.reset();
    startSender();
}

bool TalkWorld::hasFailed() const {
    return sender_->receipts.size() > sender_->count(SendResult::Delivered);
}

/// A person tries again, out of the outbox.
void TalkWorld::retry() {
    checkResult(sender_->receipts.back().result);
    restartSender();
}

void TalkWorld::say(int line) {
    const std::string text = "line " + std::to_string(line);
    require(sender_->say(0, text), "no room for a line");
    outbox_.push_back({talk::talkHead(talk::TalkKind::Talk, {}, kTime, "alice") + text,
                       sender_->sender.stream(0).lastBegan()});
}

void TalkWorld::finish() {
    isFinished_ = true;
    sender_->act([this](Sink& sink) {
        sender_->sender.finish(0);
        sender_->sender.tick(now(), sink);
    });
}

// Others -----------------------------------------------------------------------------------

void TalkWorld::comeOrGo() {
    switch (network.random()() % 4) {
        case 0:
            return classic(std::exchange(isEveHere_, !isEveHere_) ? "logout" : "login");
        case 1:
            return carols_.reset();  // without a word
        case 2:
            if (carols_) carols_->logout();
            return;
        default:
            carols_ = nullptr;
            carols_ =
                std::make_unique<SealedListenerNode>(*this, carol_, "192.0.2.4" + freshPort());
            return carols_->adopt();
    }
}

void TalkWorld::classic(std::string_view verb) {
    Bytes bytes;
    wire::appendUtf16le(bytes, std::string(verb) + ",eve," + kEve.toString());
    network.inject(kEve, kPeopleIndexAt, bytes);
}

/// What was seen comes again, from where it came or from elsewhere.  A HINT that hits gains one
/// INIT to where it came from (doc/protocol.md, "Attacks on sealed"): none are sent from elsewhere.
void TalkWorld::replay() {
    for (int copies = 0; copies < 3 && !seen_.empty(); ++copies) {
        const Seen& one = seen_[network.random()() % seen_.size()];
        const auto frame = wire::parseFrame(one.bytes);
        const bool isHint = frame && std::holds_alternative<wire::HintFrame>(*frame);
        if (isHint || network.chance(0.3)) {
            network.inject(one.from, one.to, one.bytes);
            continue;
        }
        const Endpoint victim{Address::v4({198, 51, 100, static_cast<std::uint8_t>(copies)}), 9};
        asVictim_[victim] += one.bytes.size();
        network.inject(victim, one.to, one.bytes);
    }
}

// What must hold ---------------------------------------------------------------------------

void TalkWorld::step(Duration time) {
    network.run(time);
    if (plan_.lazyReader && network.chance(0.5)) bobs_->readAll();
    look();
}

void TalkWorld::watchDatagram(const Endpoint& from, const Endpoint& to, BytesView payload) {
    require(payload.size() <= wire::kMaxUdpPayload || isClassic(to), "a datagram is too long");
    if (!isClassic(to)) checkReadable(from, payload);
    if (isVictim(to)) {
        toVictim_[to] += payload.size();
        require(toVictim_[to] <= 3 * asVictim_[to], "too much for an unproven address",
                to.toString());
    }
    const Seen seen{from, to, Bytes(payload.begin(), payload.end())};
    if (!plan_.replay || isVictim(to)) return;
    if (seen_.size() < kMostSeen)
        seen_.push_back(seen);
    else if (network.random()() % 4 == 0)
        seen_[network.random()() % kMostSeen] = seen;
}

void TalkWorld::checkReadable(const Endpoint& from, BytesView payload) const {
    Bytes wide;
    wire::appendUtf16le(wide, "line ");
    for (const BytesView text : {asBytes("line "), BytesView(wide)})
        require(std::ranges::search(payload, text).empty(), "talk can be read", from.toString());
    require(wire::isSealed(payload) || wire::decodeHello(payload), "something in classic",
            from.toString());
}

void TalkWorld::look() {
    lookAtTexts();
    lookAtReceipts();
    if (!index_.users().contains("bob")) bobAwayAt_ = now();
    require(now() < TimePoint(10h), "it takes too long");
}

/// At most once and in order while the listener lives.
void TalkWorld::lookAtTexts() {
    const auto& texts = bobs_->texts;
    for (; textsSeen_ < texts.size(); ++textsSeen_) {
        if (!texts[textsSeen_].starts_with("line")) continue;  // a gap
        const int line = std::stoi(texts[textsSeen_].substr(5));
        require(shown_.empty() || *shown_.rbegin() < line, "twice, or out of order",
                texts[textsSeen_]);
        shown_.insert(line);
    }
}

void TalkWorld::lookAtReceipts() {
    const auto& receipts = sender_->receipts;
    for (; receiptsSeen_ < receipts.size(); ++receiptsSeen_) {
        const auto& receipt = receipts[receiptsSeen_];
        if (receipt.result != SendResult::Delivered) continue;
        const int line = static_cast<int>(receipt.number);
        require(shown_.contains(line) || shownBefore_.contains(line), "delivered and not shown");
        delivered_ = std::max(delivered_, line + 1);
    }
}

/// Whether that is what a person may be told.
void TalkWorld::checkResult(SendResult result) const {
    const bool wasAway = bobAwayAt_ != TimePoint::min() && now() - bobAwayAt_ < 40s;
    const bool isTrue = (result == SendResult::Offline && wasAway) ||
                        (result == SendResult::NoIndex && (plan_.loss >= 0.2 || plan_.replay));
    require(isTrue, "a result that is not true", std::to_string(static_cast<int>(result)));
}

/// A lease and a keep-alive later nobody is told anything that is not so.
void TalkWorld::checkPresence() {
    for (int wait = 0; wait < 15; ++wait) step(10s);
    const auto online = index_.users();
    require(online.contains("alice") && online.contains("bob"), "somebody is not back");
    for (const auto* node : {&alices_, &bobs_, &carols_}) {
        if (!*node || (*node)->listener.link().state() != talk::SealedIndexLink::State::Online)
            continue;
        require((*node)->listener.link().presence().contacts().all() == online,
                "does not agree about who is online", (*node)->here.toString());
    }
}

}  // namespace im::sim
