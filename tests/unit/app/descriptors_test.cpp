// SPDX-License-Identifier: BSL-1.0
// stdin and stdout as other programs leave them: non-blocking, slow, interrupted by signals.
#include "libim/app/input.hpp"
#include "libim/app/output.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/app/system_support.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <chrono>
#include <thread>

using namespace im::app;
using namespace std::chrono_literals;
using im::app::test::Pipe;

namespace {

void makeNonBlocking(int fd) {
    REQUIRE(::fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
}

/// Signals that interrupt system calls every millisecond, for the length of a scope.
class Interruptions {
public:
    Interruptions() {
        struct sigaction action {};
        action.sa_handler = [](int) { seen = seen + 1; };
        ::sigaction(SIGALRM, &action, nullptr);
        set(1000);
    }
    Interruptions(const Interruptions&) = delete;
    Interruptions& operator=(const Interruptions&) = delete;
    ~Interruptions() {
        set(0);
        ::signal(SIGALRM, SIG_DFL);
    }
    static int count() { return seen; }

private:
    static void set(long microseconds) {
        const itimerval timer{{0, microseconds}, {0, microseconds}};
        ::setitimer(ITIMER_REAL, &timer, nullptr);
    }
    static inline volatile sig_atomic_t seen = 0;
};

/// Blocks SIGALRM in a thread that is to be left alone.
void leaveAlone() {
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    ::pthread_sigmask(SIG_BLOCK, &alarms, nullptr);
}

void writeLater(const Pipe& pipe, std::string_view text) {
    leaveAlone();
    std::this_thread::sleep_for(20ms);
    pipe.put(text);
}

/// Reads everything up to `size` bytes, a little at a time.
std::string readSlowly(const Pipe& pipe, std::size_t size) {
    leaveAlone();
    std::string text;
    std::array<char, 3000> block{};
    while (text.size() < size) {
        std::this_thread::sleep_for(1ms);
        const ssize_t count = ::read(pipe.reader(), block.data(), block.size());
        if (count > 0) text.append(block.data(), static_cast<std::size_t>(count));
    }
    return text;
}

std::string numbers() {
    std::string text;
    for (int i = 0; text.size() < 150000; ++i) text += std::to_string(i) + "\n";
    return text;
}

/// What a reader that is slow gets of `text` written by an Output.
std::string throughSlowReader(const Pipe& pipe, const std::string& text) {
    std::string got;
    std::thread reader([&] { got = readSlowly(pipe, text.size()); });
    Output(pipe.writer()).write(text);
    reader.join();
    return got;
}

}  // namespace

TEST_CASE("a stdin that somebody made non-blocking is waited for") {
    const Pipe pipe;
    makeNonBlocking(pipe.reader());
    Input input(pipe.reader(), Framing::Line, 100);
    std::thread writer([&] { writeLater(pipe, "late\n"); });
    const auto record = input.next();
    writer.join();
    REQUIRE(record.has_value());
    CHECK(record->text == "late");
}

TEST_CASE("waiting for stdin takes no processor time") {
    const Pipe pipe;
    makeNonBlocking(pipe.reader());
    Input input(pipe.reader(), Framing::Line, 100);
    rusage before{};
    rusage after{};
    std::thread writer([&] {
        std::this_thread::sleep_for(300ms);
        pipe.put("late\n");
    });
    ::getrusage(RUSAGE_SELF, &before);
    CHECK(input.next().has_value());
    ::getrusage(RUSAGE_SELF, &after);
    writer.join();
    const auto used = [](const rusage& usage) {
        return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    };
    CHECK(used(after) - used(before) < 150ms);
}

TEST_CASE("signals while waiting for stdin change nothing") {
    const Pipe pipe;
    Input input(pipe.reader(), Framing::Line, 100);
    const int before = Interruptions::count();
    std::thread writer([&] { writeLater(pipe, "late\n"); });
    const Interruptions interruptions;
    const auto record = input.next();
    writer.join();
    REQUIRE(record.has_value());
    CHECK(record->text == "late");
    CHECK(Interruptions::count() > before);
}

TEST_CASE("the whole of an endless input is not kept") {
    const int zero = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
    REQUIRE(zero >= 0);
    Input input(zero, Framing::Whole, 1000);
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 4000; ++i) {  // 250 MiB
        input.fill();
        CHECK_FALSE(input.take().has_value());
    }
    ::getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < 51200);  // KiB
    ::close(zero);
}

TEST_CASE("a slow reader gets everything in order") {
    const Pipe pipe;
    const std::string text = numbers();
    CHECK(throughSlowReader(pipe, text) == text);
}

TEST_CASE("a slow reader of a non-blocking stdout gets everything, too") {
    const Pipe pipe;
    makeNonBlocking(pipe.writer());
    const std::string text = numbers();
    CHECK(throughSlowReader(pipe, text) == text);
}

TEST_CASE("signals while writing change nothing") {
    const Pipe pipe;
    const std::string text = numbers();
    const int before = Interruptions::count();
    const Interruptions interruptions;
    CHECK(throughSlowReader(pipe, text) == text);
    CHECK(Interruptions::count() > before);
}

TEST_CASE("the flags of the shared descriptor stay as they were") {
    const Pipe pipe;
    const int before = ::fcntl(pipe.writer(), F_GETFL);
    Output out(pipe.writer());
    OutputQueue queue(out);
    CHECK(queue.push("x"));
    out.write("y");
    CHECK(::fcntl(pipe.writer(), F_GETFL) == before);
}
