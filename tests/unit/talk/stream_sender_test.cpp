// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/stream_sender.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace im;
using namespace im::talk;

namespace {

constexpr std::size_t kRoom = 1'120;

/// A sender in a session, and what the other side would say.
class Story {
public:
    explicit Story(StreamSender sender = StreamSender(7)) : stream(std::move(sender)) {}

    /// The frames that go out now: the segments in each, FROM as the number behind a minus.
    std::vector<std::vector<long>> send() {
        std::vector<std::vector<long>> frames;
        for (;;) {
            Bytes records;
            if (!stream.fill(records, kRoom, counter++, now)) break;
            frames.push_back(look(records));
        }
        return frames;
    }

    std::vector<long> look(const Bytes& bytes) {
        std::vector<long> segments;
        const auto records = wire::Records::parse(bytes);
        REQUIRE(records);
        for (const wire::Record& record : *records) {
            const auto& data = std::get<wire::DataRecord>(record);
            segments.push_back(data.from ? -static_cast<long>(data.sequence) : data.sequence);
            lastBytes.assign(data.bytes.begin(), data.bytes.end());
            last = data;
            last.bytes = lastBytes;
        }
        return segments;
    }

    void acknowledge(wire::SegmentNumber next, std::uint64_t mask = 0, std::uint16_t window = 64) {
        stream.acknowledge({7, next, mask, window, 0, counter - 2}, now);
    }

    void pass(Duration time) {
        now += time;
        stream.tick(now);
    }

    /// Passes until the stream has something to do, and does it.
    std::vector<std::vector<long>> sendAtDeadline() {
        const auto at = stream.nextDeadline();
        REQUIRE(at);
        now = std::max(now, *at);
        stream.tick(now);
        return send();
    }

    StreamSender stream;
    TimePoint now{1h};
    std::uint64_t counter = 0;
    wire::DataRecord last;  // its bytes are a view of lastBytes
    Bytes lastBytes;
};

using Frames = std::vector<std::vector<long>>;

void pushMany(StreamSender& stream, std::size_t count, std::size_t size) {
    for (std::size_t i = 0; i < count; ++i)
        REQUIRE(stream.push(std::string(size, 'x')) == Push::Taken);
}

}  // namespace

TEST_CASE("a message of its own goes out as it is, with END and FIN") {
    Story story;
    REQUIRE(story.stream.push("talk,17:44:09,alice,", "lunch?") == Push::Taken);
    story.stream.finish();
    Bytes early;
    story.stream.fillEarly(early, 840, story.now);
    CHECK(story.look(early) == std::vector<long>{0});
    CHECK(asText(story.lastBytes) == "talk,17:44:09,alice,lunch?");
    CHECK(story.last.end);
    CHECK(story.last.fin);
    CHECK_FALSE(story.last.many);

    story.stream.start(story.now);
    CHECK_FALSE(story.stream.isDone());
    story.stream.acknowledge({7, 1, 0, 64, 0, wire::kNoEcho}, story.now);
    CHECK(story.stream.isDone());
    CHECK(story.stream.messagesDone() == 1);
    CHECK(story.send().empty());
}

TEST_CASE("short messages share a segment until it is sent") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 3, 100);
    CHECK(story.send() == Frames{{0}});
    CHECK(wire::messagesEndingIn(story.last) == 3);
    pushMany(story.stream, 1, 100);
    CHECK(story.send() == Frames{{1}});
    CHECK(story.stream.lastBegan() == 1);
}

TEST_CASE("ten lines of a hundred bytes are one segment, and eleven are two") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 11, 100);
    CHECK(story.stream.lastBegan() == 1);
    CHECK(story.send() == Frames{{0}, {1}});
}

TEST_CASE("a message longer than a segment is cut, and the last piece has END") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 1, 2 * wire::kMaxSegment + 1);
    CHECK(story.send() == Frames{{0}, {1}, {2}});
    CHECK(story.last.end);
    CHECK(story.last.bytes.size() == 1);
}

TEST_CASE("lines are taken off a text as long as there is room") {
    StreamSender stream(7);
    Push result{};
    CHECK(stream.pushLines("t,", "one\ntwo\nthr", result) == 8);
    CHECK(result == Push::Taken);
    const std::string text = std::string(900'000, 'x') + '\n';
    CHECK(stream.pushLines("", text, result) == text.size());
    CHECK(stream.pushLines("", text, result) == text.size());
    CHECK(stream.pushLines("", text, result) == 0);
    CHECK(result == Push::Full);
    CHECK(stream.push(std::string(kMaxMessage + 1, 'x')) == Push::TooLong);
    stream.finish();
    CHECK(stream.push("x") == Push::Ended);
}

TEST_CASE("the first flight is ten frames, and each one acknowledged brings another") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 200, wire::kMaxSegment);
    CHECK(story.send().size() == 10);
    story.pass(50ms);
    story.acknowledge(10);
    CHECK(story.stream.congestionWindow() == 20);
}

TEST_CASE("no more than 64 segments are beyond the acknowledged one") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 300, wire::kMaxSegment);
    long highest = 0;
    for (int i = 0; i < 40; ++i) {
        for (const auto& frame : story.send()) highest = std::max(highest, frame.back());
        story.pass(20ms);
        // All but the first has arrived.
        story.acknowledge(0, ~std::uint64_t{1});
    }
    CHECK(highest == 63);
}

TEST_CASE("three later frames make one lost, and halve the window once") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 10, wire::kMaxSegment);
    CHECK(story.send().size() == 10);
    story.pass(50ms);
    story.acknowledge(1, 0b1100'1111'0);
    CHECK(story.stream.congestionWindow() < 9);
    CHECK(story.stream.congestionWindow() >= 5);
    const auto again = story.send();
    REQUIRE(again.size() == 2);
    CHECK(again[0] == std::vector<long>{1});
    CHECK(again[1] == std::vector<long>{6});
    CHECK(story.stream.repeatedCount() == 2);
}

TEST_CASE("without an answer the two oldest segments are sent again, ever more rarely") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 4, wire::kMaxSegment);
    CHECK(story.send().size() == 4);
    const TimePoint begin = story.now;
    CHECK(story.sendAtDeadline() == Frames{{0}, {1}});
    const Duration first = story.now - begin;
    CHECK(first == 333ms + 4 * 166'500us + 25ms);
    CHECK(story.sendAtDeadline() == Frames{{0}, {1}});
    CHECK(story.now - begin == 3 * first);
    CHECK(story.sendAtDeadline() == Frames{{0}, {1}});
    CHECK(story.stream.congestionWindow() == kLeastFrames);
}

TEST_CASE("a listener without room is asked, not flooded, and for ten minutes") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 5, wire::kMaxSegment);
    story.send();
    const TimePoint begin = story.now;
    while (story.stream.health() == StreamHealth::Well && story.now - begin < 1h) {
        story.pass(10ms);
        story.acknowledge(0, 0b11111, 0);
        pushMany(story.stream, story.now - begin < 1s ? 1 : 0, 10);
        const auto frames = story.sendAtDeadline();
        REQUIRE(frames.size() <= 1);
        if (!frames.empty()) REQUIRE(frames[0] == std::vector<long>{0});  // FROM 0
    }
    CHECK(story.stream.health() == StreamHealth::Blocked);
    CHECK(story.now - begin >= kBlockedPatience);
    CHECK(story.now - begin < kBlockedPatience + 1min);
}

TEST_CASE("thirty seconds of silence ask for another path, two minutes are the end") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 1, 10);
    story.send();
    story.pass(29s);
    CHECK(story.stream.health() == StreamHealth::Well);
    story.pass(1s);
    CHECK(story.stream.health() == StreamHealth::WantsPath);
    story.stream.start(story.now);
    CHECK(story.stream.health() == StreamHealth::Well);
    story.pass(89s);
    CHECK(story.stream.health() == StreamHealth::WantsPath);
    story.pass(1s);
    CHECK(story.stream.health() == StreamHealth::Silent);
}

TEST_CASE("in another session the listener says where to go on") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 8, wire::kMaxSegment);
    CHECK(story.send().size() == 8);
    story.acknowledge(3);
    story.counter = 0;
    story.stream.start(story.now);
    CHECK(story.send() == Frames{{-3}});
    CHECK(wire::messagesBefore(story.last) == 3);

    SECTION("it has more than it could say before") {
        story.acknowledge(5, 0b010);
        CHECK(story.send() == Frames{{5}, {7}});
    }
    SECTION("it has nothing of what was not acknowledged") {
        story.acknowledge(3);
        CHECK(story.send() == Frames{{3}, {4}, {5}, {6}, {7}});
    }
    SECTION("it claims to have what was never sent") {
        story.acknowledge(9);
        CHECK(story.send().empty());
        CHECK(story.stream.messagesDone() == 3);
    }
}

TEST_CASE("a listener that has forgotten the stream is told at once where it goes on") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 4, wire::kMaxSegment);
    story.send();
    story.acknowledge(4);
    pushMany(story.stream, 1, wire::kMaxSegment);
    CHECK(story.send() == Frames{{4}});
    SECTION("as its newer acknowledgement shows") {
        story.acknowledge(0, 1U << 4U);
        CHECK(story.send() == Frames{{-4}});
        CHECK(wire::messagesBefore(story.last) == 4);
        story.acknowledge(4);
        CHECK(story.send() == Frames{{4}});
    }
    SECTION("but an old one that was overtaken shows nothing") {
        story.stream.acknowledge({7, 0, 0, 64, 0, 2}, story.now);
        CHECK(story.send().empty());
    }
}

TEST_CASE("the pieces of a message are kept for a listener that starts anew") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 1, 9 * wire::kMaxSegment);
    CHECK(story.send().size() == 9);
    story.acknowledge(8);
    CHECK(story.stream.messagesDone() == 0);
    story.stream.start(story.now);
    CHECK(story.send() == Frames{{0}});  // FROM 0
    story.acknowledge(0);
    CHECK(story.send().size() == 9);
}

TEST_CASE("an outbox gives back the segments that were sent") {
    StreamSender first(7);
    std::vector<wire::SegmentNumber> began;
    const std::vector<std::string> lines{"one", "two", std::string(3'000, 'x'), "four", "five"};
    for (const std::string& line : lines) {
        REQUIRE(first.push(line) == Push::Taken);
        began.push_back(first.lastBegan());
    }
    CHECK(began == std::vector<wire::SegmentNumber>{0, 0, 1, 4, 4});

    Story story(StreamSender(7, {1, 2}));
    for (std::size_t i = 2; i < lines.size(); ++i)
        REQUIRE(story.stream.restore(lines[i], began[i]));
    CHECK_FALSE(story.stream.restore("six", 9));
    REQUIRE(story.stream.push("six") == Push::Taken);
    CHECK(story.stream.lastBegan() == 5);

    story.stream.start(story.now);
    CHECK(story.send() == Frames{{-1}});
    CHECK(wire::messagesBefore(story.last) == 2);
    story.acknowledge(4);
    CHECK(story.stream.messagesDone() == 3);
    CHECK(story.send() == Frames{{4, 5}});
}

TEST_CASE("an acknowledgement of another stream, or of an older state, changes nothing") {
    Story story;
    story.stream.start(story.now);
    pushMany(story.stream, 4, wire::kMaxSegment);
    story.send();
    story.acknowledge(3);
    story.acknowledge(2, 0b1);
    story.stream.acknowledge({8, 4, 0, 64, 0, 3}, story.now);
    CHECK(story.stream.messagesDone() == 3);
    CHECK(story.send().empty());
}
