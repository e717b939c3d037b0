// SPDX-License-Identifier: BSL-1.0
#include "libim/app/output.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/support.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

using namespace im;
using namespace im::app;
using im::app::test::errorOf;
using im::app::test::Pipe;

namespace {

/// A pipe whose writer is an Output, with SIGPIPE harmless as runTool() makes it.
struct Stdout {
    Stdout() { ::signal(SIGPIPE, SIG_IGN); }
    Stdout(const Stdout&) = delete;
    Stdout& operator=(const Stdout&) = delete;
    ~Stdout() { ::signal(SIGPIPE, SIG_DFL); }

    /// Writes until the pipe takes no more.
    std::size_t stuff() {
        std::size_t total = 0;
        const std::string block(4096, '.');
        while (const std::size_t count = out.writeSome(block)) total += count;
        return total;
    }

    Pipe pipe;
    Output out{pipe.writer()};
};

}  // namespace

TEST_CASE("what is written is there at once") {
    Stdout s;
    s.out.write("one\n");
    CHECK(s.pipe.get() == "one\n");
    s.out.write("");
    s.out.write("two\n");
    CHECK(s.pipe.get() == "two\n");
}

TEST_CASE("a long record is written to its end") {
    Stdout s;
    std::string record(40000, 'x');
    record += '\n';
    s.out.write(record);
    CHECK(s.pipe.get() == record);
}

TEST_CASE("what may wait is written in one call, however long it is") {
    std::array<int, 2> ends{};  // a socket that keeps the bounds of writes
    REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends.data()) == 0);
    Output out(ends[0]);
    const std::string listing(65536, 'x');
    out.write(listing);
    std::string got(2 * listing.size(), '\0');
    CHECK(::recv(ends[1], got.data(), got.size(), MSG_DONTWAIT) == ssize_t{65536});
    for (const int end : ends) ::close(end);
}

TEST_CASE("a reader who left is told apart from an error") {
    Stdout s;
    CHECK_FALSE(s.out.readerLeft());
    s.pipe.closeReader();
    CHECK(s.out.readerLeft());
    CHECK_THROWS_AS(s.out.write("x"), ReaderLeft);
    CHECK_THROWS_AS(s.out.writeSome("x"), ReaderLeft);
}

TEST_CASE("a reader who is only busy has not left") {
    Stdout s;
    s.stuff();
    CHECK_FALSE(s.out.readerLeft());
}

TEST_CASE("a failing write is 74") {
    Output closed(-1);
    CHECK(errorOf([&] { closed.write("x"); }) == "74 stdout: bad file descriptor");
    const Pipe pipe;
    Output readOnly(pipe.reader(), "out");
    CHECK(errorOf([&] { readOnly.write("x"); }) == "74 out: bad file descriptor");
}

TEST_CASE("writing what goes stops at a reader who is busy") {
    Stdout s;
    CHECK(s.out.writeSome("one\n") == 4);
    CHECK(s.stuff() > 0);
    CHECK(s.out.writeSome("more") == 0);
    CHECK(s.pipe.get().substr(0, 4) == "one\n");
    CHECK(s.out.writeSome("more") == 4);
}

TEST_CASE("closing is checked") {
    Stdout s;
    s.out.write("x");
    s.pipe.forgetWriter();
    s.out.close();
    CHECK(s.pipe.get() == "x");
    s.out.close();  // again is nothing
    Output unused(1 << 20);
    unused.close();  // never open and never used
    Output used(1 << 20);
    CHECK(errorOf([&] { used.write("x"); }).substr(0, 2) == "74");
    CHECK(errorOf([&] { used.close(); }) == "74 stdout: bad file descriptor");
}

TEST_CASE("a pipe is no terminal") {
    CHECK_FALSE(Stdout().out.isTerminal());
}

// ---- OutputQueue

TEST_CASE("a queue writes at once while the reader keeps up") {
    Stdout s;
    OutputQueue queue(s.out);
    CHECK(queue.push("one\n"));
    CHECK(queue.pending() == 0);
    CHECK(s.pipe.get() == "one\n");
}

TEST_CASE("a queue keeps what a busy reader does not take, in order") {
    Stdout s;
    const std::size_t before = s.stuff();
    OutputQueue queue(s.out);
    CHECK(queue.push("one\n"));
    CHECK(queue.push("two\n"));
    CHECK(queue.pending() == 8);
    queue.flush();
    CHECK(queue.pending() == 8);
    CHECK(s.pipe.get(before).size() == before);
    CHECK(queue.push("three\n"));
    CHECK(queue.pending() == 0);
    CHECK(s.pipe.get() == "one\ntwo\nthree\n");
}

TEST_CASE("a queue is bounded and takes a record whole or not at all") {
    Stdout s;
    const std::size_t before = s.stuff();
    OutputQueue queue(s.out, 10);
    CHECK(queue.push("12345678"));
    CHECK(queue.hasRoomFor(2));
    CHECK_FALSE(queue.hasRoomFor(3));
    CHECK_FALSE(queue.push("abc"));
    CHECK(queue.push("ab"));
    CHECK_FALSE(queue.push("c"));
    CHECK(queue.pending() == 10);
    CHECK(s.pipe.get(before).size() == before);
    queue.flush();
    CHECK(s.pipe.get() == "12345678ab");
}

TEST_CASE("a record longer than the limit is taken when nothing is pending") {
    Stdout s;
    s.stuff();
    OutputQueue queue(s.out, 10);
    CHECK(queue.push(std::string(100, 'x')));
    CHECK(queue.pending() == 100);
    CHECK_FALSE(queue.push("y"));
}

TEST_CASE("a queue that is read bit by bit loses nothing") {
    Stdout s;
    OutputQueue queue(s.out, std::size_t{1} << 24U);
    std::string expected;
    std::string got;
    for (int i = 0; i < 40000; ++i) {
        const std::string record = std::to_string(i) + "\n";
        expected += record;
        REQUIRE(queue.push(record));
        if (i % 1000 == 999) got += s.pipe.get(3000);
    }
    while (queue.pending() != 0) {
        got += s.pipe.get(3000);
        queue.flush();
    }
    got += s.pipe.get();
    CHECK(got == expected);
}

TEST_CASE("draining a queue writes all of it") {
    Stdout s;
    const std::size_t before = s.stuff();
    OutputQueue queue(s.out);
    CHECK(queue.push("one\n"));
    CHECK(s.pipe.get(before).size() == before);
    queue.drain();
    CHECK(queue.pending() == 0);
    CHECK(s.pipe.get() == "one\n");
}

TEST_CASE("a queue tells that the reader left") {
    Stdout s;
    OutputQueue queue(s.out);
    s.pipe.closeReader();
    CHECK_THROWS_AS(queue.push("x"), ReaderLeft);
}
