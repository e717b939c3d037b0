// SPDX-License-Identifier: BSL-1.0
// once: one sealed message by a process of its own, start to exit, with the receipt of the person;
// beside mosquitto_pub -q 1, which has one of its broker.  10,000 sealed users are online.
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"
#include "tests/bench/people.hpp"
#include "tests/bench/rivals.hpp"
#include "tests/bench/sealed_crowd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <functional>

namespace im::bench {

namespace {

constexpr std::size_t kOnline = 10'000;
constexpr int kTimes = 20;  // a round
constexpr std::size_t kLargest = std::size_t{1} << 20;

/// Seconds from start to exit; gives up when that is not 0.
double took(const std::function<Child()>& start) {
    const double begin = now();
    if (start().wait() != 0) giveUp("a message was not delivered");
    return now() - begin;
}

class OnceBench {
public:
    explicit OnceBench(const Place& place)
        : index_(startIndex(place, {"--state=none"})),
          people_(place, index_),
          mosquitto_(findProgram("mosquitto_pub") ? startMosquitto(place) : std::nullopt),
          crowd_(index_, kOnline),
          large_(place.scratch / "large") {
        std::ofstream(large_) << std::string(kLargest, 'x');
        crowd_.logInAll(false);
        null_ = open("/dev/null", O_WRONLY | O_CLOEXEC);
    }
    OnceBench(const OnceBench&) = delete;
    OnceBench& operator=(const OnceBench&) = delete;
    ~OnceBench() { close(null_); }

    void round() {
        const Child bob = people_.listen("bob", null_);
        people_.logIn("alice");
        send().wait();  // the first one makes them known to each other
        Figures ours, theirs, large;
        for (int i = 0; i < kTimes; ++i) {
            ours.add(took([&] { return send(); }));
            if (mosquitto_) theirs.add(took([&] { return publish(); }));
            large.add(took([&] { return sendLarge(); }));
        }
        ours_.add(ours.mid());
        if (mosquitto_) theirs_.add(theirs.mid());
        largeTook_.add(large.mid());
    }

    void print() const {
        printTitle("once: imsend bob hi, start to exit, sealed, with receipt; 10,000 online");
        printRow("imsend", ours_, "ms", 1e3);
        printRow("mosquitto_pub -q 1", theirs_, "ms", 1e3);
        printRatio("imsend : mosquitto_pub -q 1", ours_, theirs_, atMost(0.6));
        printRow("imsend --whole, 1 MiB", largeTook_, "ms", 1e3, atMost(30));
    }

private:
    Child send() const { return people_.send("alice", {"bob", "hi"}, -1); }
    Child sendLarge() const {
        const int in = open(large_.c_str(), O_RDONLY | O_CLOEXEC);
        Child child = people_.send("alice", {"--whole", "bob"}, in);
        close(in);
        return child;
    }
    Child publish() const {
        return Child::program({"mosquitto_pub", "-p", std::to_string(mosquitto_->port), "-t", "bob",
                               "-q", "1", "-m", "hi"});
    }

    Index index_;
    People people_;
    std::optional<Rival> mosquitto_;
    SealedCrowd crowd_;
    std::filesystem::path large_;
    int null_ = -1;
    Figures ours_, theirs_, largeTook_;
};

}  // namespace

void benchOnce(const Place& place) {
    OnceBench bench(place);
    for (int i = 0; i < kRounds; ++i) bench.round();
    bench.print();
}

}  // namespace im::bench
