// SPDX-License-Identifier: BSL-1.0
// TalkWorld: alice writes lines to bob, by real senders and listeners at a real index, on a bad
// network, and things happen.  After every step:
//   - what a sender takes for delivered was shown; while a listener lives nothing is shown twice,
//     and each stream in order;
//   - a sender ends with a result only where that is the truth;
//   - no datagram is longer than 1,200 bytes, none of a sealed client is readable or in classic but
//     `hello`, and an address that never proved itself gets at most three times what came from it;
//   - the tables of the index keep their bounds (SealedIndexNode).
// In the end, in calm weather, everything is delivered, and everybody agrees with the index about
// who is online and where.
#pragma once

#include "tests/sim/sealed_index_node.hpp"
#include "tests/support/sealed_people.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace im::sim {

struct TalkPlan {
    int lines = 60;
    double loss = 0;
    bool isDrawn = false;  ///< when things happen
    bool cutOff = false;
    bool restartIndex = false;
    bool rotateKey = false;
    bool moveSender = false;
    bool moveListener = false;
    bool restartListener = false;
    bool restartSender = false;  ///< with its outbox
    bool lazyReader = false;
    bool comeAndGo = false;  ///< others do, one of them in classic
    bool replay = false;     ///< somebody sends again what he has seen, as himself or as others
};

/// Each happens or not, at some time, on a network that is good or bad.
[[nodiscard]] TalkPlan drawPlan(std::uint64_t seed);

class TalkWorld final : public test::PeopleWorld {
public:
    TalkWorld(std::uint64_t seed, const TalkPlan& plan);
    ~TalkWorld() override;

    /// Throws Broken when something does not hold.
    void run();
    [[nodiscard]] test::PeopleIndex& host() override { return index_; }

private:
    struct Kept {
        std::string message;
        wire::SegmentNumber beganAt;
    };
    struct Seen {
        Endpoint from;
        Endpoint to;
        Bytes bytes;
    };

    void plan();
    void at(int line, std::function<void()> what);
    void startListener();
    void startSender();
    void restartSender();
    void retry();
    void say(int line);
    void finish();

    void comeOrGo();
    void classic(std::string_view verb);
    void replay();

    void step(Duration time);
    void watchDatagram(const Endpoint& from, const Endpoint& to, BytesView payload);
    void checkReadable(const Endpoint& from, BytesView payload) const;
    void look();
    void lookAtTexts();
    void lookAtReceipts();
    void checkResult(talk::SendResult result) const;
    void checkPresence();

    [[nodiscard]] bool hasFailed() const;
    [[nodiscard]] std::string freshPort() { return ":" + std::to_string(nextPort_++); }

    TalkPlan plan_;
    SealedIndexNode index_;
    test::Person alice_{"alice", 11};
    test::Person bob_{"bob", 12};
    test::Person carol_{"carol", 13};
    std::unique_ptr<test::SealedListenerNode> alices_;
    std::unique_ptr<test::SealedListenerNode> bobs_;
    std::unique_ptr<test::SealedListenerNode> carols_;
    std::unique_ptr<test::SealedSenderNode> sender_;
    std::multimap<int, std::function<void()>> agenda_;

    std::optional<wire::StreamId> stream_;
    std::optional<talk::SealedSender::Cached> cached_;  ///< bob's card, as a session file keeps it
    talk::StreamBeginning beginning_;
    std::vector<Kept> outbox_;  ///< by number
    bool isFinished_ = false;

    std::set<int> shown_;
    std::set<int> shownBefore_;  ///< by a listener that died
    std::size_t textsSeen_ = 0;
    std::size_t receiptsSeen_ = 0;
    int delivered_ = 0;
    TimePoint bobAwayAt_ = TimePoint::min();  ///< the index did not know him then
    bool isEveHere_ = false;
    int nextPort_ = 5100;

    std::vector<Seen> seen_;
    std::map<Endpoint, std::size_t> asVictim_;  ///< bytes said to come from there
    std::map<Endpoint, std::size_t> toVictim_;
};

}  // namespace im::sim
