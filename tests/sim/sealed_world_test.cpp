// SPDX-License-Identifier: BSL-1.0
// Real sealed senders and listeners on a bad network, with a model of the index.  In each world:
// what a sender takes for delivered was shown; while a listener lives nothing is shown twice and
// each stream in order; in the end, in calm weather, everything is delivered.
#include "tests/sim/broken.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sealed_people.hpp"

using namespace im;
using namespace im::sim;
using namespace im::test;
using talk::SendResult;

namespace {

constexpr int kLines = 60;

struct SealedPlan {
    double loss = 0;
    bool cutOff = false;
    bool restartIndex = false;
    bool rotateKey = false;
    bool moveSender = false;
    bool moveListener = false;
    bool restartListener = false;
    bool restartSender = false;  ///< with its outbox
    bool lazyReader = false;
};

Weather bad(double loss) {
    return {.loss = loss, .repeat = 0.1, .damage = 0.01, .delayLeast = 1ms, .delayMost = 200ms};
}

/// Alice writes lines to bob, and things happen.
class Conversation {
public:
    Conversation(std::uint64_t seed, const SealedPlan& plan) : plan_(plan), world_(seed) {
        alice_.pins.users["bob"] = bob_.identity.publicKey();
        bob_.pins.users["alice"] = alice_.identity.publicKey();
        startListener();
        startAlice();
        world_.network.run(3s);
        startSender();
    }

    void run() {
        world_.network.setWeather(bad(plan_.loss));
        for (int line = 0; line < kLines; ++line) {
            say(line);
            step(50ms + world_.network.between(0ms, 400ms));
            disturb(line);
            if (hasFailed()) restartSender();
        }
        world_.network.setWeather({});
        finish();
        for (int wait = 0; wait < 200 && delivered_ < kLines; ++wait) {
            step(1s);
            if (hasFailed()) flush();
        }
        require(delivered_ == kLines, "not all delivered");
        check();
    }

private:
    void startListener() {
        listener_ = std::make_unique<SealedListenerNode>(
            world_, bob_, "192.0.2.3:" + std::to_string(nextPort_++));
        listener_->isLazy = plan_.lazyReader;
        listener_->act([this](Sink& sink) {
            listener_->listener.adopt(talk::Contacts(), world_.now(), sink);
        });
        shownBefore_.insert(shown_.begin(), shown_.end());
        shown_.clear();
        seen_ = 0;
    }
    void startAlice() {
        alices_ = std::make_unique<SealedListenerNode>(world_, alice_, "192.0.2.2:5001");
        alices_->act(
            [this](Sink& sink) { alices_->listener.adopt(talk::Contacts(), world_.now(), sink); });
    }
    /// What is not delivered goes on in the same stream.
    void startSender() {
        std::optional<talk::SealedSender::Resumed> resumed;
        if (stream_) resumed = talk::SealedSender::Resumed{*stream_, beginning_};
        sender_ = std::make_unique<SealedSenderNode>(
            world_, alice_, "192.0.2.2:" + std::to_string(nextPort_++),
            SealedSenderNode::Choice{.early = true, .timeout = Duration()});
        sender_->sender.add(bob_.name, {}, resumed, world_.now());
        stream_ = sender_->sender.stream(0).id();
        receiptsSeen_ = 0;
        for (const Kept& kept : outbox_) {
            if (kept.number < beginning_.message) continue;
            require(sender_->sender.restore(0, kept.message, kept.beganAt, world_.now()),
                    "the outbox does not fit");
        }
    }
    void restartSender() {
        beginning_ = sender_->sender.stream(0).beginning();
        sender_.reset();
        startSender();
    }

    /// The index did not answer, or the like: a person tries again, out of the outbox.
    [[nodiscard]] bool hasFailed() const {
        return sender_->receipts.size() > sender_->count(SendResult::Delivered);
    }
    void flush() {
        restartSender();
        finish();
    }

    struct Kept {
        wire::MessageNumber number;
        std::string message;
        wire::SegmentNumber beganAt;
    };
    void say(int line) {
        const std::string text = "line " + std::to_string(line);
        require(sender_->say(0, text), "no room for a line");
        outbox_.push_back(
            {static_cast<wire::MessageNumber>(line),
             talk::talkHead(talk::TalkKind::Talk, {}, "2026-11-22T17:43:50.001Z", "alice") + text,
             sender_->sender.stream(0).lastBegan()});
    }
    void finish() {
        sender_->act([this](Sink& sink) {
            sender_->sender.finish(0);
            sender_->sender.tick(world_.now(), sink);
        });
    }

    void disturb(int line) {
        auto& network = world_.network;
        if (plan_.cutOff && line == 10) network.cut(listener_->here.address);
        if (plan_.cutOff && line == 22) network.join(Address(*Address::parse("192.0.2.3")));
        if (plan_.restartIndex && line == 15) world_.restartIndex();
        if (plan_.rotateKey && line % 20 == 12)
            listener_->act([this](Sink& sink) {
                listener_->listener.transport().rotateKey(world_.now(), sink);
            });
        if (plan_.moveSender && line % 15 == 7)
            sender_->move("203.0.113.9:" + std::to_string(nextPort_++));
        if (plan_.moveListener && line % 25 == 17)
            listener_->move("203.0.113.7:" + std::to_string(nextPort_++));
        if (plan_.restartListener && line == 30) {
            listener_.reset();
            startListener();
        }
        if (plan_.restartSender && line % 20 == 18) restartSender();
    }

    void step(Duration time) {
        world_.network.run(time);
        if (plan_.lazyReader && world_.network.chance(0.5)) listener_->readAll();
        look();
    }
    /// After every step: at most once and in order while the listener lives, success is shown.
    void look() {
        const auto& texts = listener_->texts;
        for (; seen_ < texts.size(); ++seen_) {
            if (!texts[seen_].starts_with("line")) continue;  // a gap
            const int line = std::stoi(texts[seen_].substr(5));
            require(shown_.empty() || *shown_.rbegin() < line, "twice, or out of order",
                    texts[seen_]);
            shown_.insert(line);
        }
        const auto& receipts = sender_->receipts;
        for (; receiptsSeen_ < receipts.size(); ++receiptsSeen_) {
            const auto& receipt = receipts[receiptsSeen_];
            if (receipt.result != SendResult::Delivered) continue;
            const int line = static_cast<int>(receipt.number);
            require(shown_.contains(line) || shownBefore_.contains(line),
                    "delivered and not shown");
            delivered_ = std::max(delivered_, line + 1);
        }
        require(world_.now() < TimePoint(10h), "it takes too long");
    }
    void check() {
        for (int line = 0; line < kLines; ++line)
            require(shown_.contains(line) || shownBefore_.contains(line), "a line is missing");
    }

    SealedPlan plan_;
    SealedWorld world_;
    Person alice_{"alice", 11};
    Person bob_{"bob", 12};
    std::unique_ptr<SealedListenerNode> listener_;
    std::unique_ptr<SealedListenerNode> alices_;
    std::unique_ptr<SealedSenderNode> sender_;
    std::optional<wire::StreamId> stream_;
    talk::StreamBeginning beginning_;
    std::vector<Kept> outbox_;
    std::set<int> shown_;
    std::set<int> shownBefore_;  ///< by a listener that died
    std::size_t seen_ = 0;
    std::size_t receiptsSeen_ = 0;
    int delivered_ = 0;
    int nextPort_ = 5100;
};

void converse(std::uint64_t seeds, const SealedPlan& plan) {
    forEachSeed(seeds, [&](std::uint64_t seed) { Conversation(seed, plan).run(); });
}

}  // namespace

TEST_CASE("Sealed talk arrives once and in order, whatever is lost") {
    for (const double loss : {0.0, 0.05, 0.2, 0.29, 0.5}) converse(10, {.loss = loss});
}

TEST_CASE("Sealed talk goes on after its listener was cut off") {
    converse(10, {.loss = 0.05, .cutOff = true});
}

TEST_CASE("Sealed talk does not mind that the index restarts") {
    converse(10, {.loss = 0.05, .restartIndex = true});
}

TEST_CASE("Sealed talk goes on under another K") {
    converse(10, {.loss = 0.05, .rotateKey = true});
}

TEST_CASE("Sealed talk follows who moves, sender and listener") {
    converse(10, {.loss = 0.05, .moveSender = true});
    converse(10, {.loss = 0.05, .moveListener = true});
}

TEST_CASE("Sealed talk finds a listener that was restarted") {
    converse(10, {.loss = 0.05, .restartListener = true});
}

TEST_CASE("A sender that is restarted with its outbox shows nothing twice") {
    converse(10, {.loss = 0.05, .restartSender = true});
}

TEST_CASE("A slow reader loses nothing and nothing is acknowledged before he has it") {
    converse(10, {.loss = 0.05, .lazyReader = true});
}

TEST_CASE("Sealed talk survives all of it at once") {
    converse(20, {.loss = 0.2,
                  .cutOff = true,
                  .restartIndex = true,
                  .rotateKey = true,
                  .moveSender = true,
                  .moveListener = true,
                  .restartListener = true,
                  .restartSender = true,
                  .lazyReader = true});
}
