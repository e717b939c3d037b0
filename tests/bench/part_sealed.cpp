// SPDX-License-Identifier: BSL-1.0
// sealed: what the sealed profile costs the index: a login beside one X25519, presence for 10,000
// people.
#include "libim/noise/primitives.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/parts.hpp"
#include "tests/bench/sealed_crowd.hpp"

namespace im::bench {

namespace {

constexpr std::size_t kLogins = 1'000;
constexpr std::size_t kCurves = 5'000;
constexpr std::size_t kPeople = 10'000;
constexpr double kWatch = 15;             // seconds
constexpr double kEventsPerSecond = 5.6;  // of 10,000 people who come and go once an hour
constexpr double kKeepAlive = 25;         // behind a translator, the dearer case
constexpr double kMicro = 1e6;

/// CPU seconds of one X25519 of libsodium.
double curve() {
    const noise::KeyPair ours = noise::generateKeyPair();
    const noise::KeyPair theirs = noise::generateKeyPair();
    const double before = threadCpu();
    for (std::size_t i = 0; i < kCurves; ++i)
        if (!noise::dh(ours, theirs.publicKey)) giveUp("libsodium does not work");
    return (threadCpu() - before) / kCurves;
}

/// CPU seconds of the index for a login, from INIT to PONG, and its end.
double login(const Place& place) {
    const Index index = startIndex(place, {"--state=none"});
    SealedCrowd crowd(index, kLogins);
    const double before = index.child.cpu();
    crowd.logInAll(true);
    return (index.child.cpu() - before) / kLogins;
}

void benchLogins(const Place& place) {
    Figures logins, curves;
    for (int i = 0; i < kRounds; ++i) {
        logins.add(login(place));
        curves.add(curve());
    }
    printTitle("sealed login: INIT to PONG and logout, nobody told");
    printRow("imindex, CPU a login", logins, "us", kMicro);
    printRow("one X25519, CPU", curves, "us", kMicro);
    printRatio("imindex : X25519", logins, curves, atMost(9));
}

/// People who are online and keep alive while others come and go.
class Presence {
public:
    explicit Presence(const Place& place)
        : index_(startIndex(place, {"--state=none"})), crowd_(index_, kPeople) {}

    /// The index's share of a core; events that the first of them did not hear of.
    void watch(Figures& share, std::size_t& untold) {
        crowd_.logInAll(false);
        for (const double end = now() + 2; now() < end;) crowd_.hear(0.1);  // all is told
        const std::size_t heard = crowd_.user(0).heard();
        const double cpu = index_.child.cpu();
        const double begin = now();
        comeAndGo(begin);
        share.add((index_.child.cpu() - cpu) / (now() - begin));
        for (const double end = now() + 1; now() < end;) crowd_.hear(0.1);
        const std::size_t came = crowd_.user(0).heard() - heard;
        untold += events_ > came ? events_ - came : 0;
    }

private:
    static constexpr std::size_t kComers = 100;
    static constexpr std::size_t kAway = 5;  // at a time, at least
    static constexpr std::size_t kStaying = kPeople - kComers;

    void comeAndGo(double begin) {
        std::size_t pinged = 0;
        while (now() < begin + kWatch) {
            crowd_.hear(0.01);
            const double passed = now() - begin;
            const auto due = static_cast<std::size_t>(passed / kKeepAlive * kStaying);
            for (; pinged < due; ++pinged) crowd_.user(pinged % kStaying).ping();
            const auto events = static_cast<std::size_t>(passed * kEventsPerSecond);
            for (; events_ < events; ++events_) change();
        }
    }
    /// One leaves, and somebody who left a while ago comes back: deltas tell a name once.
    void change() {
        const std::size_t left = events_ / 2;
        const bool leaves = events_ % 2 == 0 || left < kAway;
        SealedUser& user = crowd_.user(kStaying + (leaves ? gone_++ : back_++) % kComers);
        leaves ? user.logout() : user.login();
    }

    Index index_;
    SealedCrowd crowd_;
    std::size_t gone_ = 0, back_ = 0;
    std::size_t events_ = 0;
};

void benchPresence(const Place& place) {
    Figures share;
    std::size_t untold = 0;
    for (int i = 0; i < kRounds; ++i) Presence(place).watch(share, untold);
    printTitle("sealed presence: 10,000 people, 5.6 events a second, kept alive each 25 s");
    printRow("imindex, share of a core", share, "%", 100, atMost(25));
    printNone("events that were not told", untold);
}

}  // namespace

void benchSealed(const Place& place) {
    noise::initialise();
    benchLogins(place);
    benchPresence(place);
}

}  // namespace im::bench
