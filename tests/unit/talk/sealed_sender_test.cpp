// SPDX-License-Identifier: BSL-1.0
// What a SealedSender tells of messages: receipts, what ends the wait for them, another attempt.
#include "tests/support/catch.hpp"
#include "tests/support/sealed_people.hpp"

using namespace im;
using namespace im::test;
using talk::SendResult;

namespace {

constexpr std::string_view kTime = "2026-11-22T17:43:50.001Z";

/// Alice and bob know each other; bob may be logged in, alice sends.
struct Story : SealedWorld {
    Story() {
        alice.pins.users["bob"] = bob.identity.publicKey();
        bob.pins.users["alice"] = alice.identity.publicKey();
    }
    void bobComes() {
        bobs.start();
        network.run(2s);
    }
    [[nodiscard]] talk::SealedSender::Cached bobsCard() {
        return {bobs.listener.transport().keys().current().card.bytes, {bobs.here}};
    }

    Person alice{"alice", 11};
    Person bob{"bob", 12};
    SealedListenerNode bobs{*this, bob, "192.0.2.3:5002"};
    SealedSenderNode sender{*this, alice, "192.0.2.2:6001"};
};

}  // namespace

TEST_CASE("who leaves after a receipt in the RESP sends nothing more") {
    Story story;
    story.bobComes();
    story.sender.once(story.bob, "hi", story.bobsCard());
    story.network.run(100ms);
    REQUIRE(story.sender.count(SendResult::Delivered) == 1);
    const auto before = story.network.sentCount();
    story.sender.act([&](Sink& sink) { story.sender.sender.leave(story.now(), sink); });
    CHECK(story.network.sentCount() == before);
}

TEST_CASE("who was offline is reached by another attempt when he has come") {
    Story story;
    story.bobComes();
    story.bobs.logout();
    story.network.run(1s);
    const std::size_t bob = story.sender.add(story.bob);
    story.sender.say(bob, "are you there?");
    story.network.run(2s);
    REQUIRE(story.sender.count(SendResult::Offline) == 1);
    CHECK(story.sender.sender.failure(bob) == SendResult::Offline);
    SealedListenerNode again(story, story.bob, "192.0.2.3:5003");
    again.start();
    story.network.run(2s);
    story.sender.sender.renew(bob, story.now());
    CHECK_FALSE(story.sender.sender.failure(bob));
    story.sender.say(bob, "and now?");
    story.network.run(2s);
    CHECK(again.texts == std::vector<std::string>{"and now?"});
    REQUIRE(story.sender.receipts.size() == 2);
    CHECK(story.sender.receipts[1].number == 0);
    CHECK(story.sender.receipts[1].id == again.ids[0]);
}

TEST_CASE("who has logged out is known to be offline long before the time for a receipt is over") {
    Story story;
    story.bobComes();
    const auto card = story.bobsCard();
    story.bobs.logout();
    story.bobs.move("192.0.2.98:1");
    story.network.run(1s);
    story.sender.once(story.bob, "hi", card);
    story.network.run(1500ms);
    CHECK(story.sender.count(SendResult::Offline) == 1);
}

TEST_CASE("a message does not time out while the listener takes what is before it") {
    Story story;
    story.bobComes();
    story.bobs.isStopped = true;
    const std::size_t bob = story.sender.add(story.bob, story.bobsCard());
    for (int i = 0; i < 5; ++i) {
        story.sender.sender.separate(bob);
        story.sender.say(bob, std::to_string(i));
    }
    for (int i = 0; i < 5; ++i) {
        story.network.run(4s);
        story.bobs.act([&](Sink& sink) { story.bobs.listener.written(1, story.now(), sink); });
    }
    story.network.run(1s);
    CHECK(story.sender.count(SendResult::Delivered) == 5);
    CHECK(story.sender.receipts.size() == 5);
}

TEST_CASE("one receipt tells of many lines, and no line is left out") {
    Story story;
    story.bobComes();
    const std::size_t bob = story.sender.add(story.bob, story.bobsCard());
    std::string lines;
    for (int i = 0; i < 500; ++i) lines += "line " + std::to_string(i) + "\n";
    talk::Push result{};
    story.sender.act([&](Sink& sink) {
        CHECK(story.sender.sender.pushLines(bob, kTime, lines + "no end", result, story.now()) ==
              lines.size());
        story.sender.sender.tick(story.now(), sink);
    });
    CHECK(result == talk::Push::Taken);
    story.network.run(2s);
    std::uint64_t told = 0;
    for (const talk::SendReceipt& receipt : story.sender.receipts) {
        CHECK(receipt.result == SendResult::Delivered);
        CHECK(receipt.number == told);
        told += receipt.count;
    }
    CHECK(told == 500);
    CHECK(story.bobs.texts.size() == 500);
    CHECK(story.bobs.texts.back() == "line 499");
    CHECK(story.sender.receipts.size() < 100);
}

TEST_CASE("who is written to at one endpoint is not looked for at another") {
    Story story;
    story.bobComes();
    const Endpoint nobody = *Endpoint::parse("192.0.2.99:1");
    const std::size_t bob =
        story.sender.sender.add({story.bob.name, story.bobsCard(), nobody}, {}, story.now());
    story.sender.say(bob, "hi", true);
    story.network.run(10s);
    CHECK(story.sender.count(SendResult::Timeout) == 1);
    CHECK(story.bobs.texts.empty());
}

TEST_CASE("an index that calls a pinned name classic is not believed") {
    Story story;
    story.network.act(kPeopleIndexAt, [&](Sink& sink) {
        story.index.invent("bob", "192.0.2.9:1", true, sink, story.now());
    });
    story.sender.once(story.bob, "hi");
    story.network.run(2s);
    CHECK(story.sender.count(SendResult::KeyChanged) == 1);
}

TEST_CASE("with no time for a receipt one knows when all has been sent") {
    Story story;
    story.bobComes();
    story.bobs.isStopped = true;
    const std::size_t bob = story.sender.add(story.bob, story.bobsCard());
    CHECK(story.sender.sender.stream(bob).isAllSent());
    (void)story.sender.sender.push(bob, talk::TalkKind::Talk, {}, kTime, "hi", story.now());
    CHECK_FALSE(story.sender.sender.stream(bob).isAllSent());
    story.sender.act([&](Sink& sink) { story.sender.sender.tick(story.now(), sink); });
    CHECK(story.sender.sender.stream(bob).isAllSent());
}
