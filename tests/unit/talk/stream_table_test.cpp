// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/stream_table.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace im;
using namespace im::talk;
using Verdict = StreamTable::Verdict;

namespace {

/// A listener, and people who send to it.
class Story {
public:
    Story() {
        alice.sender[0] = std::byte{1};
        alice.isPinned = true;
        alice.counter = 0;
        mallory.sender[0] = std::byte{2};
        mallory.counter = 0;
    }

    Verdict receive(StreamSource& who, wire::SegmentNumber number, std::string_view text,
                    bool isEnd = true, bool isFin = false) {
        wire::DataRecord data;
        data.stream = stream;
        data.sequence = number;
        data.bytes = asBytes(text);
        data.end = isEnd;
        data.fin = isFin;
        if (who.counter) ++*who.counter;
        return table.receive(who, data, now);
    }
    Verdict piece(StreamSource& who, wire::SegmentNumber number) {
        return receive(who, number, std::string(wire::kMaxSegment, 'p'), false);
    }
    Verdict from(StreamSource& who, wire::SegmentNumber number, wire::MessageNumber before) {
        Bytes bytes;
        wire::appendFrom(bytes, stream, number, before);
        return table.receive(who, std::get<wire::DataRecord>(*wire::Records::parse(bytes)->begin()),
                             now);
    }

    /// What is shown now; a gap as "gap 3-5".
    std::vector<std::string> show() {
        std::vector<std::string> shown;
        while (const auto delivery = table.take()) {
            shown.emplace_back(asText(delivery->bytes));
            if (delivery->gapUntil)
                shown.back() = "gap " + std::to_string(delivery->number) + '-' +
                               std::to_string(*delivery->gapUntil);
        }
        return shown;
    }
    std::vector<std::string> showAndWrite() {
        auto shown = show();
        table.written(shown.size(), now);
        return shown;
    }
    std::optional<wire::AckRecord> ack() {
        const auto ack = table.nextAck(now);
        if (!ack) return {};
        return ack->record;
    }

    StreamTable table{noise::HashKey{}};
    StreamSource alice;
    StreamSource mallory;
    wire::StreamId stream = 7;
    TimePoint now{1h};
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a message is acknowledged when it is written, not when it has come") {
    Story story;
    CHECK(story.receive(story.alice, 0, "hi", true, true) == Verdict::Taken);
    CHECK(story.show() == Lines{"hi"});
    auto ack = story.ack();
    REQUIRE(ack);
    CHECK(ack->next == 0);
    CHECK(ack->mask == 1);
    CHECK(ack->echo == 1);

    story.now += 300ms;
    story.table.written(1, story.now);
    ack = story.ack();
    REQUIRE(ack);
    CHECK(ack->next == 1);
    CHECK(ack->mask == 0);
    CHECK(ack->delayMillis == 300);
    CHECK(story.table.blockCount() == 0);
}

TEST_CASE("what is passed over makes room, and its ACK says that it is no receipt") {
    Story story;
    for (wire::SegmentNumber number = 0; number < 200; ++number) {
        REQUIRE(story.receive(story.alice, number, "hi") == Verdict::Taken);
        REQUIRE(story.show() == Lines{"hi"});
        if (number == 0)
            story.table.written(1, story.now);
        else
            story.table.passedOver(1, story.now);
        story.now += 1s;
        const auto ack = story.ack();
        REQUIRE(ack);
        CHECK(ack->next == number + 1);
        CHECK(ack->unseen == (number > 0));
    }
}

TEST_CASE("what was shown is acknowledged again and not shown again") {
    Story story;
    story.alice.counter.reset();  // the early data of an INIT, 10,000 times
    CHECK(story.receive(story.alice, 0, "hi", true, true) == Verdict::Taken);
    CHECK(story.showAndWrite() == Lines{"hi"});
    for (int i = 0; i < 10'000; ++i) {
        REQUIRE(story.receive(story.alice, 0, "hi", true, true) == Verdict::Known);
        REQUIRE(story.show().empty());
        const auto ack = story.ack();
        REQUIRE(ack);
        REQUIRE(ack->next == 1);
        REQUIRE(ack->echo == wire::kNoEcho);
    }
    CHECK(story.table.streamCount() == 1);
}

TEST_CASE("segments that overtake one another are shown in order") {
    Story story;
    story.receive(story.alice, 2, "c");
    CHECK(story.ack()->mask == 0b100);
    story.receive(story.alice, 1, "b");
    CHECK(story.showAndWrite().empty());
    story.receive(story.alice, 0, "a");
    CHECK(story.showAndWrite() == Lines{"a", "b", "c"});
    CHECK(story.ack()->next == 3);
}

TEST_CASE("messages that share a segment count as written when the last one is") {
    Story story;
    wire::DataRecord many;
    many.stream = 7;
    many.end = many.many = true;
    const std::string bytes("\1\0a\1\0b\0\0", 8);
    many.bytes = asBytes(bytes);
    CHECK(story.table.receive(story.alice, many, story.now) == Verdict::Taken);
    CHECK(story.show() == Lines{"a", "b", ""});
    story.table.written(2, story.now);
    CHECK(story.table.position(story.alice.sender, 7)->segment == 0);
    story.table.written(1, story.now);
    CHECK(story.table.position(story.alice.sender, 7)->segment == 1);
    CHECK(story.table.position(story.alice.sender, 7)->message == 3);
}

TEST_CASE("pieces of a message count as done when it is their turn, and are shown as one") {
    Story story;
    for (wire::SegmentNumber i = 0; i < 100; ++i) {
        REQUIRE(story.piece(story.alice, i) == Verdict::Taken);
        REQUIRE(story.show().empty());
    }
    CHECK(story.ack()->next == 100);
    CHECK(story.table.position(story.alice.sender, 7)->segment == 0);
    CHECK(story.receive(story.alice, 100, "end") == Verdict::Taken);
    const auto shown = story.showAndWrite();
    REQUIRE(shown.size() == 1);
    CHECK(shown[0].size() == 100 * wire::kMaxSegment + 3);
    CHECK(story.table.blockCount() == 0);
}

TEST_CASE("every second frame is acknowledged, a single one after 25 ms") {
    Story story;
    story.receive(story.alice, 0, "a");
    story.showAndWrite();
    CHECK_FALSE(story.ack());
    CHECK(story.table.nextDeadline() == story.now + 25ms);
    story.now += 25ms;
    CHECK(story.ack()->delayMillis == 25);
    story.receive(story.alice, 1, "b");
    story.receive(story.alice, 2, "c");
    CHECK(story.ack());
    CHECK_FALSE(story.ack());
}

TEST_CASE("a reader that stops closes the window, and opens it when it goes on") {
    Story story;
    story.table.setBlocked(true);
    story.receive(story.alice, 0, "a", true, true);
    CHECK(story.show() == Lines{"a"});
    CHECK(story.ack()->window == 0);
    CHECK_FALSE(story.ack());
    story.table.setBlocked(false);
    const auto ack = story.ack();
    REQUIRE(ack);
    CHECK(ack->window == 64);
    CHECK(ack->next == 0);
}

TEST_CASE("a stream that goes on where this listener was not is told as a gap") {
    Story story;
    CHECK(story.from(story.alice, 17, 160) == Verdict::Taken);
    CHECK(story.ack()->next == 17);
    CHECK(story.receive(story.alice, 17, "on") == Verdict::Taken);
    CHECK(story.showAndWrite() == Lines{"gap 0-159", "on"});

    SECTION("once") {
        CHECK(story.from(story.alice, 17, 160) == Verdict::Taken);
        CHECK(story.show().empty());
        CHECK(story.ack()->next == 18);
    }
    SECTION("but not where a journal knows the stream") {
        Story other;
        other.table.know(other.alice.sender, 7, {17, 160});
        other.from(other.alice, 17, 160);
        CHECK(other.show().empty());
        CHECK(other.ack()->next == 17);
    }
}

TEST_CASE("a stream that does not say where it goes on begins at 0") {
    Story story;
    CHECK(story.receive(story.alice, 17, "later") == Verdict::Taken);
    CHECK(story.show().empty());
    CHECK(story.ack()->next == 0);
    CHECK(story.receive(story.alice, 64, "beyond") == Verdict::NoRoom);
    CHECK(story.ack()->mask == 1U << 17U);
}

TEST_CASE("a stranger's message ends at 16 KiB, anybody's at 1 MiB") {
    Story story;
    wire::SegmentNumber number = 0;
    const auto longest = [&](StreamSource& who) {
        for (number = 0;; ++number)
            if (const auto verdict = story.piece(who, number); verdict != Verdict::Taken)
                return verdict;
    };
    CHECK(longest(story.mallory) == Verdict::TooLong);
    CHECK(number == kMaxStrangerMessage / wire::kMaxSegment);
    CHECK(longest(story.alice) == Verdict::TooLong);
    CHECK(number == kMaxMessage / wire::kMaxSegment);
    CHECK(story.table.blockCount() == 0);
}

TEST_CASE("what no sender of ours sends closes the session") {
    Story story;
    CHECK(story.receive(story.alice, 0, "not full", false) == Verdict::Malformed);
    CHECK(story.piece(story.mallory, 0) == Verdict::Taken);
    CHECK(story.receive(story.mallory, 1, "", false, true) == Verdict::Malformed);
    CHECK(story.table.blockCount() == 0);
}

TEST_CASE("halves of many messages leave room for each to become whole in its turn") {
    Story story;
    // Twenty streams, each with nearly a mebibyte: more than there is memory for.
    constexpr wire::StreamId kStreams = 20;
    std::vector<wire::SegmentNumber> sent(kStreams);
    std::size_t whole = 0;
    for (int round = 0; round < 3'000 && whole < kStreams; ++round) {
        for (story.stream = 0; story.stream < kStreams; ++story.stream) {
            wire::SegmentNumber& number = sent[story.stream];
            if (number > 900) continue;
            const auto verdict = number < 900 ? story.piece(story.alice, number)
                                              : story.receive(story.alice, number, "end");
            if (verdict == Verdict::Taken) ++number;
        }
        whole += story.showAndWrite().size();
        while (story.ack()) {
        }
        REQUIRE(story.table.blockCount() <= kPinnedBlocks);
    }
    CHECK(whole == kStreams);
}

TEST_CASE("half a message is forgotten when its sender has gone") {
    Story story;
    story.piece(story.alice, 0);
    story.piece(story.alice, 1);
    CHECK(story.ack()->next == 2);
    CHECK_FALSE(story.ack());
    story.now += kHalfMessagePatience;
    story.table.tick(story.now);
    CHECK(story.table.blockCount() == 0);
    CHECK(story.table.position(story.alice.sender, 7)->segment == 0);
    CHECK_FALSE(story.table.nextDeadline());
}

TEST_CASE("one identity has its share of the table, and early data stops first") {
    Story story;
    const auto begin = [&](StreamSource& who) {
        ++story.stream;
        return story.receive(who, 0, "x", true, true);
    };
    StreamSource early = story.mallory;
    early.counter.reset();
    for (std::size_t i = 0; i < kMostStreamsOfStranger; ++i)
        REQUIRE(begin(early) == Verdict::Taken);
    CHECK(begin(early) == Verdict::Refused);
    CHECK_FALSE(story.table.wantsNewKey());
    CHECK(begin(story.mallory) == Verdict::Taken);

    early = story.alice;
    early.counter.reset();
    for (std::size_t i = 0; i < kMostStreamsOfPinned; ++i) REQUIRE(begin(early) == Verdict::Taken);
    CHECK(begin(early) == Verdict::Refused);
    CHECK(story.table.wantsNewKey());
    story.showAndWrite();
    while (story.ack()) {
    }
    story.table.beginKey();
    CHECK_FALSE(story.table.wantsNewKey());
    CHECK(begin(early) == Verdict::Refused);
    CHECK(begin(story.alice) == Verdict::Taken);
    story.table.endOldKeys();
    CHECK(story.table.streamCount() == 2 * kOldStreamsKept);
    CHECK(begin(early) == Verdict::Taken);
}

TEST_CASE("a stream that was quiet for longer than a key lives is still known") {
    Story story;
    story.receive(story.alice, 0, "a", true, true);
    story.showAndWrite();
    while (story.ack()) {
    }
    for (int day = 0; day < 2; ++day) {
        story.table.beginKey();
        story.table.endOldKeys();
    }
    CHECK(story.from(story.alice, 1, 1) == Verdict::Taken);
    CHECK(story.show().empty());
}

TEST_CASE("a full table refuses new early data and asks for a new key") {
    Story story;
    StreamSource who = story.alice;
    who.counter.reset();
    for (std::size_t i = 0; i < kMostStreams; ++i) {
        who.sender[1] = static_cast<std::byte>(i >> 8U);
        who.sender[2] = static_cast<std::byte>(i & 0xFFU);
        REQUIRE(story.receive(who, 0, "", true, true) == Verdict::Taken);
        story.showAndWrite();
        REQUIRE(story.ack());
    }
    CHECK_FALSE(story.table.wantsNewKey());
    who.sender[3] = std::byte{1};
    CHECK(story.receive(who, 0, "x") == Verdict::Refused);
    CHECK_FALSE(story.ack());
    CHECK(story.table.wantsNewKey());
    who.counter = 0;
    CHECK(story.receive(who, 0, "x") == Verdict::Taken);
}
