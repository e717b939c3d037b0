// SPDX-License-Identifier: BSL-1.0
// With real files and processes, in a directory of its own: what a crash leaves behind is what it
// is about.
#include "libim/node/outbox.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/sandbox.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using im::ErrorKind;
using im::Name;
using im::WallTime;
using im::test::errorOf;
using im::test::kindOf;
using namespace im::node;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

const WallTime kNow{days(20'779) + 17h};

Name name(const std::string& text) {
    return Name::orThrow(text, ErrorKind::Usage);
}

OutboxHead head(std::uint64_t stream = 1, const std::string& to = "bob") {
    OutboxHead out{stream, name("alice"), name(to), {}, {}, "im.example.org:4649", 0, kNow};
    out.identity.fill(std::byte{3});
    out.index.fill(std::byte{4});
    return out;
}

struct Home : im::test::Sandbox {
    Outbox box{path("state/im/outbox")};

    static std::string fileOf(std::uint64_t stream = 1) {
        return "state/im/outbox/000000000000000" + std::to_string(stream) + ".bob.queue";
    }
    std::optional<OutboxStream> claim(std::uint64_t stream = 1) const {
        return box.claim({stream, name("bob")});
    }
};

std::vector<std::string> payloadsOf(const OutboxStream& stream) {
    std::vector<std::string> out;
    for (const OutboxEntry& entry : stream.content().entries) out.push_back(stream.payload(entry));
    return out;
}

using Texts = std::vector<std::string>;

/// Runs `body` in another process that it ends with.
pid_t start(const std::function<void()>& body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        body();
        ::_exit(0);
    }
    return child;
}

}  // namespace

TEST_CASE("What is put into the outbox is there after the sender has gone, byte by byte") {
    const Home home;
    const std::string bytes("a\nmessage 0 1\n\0\xFF", 16);
    {
        auto stream = home.box.create(head());
        stream.append("lunch?", 1, kNow);
        stream.append(bytes, 3, kNow + 5s);
        stream.append("", 1, kNow + 6s);
    }
    auto stream = home.claim();
    REQUIRE(stream);
    CHECK(stream->content().head == head());
    CHECK(payloadsOf(*stream) == Texts{"lunch?", bytes, ""});
    CHECK(stream->content().entries[1].sequence == 1);
    CHECK(stream->content().entries[2].sequence == 4);
    CHECK(stream->content().next() == 5);
    CHECK(stream->content().entries[1].at == kNow + 5s);
}

TEST_CASE("The outbox is for its owner alone and can be read with cat") {
    const Home home;
    home.box.create(head()).append("lunch?", 1, kNow);
    CHECK(home.mode("state/im/outbox") == 0700);
    CHECK(home.mode(Home::fileOf()) == 0600);
    const std::string text = home.read(Home::fileOf());
    CHECK(text.starts_with("im outbox 1\nstream 0000000000000001\nfrom alice\nto bob\n"));
    CHECK(text.find("\nmessage 0 1 1795366800 6 ") != std::string::npos);
    CHECK(text.ends_with("\nlunch?\n"));
    fs::permissions(home.path(Home::fileOf()), static_cast<fs::perms>(0640));
    CHECK(kindOf([&] { static_cast<void>(home.claim()); }) == ErrorKind::NoPermission);
}

TEST_CASE("A flush goes on where the acknowledgements end") {
    const Home home;
    {
        auto stream = home.box.create(head());
        for (const char* const text : {"one", "two", "three"}) stream.append(text, 2, kNow);
        stream.acknowledge(2);
        stream.acknowledge(1);
        stream.acknowledge(3);
    }
    {
        auto stream = home.claim();
        CHECK(stream->content().acknowledged == 3);
        CHECK(stream->content().firstPending() == 1);  // the second is acknowledged by half
        CHECK_FALSE(stream->isAcknowledged());
        stream->append("four", 1, kNow);
        stream->acknowledge(7);
        CHECK(stream->isAcknowledged());
    }
    auto stream = home.claim();
    CHECK(stream->isAcknowledged());
    stream->remove();
    CHECK_FALSE(home.claim());
}

TEST_CASE("A stream that goes on begins with the number it has come to") {
    const Home home;
    OutboxHead goesOn = head();
    goesOn.first = 17;
    home.box.create(goesOn).append("later", 1, kNow);
    auto stream = home.claim();
    CHECK(stream->content().acknowledged == 17);
    CHECK(stream->content().entries[0].sequence == 17);
}

TEST_CASE("A stream is claimed by one at a time, also by who fills it") {
    const Home home;
    {
        const auto filling = home.box.create(head());
        CHECK_FALSE(home.claim());
    }
    const auto first = home.claim();
    CHECK(first);
    CHECK_FALSE(home.claim());
    int status = 1;
    const pid_t other = start([&] { ::_exit(home.claim() ? 1 : 0); });
    REQUIRE(::waitpid(other, &status, 0) == other);
    CHECK(status == 0);
}

TEST_CASE("Of many that flush at once one has each stream, and none is left claimed") {
    const Home home;
    home.box.create(head()).append("once", 1, kNow);
    std::vector<pid_t> flushers;
    for (int i = 0; i < 12; ++i)
        flushers.push_back(start([&] {
            auto stream = home.claim();
            if (!stream) ::_exit(0);
            stream->acknowledge(1);
            stream->remove();
            ::_exit(7);
        }));
    int delivered = 0;
    for (const pid_t flusher : flushers) {
        int status = 0;
        REQUIRE(::waitpid(flusher, &status, 0) == flusher);
        delivered += WEXITSTATUS(status) == 7 ? 1 : 0;
    }
    CHECK(delivered == 1);
    CHECK(home.box.list().empty());
}

TEST_CASE("The outbox is listed with what waits, the oldest stream first, damaged ones last") {
    const Home home;
    CHECK(home.box.list().empty());
    OutboxHead older = head(2);
    older.created = kNow - 5min;
    {
        auto stream = home.box.create(head(1));
        stream.append("12345", 1, kNow);
        stream.append("123", 1, kNow + 60s);
        stream.acknowledge(1);
        home.box.create(older).append("1", 1, kNow);
        static_cast<void>(home.box.create(head(3, "天 涯")));
    }
    home.write("state/im/outbox/0000000000000009.bob.queue", "im outbox 1\nnonsense\n\n");
    home.write("state/im/outbox/notes", "mine");
    const auto all = home.box.list();
    REQUIRE(all.size() == 4);
    CHECK(all[0].id.stream == 2);
    CHECK(all[1].messages == 1);
    CHECK(all[1].bytes == 3);
    CHECK(all[1].oldest == kNow + 60s);
    CHECK(all[2].id.to == name("天 涯"));
    CHECK(all[2].messages == 0);
    CHECK(all[3].id.stream == 9);
    CHECK(all[3].problem.find("damaged") != std::string::npos);
    CHECK(home.box.list(name("天 涯")).size() == 1);
    CHECK(home.box.pending(name("bob")) == 2);
}

TEST_CASE(
    "A recipient has a thousand messages at most, in all streams, and others are not touched") {
    const Home home;
    std::string many = printHead(head(2));
    for (std::uint32_t i = 0; i + 1 < Outbox::kMaxMessages; ++i)
        many += printMessage(i, 1, kNow, "x").record;
    home.write(Home::fileOf(2), many);
    fs::permissions(home.path("state/im/outbox"), static_cast<fs::perms>(0700));
    auto stream = home.box.create(head(1));
    stream.append("the thousandth", 1, kNow);
    const auto refused = errorOf([&] { stream.append("one more", 1, kNow); });
    REQUIRE(refused);
    CHECK(refused->kind() == ErrorKind::CannotCreate);
    CHECK_NOTHROW(home.box.create(head(3, "carol")).append("hi", 1, kNow));
    stream.acknowledge(1);
    CHECK_NOTHROW(stream.append("room again", 1, kNow));
    CHECK(kindOf([&] { stream.append(std::string(kMaxOutboxPayload + 1, 'x'), 1, kNow); }) ==
          ErrorKind::Data);
}

TEST_CASE("Of streams begun in the same second the one written first is listed first") {
    const Home home;
    for (const std::uint64_t stream : {3U, 1U, 2U}) {
        home.box.create(head(stream)).append("hi", 1, kNow);
        fs::last_write_time(home.path(Home::fileOf(stream)),
                            fs::file_time_type::clock::now() - std::chrono::hours(stream));
    }
    const auto listed = home.box.list();
    REQUIRE(listed.size() == 3);
    CHECK(listed[0].id.stream == 3);
    CHECK(listed[1].id.stream == 2);
    CHECK(listed[2].id.stream == 1);
}

TEST_CASE("After thirty days a message is given up and told of; younger and claimed ones stay") {
    const Home home;
    home.box.create(head(1)).append("old", 1, kNow);
    home.box.create(head(2)).append("young", 1, kNow + 1s);
    { auto empty = home.box.create(head(3)); }
    const auto held = home.box.create(head(4));
    const auto gone = home.box.expire(kNow + Outbox::kMaxAge + 1s);
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].id.stream == 1);
    const auto left = home.box.list();
    REQUIRE(left.size() == 2);
    CHECK(left[0].id.stream == 2);
    CHECK(left[1].id.stream == 4);
}

TEST_CASE(
    "Of a file cut anywhere behind its head the whole messages are left, and more can follow") {
    const Home home;
    const Texts texts{"one", "two\nlines", "three"};
    std::string whole = printHead(head());
    const std::size_t body = whole.size();
    std::vector<std::size_t> ends{body};
    for (std::uint32_t i = 0; i < texts.size(); ++i) {
        whole += printMessage(i, 1, kNow, texts[i]).record;
        ends.push_back(whole.size());
    }
    for (std::size_t cut = body; cut <= whole.size(); ++cut) {
        std::size_t expected = 0;
        while (expected + 1 < ends.size() && ends[expected + 1] <= cut) ++expected;
        home.write(Home::fileOf(), whole.substr(0, cut));
        fs::permissions(home.path("state/im/outbox"), static_cast<fs::perms>(0700));
        auto stream = home.claim();
        INFO(cut);
        REQUIRE(stream);
        REQUIRE(stream->content().entries.size() == expected);
        stream->append("next", 1, kNow);
        stream.reset();
        Texts left(texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(expected));
        left.emplace_back("next");
        CHECK(payloadsOf(*home.claim()) == left);
    }
}

TEST_CASE("A last record whose bytes never reached the disk is cut off") {
    const Home home;
    const std::string good = printHead(head()) + printMessage(0, 1, kNow, "one").record;
    const std::string last = printMessage(1, 1, kNow, "two").record;
    std::string holes = last;
    for (std::size_t i = holes.size() - 4; i < holes.size(); ++i) holes[i] = '\0';
    for (const std::string& tail :
         {holes, std::string(last.size(), '\0'), std::string(5000, '\0')}) {
        home.write(Home::fileOf(), good + tail);
        fs::permissions(home.path("state/im/outbox"), static_cast<fs::perms>(0700));
        CHECK(payloadsOf(*home.claim()) == Texts{"one"});
        CHECK(home.read(Home::fileOf()) == good);
    }
}

TEST_CASE("Damage in the middle is refused with 78 and nothing is cut off") {
    const Home home;
    const std::string first = printMessage(0, 1, kNow, "one").record;
    const std::string rest = printMessage(1, 1, kNow, "two").record;
    const std::string beginning = printHead(head());
    for (std::size_t at = 0; at + 5 < first.size(); ++at) {  // each byte of the line
        std::string damaged = first;
        damaged[at] ^= 1;
        const std::string text = beginning + damaged + rest;
        home.write(Home::fileOf(), text);
        fs::permissions(home.path("state/im/outbox"), static_cast<fs::perms>(0700));
        INFO(at);
        CHECK(kindOf([&] { static_cast<void>(home.claim()); }) == ErrorKind::Configuration);
        CHECK(home.read(Home::fileOf()) == text);
    }
    std::string damaged = first;
    damaged[first.size() - 3] ^= 1;
    home.write(Home::fileOf(), beginning + damaged + rest);
    const auto stream = home.claim();
    CHECK(kindOf([&] { static_cast<void>(payloadsOf(*stream)); }) == ErrorKind::Configuration);
}

TEST_CASE("A full disk costs the message that did not fit, and no other") {
    const Home home;
    auto stream = home.box.create(head());
    stream.append("before", 1, kNow);
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit usual {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &usual) == 0);
    const struct rlimit full { stream.content().size + 10, usual.rlim_max };
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
    const auto kind = kindOf([&] { stream.append("does not fit", 1, kNow); });
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &usual) == 0);
    CHECK(kind == ErrorKind::CannotCreate);
    CHECK(stream.content().next() == 1);
    stream.append("after", 1, kNow);
    CHECK(payloadsOf(stream) == Texts{"before", "after"});
}

TEST_CASE("kill -9 at any moment loses nothing that append() has returned from") {
    for (int round = 0; round < 25; ++round) {
        const Home home;
        std::array<int, 2> told{};
        REQUIRE(::pipe(told.data()) == 0);
        const pid_t writer = start([&] {
            auto stream = home.box.create(head());
            for (std::uint32_t i = 0;; ++i) {
                stream.append(std::string(1 + i * 977 % 30'000, static_cast<char>('a' + i % 26)), 1,
                              kNow);
                const char one = 1;
                if (::write(told[1], &one, 1) != 1) ::_exit(1);
                if (i % 3 == 2) stream.acknowledge(i / 2);
            }
        });
        // Once it writes: now, or up to 3 ms later, wherever it is then.
        char ignored = 0;
        REQUIRE(::read(told[0], &ignored, 1) == 1);
        ::poll(nullptr, 0, round % 4);
        ::kill(writer, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(writer, &status, 0) == writer);
        ::close(told[1]);
        std::size_t returned = 1;
        while (::read(told[0], &ignored, 1) == 1) ++returned;
        ::close(told[0]);
        CHECK(home.box.list().at(0).problem.empty());
        auto stream = home.claim();
        REQUIRE(stream);
        CHECK(stream->content().entries.size() >= returned);
        CHECK(stream->content().entries.size() <= returned + 1);
        for (const OutboxEntry& entry : stream->content().entries)
            CHECK(stream->payload(entry) ==
                  std::string(1 + entry.sequence * 977 % 30'000,
                              static_cast<char>('a' + entry.sequence % 26)));
        CHECK_NOTHROW(stream->append("goes on", 1, kNow));
    }
}
