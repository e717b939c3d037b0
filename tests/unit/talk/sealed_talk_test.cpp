// SPDX-License-Identifier: BSL-1.0
// One sender, one listener, an index: what a person sees of the sealed profile.
#include "libim/talk/talk_message.hpp"
#include "libim/wire/classic_codec.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sealed_people.hpp"

using namespace im;
using namespace im::test;
using talk::SendResult;

namespace {

/// Alice and bob are logged in; alice's programs know bob's key.
struct Pair : SealedWorld {
    explicit Pair(std::uint64_t seed = 1, bool arePinned = true) : SealedWorld(seed) {
        if (arePinned) {
            alice.pins.users["bob"] = bob.identity.publicKey();
            bob.pins.users["alice"] = alice.identity.publicKey();
        }
        alices.start();
        bobs.start();
        network.run(2s);
        bobs.lines.clear();
    }
    [[nodiscard]] talk::SealedSender::Cached bobsCard() {
        return {bobs.listener.transport().keys().current().card.bytes, {bobs.here}};
    }

    Person alice{"alice", 11};
    Person bob{"bob", 12};
    SealedListenerNode alices{*this, alice, "192.0.2.2:5001"};
    SealedListenerNode bobs{*this, bob, "192.0.2.3:5002"};
};

}  // namespace

TEST_CASE("a short message to somebody whose card is known is two datagrams and a receipt") {
    Pair world;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    const auto before = world.network.sentCount();
    sender.once(world.bob, "lunch?\nat noon", world.bobsCard());
    world.network.run(100ms);
    CHECK(world.bobs.lines == std::vector<std::string>{"talk alice ok lunch?\nat noon"});
    REQUIRE(sender.receipts.size() == 1);
    CHECK(sender.receipts[0].result == SendResult::Delivered);
    CHECK(sender.receipts[0].id == world.bobs.ids[0]);
    CHECK(sender.receipts[0].endpoint == world.bobs.here);
    CHECK(world.network.sentCount() - before == 2);
}

TEST_CASE("without a card the index is asked, one round trip more") {
    Pair world;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    const auto before = world.network.sentCount();
    sender.once(world.bob, "hi");
    world.network.run(100ms);
    CHECK(world.bobs.texts == std::vector<std::string>{"hi"});
    CHECK(sender.count(SendResult::Delivered) == 1);
    CHECK(world.network.sentCount() - before == 4);
}

TEST_CASE("with --no-early no text is in the first datagram, and it arrives all the same") {
    Pair world;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001", {.early = false});
    std::vector<std::size_t> inits;
    world.network.watch([&](const Endpoint& from, const Endpoint&, BytesView payload) {
        const auto frame = wire::parseFrame(payload);
        if (from == sender.here && frame && std::holds_alternative<wire::InitFrame>(*frame))
            inits.push_back(payload.size());
    });
    sender.once(world.bob, std::string(700, 'x'), world.bobsCard());
    world.network.run(1s);
    CHECK(inits ==
          std::vector<std::size_t>{wire::kInitOverhead + wire::recordSize(wire::kCardFixed + 5)});
    CHECK(world.bobs.texts.size() == 1);
    CHECK(sender.count(SendResult::Delivered) == 1);
}

TEST_CASE("the receipt waits until the message is written, and no longer") {
    Pair world;
    world.bobs.isStopped = true;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    sender.once(world.bob, "hi", world.bobsCard());
    world.network.run(3s);
    CHECK(world.bobs.texts.size() == 1);
    CHECK(sender.receipts.empty());
    world.bobs.readAll();
    world.network.run(1s);
    CHECK(sender.count(SendResult::Delivered) == 1);
    CHECK(world.bobs.texts.size() == 1);
}

TEST_CASE("a listener that gives no receipts takes a long stream, and none of it is a success") {
    Pair world;
    world.bobs.isBlind = true;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    const std::size_t bob = sender.add(world.bob);
    for (int i = 0; i < 300; ++i) {
        CHECK(sender.say(bob, std::string(900, 'x')));
        world.network.run(20ms);
    }
    world.network.run(2s);
    CHECK(world.bobs.texts.size() == 300);
    CHECK(sender.count(SendResult::Timeout) == 300);
    CHECK(sender.sender.isIdle());
}

TEST_CASE("a reader who has stopped makes a timeout, never a success") {
    Pair world;
    world.bobs.isStopped = true;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    sender.once(world.bob, "hi", world.bobsCard());
    world.network.run(6s);
    REQUIRE(sender.receipts.size() == 1);
    CHECK(sender.receipts[0].result == SendResult::Timeout);
}

TEST_CASE("who is offline, unknown, classic, or without an index each has a result of its own") {
    Pair world;
    Person dave("dave", 13);
    Person carol("carol", 14);
    Person eve("eve", 15);
    world.index.names["dave"] = dave.identity.publicKey();
    world.network.act(kPeopleIndexAt, [&](Sink& sink) {
        world.index.invent("carol", "192.0.2.9:1", true, sink, world.now());
    });
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    sender.once(dave, "hi");
    sender.once(eve, "hi");
    sender.once(carol, "hi");
    world.network.run(1s);
    CHECK(sender.count(SendResult::Offline) == 1);
    CHECK(sender.count(SendResult::Unknown) == 1);
    CHECK(sender.count(SendResult::Classic) == 1);
    world.stopIndex();
    SealedSenderNode other(world, world.alice, "192.0.2.2:6002", {.timeout = 20s});
    other.once(dave, "hi");
    world.network.run(20s);
    CHECK(other.count(SendResult::NoIndex) == 1);
}

TEST_CASE("with the index down people whose cards are known still talk") {
    Pair world;
    world.stopIndex();
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    sender.once(world.bob, "still here", world.bobsCard());
    world.network.run(1s);
    CHECK(sender.count(SendResult::Delivered) == 1);
}

TEST_CASE("a card of a process that is gone costs 300 ms and a question") {
    Pair world;
    const auto old = world.bobsCard();
    world.bobs.act([&](Sink& sink) {
        for (int twice = 0; twice < 2; ++twice)
            world.bobs.listener.transport().rotateKey(world.now(), sink);
    });
    world.network.run(1s);
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    sender.once(world.bob, "hi", old);
    world.network.run(290ms);
    CHECK(world.bobs.texts.empty());
    world.network.run(100ms);
    CHECK(world.bobs.texts.size() == 1);
    CHECK(sender.count(SendResult::Delivered) == 1);
}

TEST_CASE("a silent peer gets the INITs of one handshake, not one a second") {
    Pair world;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001", {.timeout = Duration()});
    sender.add(world.bob);
    sender.say(0, "one");
    world.network.run(1s);
    world.network.cut(world.bobs.here.address);
    std::size_t inits = 0;
    world.network.watch([&](const Endpoint&, const Endpoint& to, BytesView payload) {
        const auto frame = wire::parseFrame(payload);
        if (to == world.bobs.here && frame && std::holds_alternative<wire::InitFrame>(*frame))
            ++inits;
    });
    sender.say(0, "two");
    world.network.run(90s);
    CHECK(inits > 0);
    CHECK(inits <= 2 * 9);
    world.network.join(world.bobs.here.address);
    world.network.run(30s);
    CHECK(sender.count(SendResult::Delivered) == 2);
}

TEST_CASE("who was offline when asked about and has come since is found") {
    Pair world;
    const auto old = world.bobsCard();
    world.bobs.logout();
    world.network.run(1s);
    world.network.cut(world.bobs.here.address);
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001", {.timeout = Duration()});
    sender.add(world.bob, old);
    sender.say(0, "are you there?");
    world.network.run(2s);
    SealedListenerNode again(world, world.bob, "203.0.113.3:5003");
    again.start();
    world.network.run(40s);
    CHECK(again.texts == std::vector<std::string>{"are you there?"});
    CHECK(sender.count(SendResult::Delivered) == 1);
}

TEST_CASE("somebody unknown is new when the index vouches for him, and ok the next time") {
    Pair world(1, false);
    for (const char* text : {"one", "two"}) {
        SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
        sender.once(world.bob, text);
        world.network.run(3s);
        CHECK(sender.count(SendResult::Delivered) == 1);
        sender.act([&](Sink& sink) { sender.sender.leave(world.now(), sink); });
        world.network.run(1s);
    }
    CHECK(world.bobs.lines == std::vector<std::string>{"talk alice new one", "talk alice ok two"});
    CHECK(world.bob.pins.users.at("alice") == world.alice.identity.publicKey());
}

TEST_CASE("a clock that is a year behind does no harm to whoever writes") {
    Pair world;
    world.today -= 365 * 86'400;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    sender.once(world.bob, "hi", world.bobsCard());
    world.network.run(1s);
    CHECK(world.bobs.texts == std::vector<std::string>{"hi"});
    CHECK(sender.count(SendResult::Delivered) == 1);
}

TEST_CASE("who asks is answered, not another process of the same person") {
    Pair world;
    SealedSenderNode asking(world, world.alice, "192.0.2.2:6001");
    asking.add(world.bob, world.bobsCard());
    asking.say(0, "hi");
    world.network.run(1s);
    SealedSenderNode other(world, world.alice, "192.0.2.2:6002");
    other.once(world.bob, "from elsewhere", world.bobsCard());
    world.network.run(1s);
    asking.say(0, "lunch?", true, talk::TalkKind::Ask);
    world.network.run(1s);
    REQUIRE(world.bobs.askers.size() == 1);
    CHECK(world.bobs.askers[0].endpoint == asking.here);
    CHECK(world.bobs.askers[0].card.sessionKey() ==
          asking.sender.transport().keys().current().card.sessionKey());
}

TEST_CASE("somebody new may say 16 KiB at once, and more when he is known") {
    Pair world(1, false);
    SealedSenderNode first(world, world.alice, "192.0.2.2:6001");
    first.once(world.bob, "hi");
    world.network.run(3s);
    CHECK(first.count(SendResult::Delivered) == 1);
    const std::string much(20'000, 'x');
    SealedSenderNode second(world, world.alice, "192.0.2.2:6002");
    second.once(world.bob, much);
    world.network.run(3s);
    CHECK(second.count(SendResult::Delivered) == 1);

    Pair others(2, false);
    SealedSenderNode sender(others, others.alice, "192.0.2.2:6001");
    sender.once(others.bob, much);
    others.network.run(3s);
    CHECK(sender.count(SendResult::Limit) == 1);
    CHECK(others.bobs.texts.empty());
}

TEST_CASE("somebody unknown who is offline is new when the index knows whose his name is") {
    SealedWorld world;
    Person alice("alice", 1);
    Person bob("bob", 2);
    SealedListenerNode listener(world, bob, "192.0.2.3:5001");
    listener.start();
    world.index.names["alice"] = alice.identity.publicKey();
    world.network.run(1s);
    SealedSenderNode sender(world, alice, "192.0.2.2:6001");
    sender.once(bob, "hi");
    world.network.run(1s);
    CHECK(sender.count(talk::SendResult::Delivered) == 1);
    CHECK(listener.count("talk alice new hi") == 1);
    CHECK(bob.pins.users.at("alice") == alice.identity.publicKey());
}

TEST_CASE("somebody unknown under the name of another who is offline is not heard") {
    SealedWorld world;
    Person alice("alice", 1);
    Person mallory("alice", 3);
    Person bob("bob", 2);
    SealedListenerNode listener(world, bob, "192.0.2.3:5001");
    listener.start();
    world.index.names["alice"] = alice.identity.publicKey();
    world.network.run(1s);
    SealedSenderNode sender(world, mallory, "192.0.2.2:6001");
    sender.once(bob, "hi");
    world.network.run(1s);
    CHECK(sender.count(talk::SendResult::Refused) == 1);
    CHECK(listener.texts.empty());
    CHECK_FALSE(bob.pins.users.contains("alice"));
}

TEST_CASE("a stranger whom the index does not know is not heard") {
    Pair world(1, false);
    Person eve("eve", 15);
    SealedSenderNode sender(world, eve, "192.0.2.7:6001");
    sender.once(world.bob, "hi");
    world.network.run(6s);
    CHECK(world.bobs.texts.empty());
    CHECK(sender.count(SendResult::Timeout) == 1);
}

TEST_CASE("a listener refuses another key under a pinned name, and tells it once") {
    Pair world;
    Person mallory("alice", 66);
    mallory.pins.users["bob"] = world.bob.identity.publicKey();
    for (int twice = 0; twice < 2; ++twice) {
        SealedSenderNode sender(world, mallory, "192.0.2.7:6001");
        sender.once(world.bob, "it is me", world.bobsCard());
        world.network.run(2s);
        CHECK(sender.count(SendResult::Refused) == 1);
    }
    CHECK(world.bobs.texts.empty());
    CHECK(world.bobs.lines ==
          std::vector<std::string>{"key alice BAD " +
                                   noise::fingerprint(mallory.identity.publicKey())});
    CHECK(world.bob.pins.users.at("alice") == world.alice.identity.publicKey());
}

TEST_CASE("somebody who calls himself as another whom the listener does not know yet is refused") {
    Pair world(1, false);
    Person mallory("alice", 66);
    SealedSenderNode sender(world, mallory, "192.0.2.7:6001");
    sender.once(world.bob, "it is me");
    world.network.run(4s);
    CHECK(world.bobs.texts.empty());
    CHECK(sender.count(SendResult::Refused) == 1);
    CHECK_FALSE(world.bob.pins.users.contains("alice"));
}

TEST_CASE("a recipient with another key than the pinned one gets nothing") {
    Pair world;
    world.alice.pins.users["bob"] = {};
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    sender.once(world.bob, "secret");
    world.network.run(2s);
    CHECK(sender.count(SendResult::KeyChanged) == 1);
    CHECK(world.bobs.texts.empty());
    CHECK(world.bobs.listener.transport().sessions() <= 1);
}

TEST_CASE("HS-1: Eve's card with Bob's K leads nowhere") {
    Pair world;
    Person eve("eve", 15);
    // Eve claims Bob's K in a card of hers, and the index passes it on.
    const sealed::Card stolen = sealed::issueCard(
        {eve.identity, world.index.identity(), sealed::CardRole::User, "eve"},
        world.bobs.listener.transport().keys().current().card.sessionKey(), kModelToday);
    world.alice.pins.users["eve"] = eve.identity.publicKey();
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    sender.once(eve, "for eve only", talk::SealedSender::Cached{stolen.bytes, {world.bobs.here}});
    world.network.run(6s);
    CHECK(world.bobs.texts.empty());
    CHECK(sender.count(SendResult::Delivered) == 0);
}

TEST_CASE("HS-2: a replayed login INIT makes no event and moves nobody") {
    SealedWorld world;
    Person alice("alice", 11);
    Person bob("bob", 12);
    SealedListenerNode bobs(world, bob, "192.0.2.3:5002");
    bobs.start();
    world.network.run(1s);
    Bytes init;
    world.network.watch([&](const Endpoint&, const Endpoint& to, BytesView payload) {
        const auto frame = wire::parseFrame(payload);
        if (to == kPeopleIndexAt && frame && std::holds_alternative<wire::InitFrame>(*frame) &&
            init.empty())
            init.assign(payload.begin(), payload.end());
    });
    {
        SealedListenerNode alices(world, alice, "192.0.2.2:5001");
        alices.start();
        world.network.run(2s);
        for (const char* from : {"192.0.2.2:5001", "198.51.100.1:9"})
            world.network.inject(*Endpoint::parse(from), kPeopleIndexAt, init);
        world.network.run(2s);
        CHECK(world.index.users.at("alice").at == alices.here);
        alices.logout();
        world.network.run(1s);
        CHECK_FALSE(world.index.users.contains("alice"));
    }
    for (const char* from : {"192.0.2.2:5001", "198.51.100.1:9"})
        world.network.inject(*Endpoint::parse(from), kPeopleIndexAt, init);
    world.network.run(20s);
    CHECK_FALSE(world.index.users.contains("alice"));
    CHECK(world.index.logins == 2);
    CHECK(bobs.lines ==
          std::vector<std::string>{"login alice new 192.0.2.2:5001", "logout alice new bye"});
}

TEST_CASE("HS-3: ten thousand replays of a talk INIT are shown once") {
    Pair world;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
    Bytes init;
    world.network.watch([&](const Endpoint& from, const Endpoint&, BytesView payload) {
        if (from == sender.here && init.empty()) init.assign(payload.begin(), payload.end());
    });
    sender.once(world.bob, "once", world.bobsCard());
    world.network.run(500us);
    for (int i = 0; i < 10'000; ++i) {
        const auto at = Endpoint{Address::v4({198, 51, static_cast<std::uint8_t>(i / 200), 1}), 9};
        world.network.inject(i % 2 == 0 ? sender.here : at, world.bobs.here, init);
        if (i % 50 == 0) world.network.run(1s);
    }
    world.network.run(10s);
    CHECK(world.bobs.texts == std::vector<std::string>{"once"});
    CHECK(sender.count(SendResult::Delivered) == 1);
}

TEST_CASE("HS-4: a lost RESP, a lost confirmation, INITs both ways: one showing each") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Pair world(seed);
        world.network.setWeather({.loss = 0.4, .repeat = 0.2, .delayMost = 100ms});
        SealedSenderNode hers(world, world.alice, "192.0.2.2:6001", {.timeout = 60s});
        SealedSenderNode his(world, world.bob, "192.0.2.3:6001", {.timeout = 60s});
        hers.once(world.bob, "from alice", world.bobsCard());
        his.once(world.alice, "from bob");
        world.network.run(60s);
        CHECK(std::ranges::count(world.bobs.texts, "from alice") <= 1);
        CHECK(std::ranges::count(world.alices.texts, "from bob") <= 1);
        CHECK(hers.count(SendResult::Delivered) <= world.bobs.texts.size());
        CHECK(his.count(SendResult::Delivered) <= world.alices.texts.size());
    }
}

TEST_CASE("DG-2: classic talk is not shown as a pinned name, and told of once") {
    for (const bool isAllowed : {false, true}) {
        SealedWorld world;
        Person bob("bob", 12);
        bob.pins.users["alice"] = {};
        SealedListenerNode bobs(world, bob, "192.0.2.3:5002", isAllowed);
        bobs.start();
        world.network.run(1s);
        const Endpoint from = *Endpoint::parse("192.0.2.9:7000");
        for (int twice = 0; twice < 2; ++twice)
            world.network.inject(from, bobs.here,
                                 wire::encodeClassic(wire::Talk{"17:00:00", "alice", "hi"}));
        world.network.run(1s);
        CHECK(bobs.lines.empty());
        CHECK(bobs.notices.size() == 1);
        world.network.inject(from, bobs.here,
                             wire::encodeClassic(wire::Talk{"17:00:00", "zoe", "hi"}));
        world.network.run(1s);
        CHECK(bobs.lines.size() == (isAllowed ? 1 : 0));
        if (isAllowed) CHECK(bobs.lines[0] == "talk zoe none hi");
    }
}

TEST_CASE("DG-1: with every sealed datagram dropped nothing classic is sent but hello") {
    SealedWorld world;
    Person alice("alice", 11);
    Person bob("bob", 12);
    SealedListenerNode alices(world, alice, "192.0.2.2:5001");
    SealedSenderNode sender(world, alice, "192.0.2.2:6001");
    world.network.setWeather({.loss = 1});
    std::size_t classic = 0;
    world.network.watch([&](const Endpoint&, const Endpoint&, BytesView payload) {
        if (!wire::isSealed(payload) && !wire::decodeHello(payload)) ++classic;
    });
    alices.start();
    sender.once(bob, "hi");
    world.network.run(60s);
    CHECK(alices.listener.link().state() == talk::SealedIndexLink::State::Silent);
    CHECK(sender.receipts.size() == 1);
    CHECK(sender.count(SendResult::Delivered) == 0);
    CHECK(classic == 0);
}

TEST_CASE("CV-3: cards for another index, of another name, or expired are not used to send to") {
    Pair world;
    const auto& key = world.bobs.listener.transport().keys().current().card.sessionKey();
    const noise::IdentityKey elsewhere{std::byte{9}};
    const auto role = sealed::CardRole::User;
    const noise::Identity& bob = world.bob.identity;
    const auto& x = world.index.identity();
    for (const sealed::Card& card :
         {sealed::issueCard({bob, elsewhere, role, "bob"}, key, kModelToday),
          sealed::issueCard({bob, x, role, "bobby"}, key, kModelToday),
          sealed::issueCard({bob, x, sealed::CardRole::Index, "bob"}, key, kModelToday),
          sealed::issueCard({bob, x, role, "bob"}, key, kModelToday - 3 * 86'400)}) {
        SealedSenderNode sender(world, world.alice, "192.0.2.2:6001");
        const auto to =
            sender.add(world.bob, talk::SealedSender::Cached{card.bytes, {world.bobs.here}});
        CHECK_FALSE(sender.sender.found(to));
    }
}

TEST_CASE("a reply finds the process that asked, and only a reply to that question") {
    Pair world;
    SealedSenderNode asker(world, world.alice, "192.0.2.2:6001", {.timeout = 30s});
    asker.say(asker.add(world.bob, world.bobsCard()), "Restart db1?", true, talk::TalkKind::Ask);
    world.network.run(1s);
    REQUIRE(world.bobs.askers.size() == 1);
    const talk::Asker& to = world.bobs.askers[0];
    CHECK(to.id == asker.receipts[0].id);
    SealedSenderNode answerer(world, world.bob, "192.0.2.3:6001");
    const auto alice =
        answerer.add(world.alice, talk::SealedSender::Cached{to.card.bytes, {to.endpoint}});
    answerer.say(alice, "n", false, talk::TalkKind::Reply, "00000000");
    answerer.say(alice, "y", true, talk::TalkKind::Reply, to.id);
    world.network.run(2s);
    REQUIRE(asker.replies.size() == 1);
    CHECK(asker.replies[0].text == "y");
    CHECK(asker.replies[0].trust == Trust::Ok);
    CHECK(answerer.count(SendResult::Delivered) == 2);
    CHECK(world.alices.texts.empty());
}

TEST_CASE("a message of 1 MiB arrives whole, one byte more is not taken") {
    Pair world;
    SealedSenderNode sender(world, world.alice, "192.0.2.2:6001", {.timeout = 60s});
    std::string text(1U << 20U, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
    const auto bob = sender.add(world.bob, world.bobsCard());
    CHECK_FALSE(sender.say(bob, std::string((1U << 20U) + 1, 'x')));
    CHECK(sender.say(bob, text, true));
    world.network.run(30s);
    REQUIRE(world.bobs.texts.size() == 1);
    CHECK(world.bobs.texts[0] == text);
    CHECK(sender.count(SendResult::Delivered) == 1);
}

TEST_CASE("an ID is eight characters, the same on both sides, another for each message") {
    std::set<std::string> ids;
    for (wire::StreamId stream : {0U, 1U, 77U})
        for (wire::MessageNumber number = 0; number < 1'000; ++number)
            ids.insert(talk::messageId(stream, number));
    CHECK(ids.size() == 3'000);
    for (const std::string& id : ids) CHECK(talk::isMessageId(id));
    CHECK_FALSE(talk::isMessageId("7HX2M4Q"));
    CHECK_FALSE(talk::isMessageId("7HX2M4QI"));
}

TEST_CASE("what is no talk is none, and a text may be any bytes") {
    const auto parse = [](std::string_view text) { return talk::parseTalk(asBytes(text)); };
    REQUIRE(parse("talk,t,alice,a,b\nc\xff"));
    CHECK(asText(parse("talk,t,alice,a,b\nc\xff")->text) == "a,b\nc\xff");
    CHECK(parse("re,7HX2M4QK,t,alice,yes")->to == "7HX2M4QK");
    CHECK(parse("ask,t,alice,")->kind == talk::TalkKind::Ask);
    for (const char* bad :
         {"", "talk", "talk,t", "talk,t,alice", "re,t,alice,yes", "say,t,alice,x"})
        CHECK_FALSE(parse(bad));
}
