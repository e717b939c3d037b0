// SPDX-License-Identifier: BSL-1.0
// ListenerChaos: bytes as a story of datagrams, rosters and time that happens to a
// ClassicListener, and what must hold after each step of any such story.  Random bytes come from
// a test, evolved ones from the fuzzer talk_listener.
#pragma once

#include "libim/talk/classic_listener.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace im::talk {

/// What did not hold.
class Broken : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

class ListenerChaos {
public:
    /// Runs the whole story; throws Broken.
    static void run(BytesView story);

private:
    class Outbox;

    explicit ListenerChaos(BytesView story);

    void steps();
    void step();
    void check();

    // What may happen.
    void start();
    void adopt();
    void logout();
    void hear(bool fromIndex);
    void hearRaw();
    void flood();
    void roster();
    void rosterFails();
    void pass(Duration time);

    // Reading the story.
    bool ended() const { return at_ >= story_.size(); }
    std::uint8_t next();
    std::size_t below(std::size_t count) { return next() % count; }
    std::string_view name();
    Endpoint endpoint();
    Endpoint sourceOf(bool fromIndex);
    std::string message();
    std::vector<wire::RosterEntry> entries();

    void receive(std::string_view text, bool fromIndex);
    void deliver(BytesView bytes, bool fromIndex, bool truncated);
    void look();

    // What must hold.
    void checkSent();
    void checkEvent(const Event& event);
    void checkPresence(const Event& event);
    void checkServer(const Event& event);
    void checkContacts() const;

    BytesView story_;
    std::size_t at_ = 0;
    TimePoint now_{std::chrono::hours(1)};
    TimePoint begun_ = now_;
    bool rosterFirst_;
    ClassicListener listener_;
    std::vector<Bytes> sent_;
    std::size_t logins_ = 0;
    std::size_t starts_ = 0;
    bool fetching_ = false;
    bool lost_ = false;
    bool hasFlooded_ = false;  ///< once is enough, it takes time
    std::size_t talksHeard_ = 0;
    std::size_t talksTold_ = 0;
    std::map<std::string, Endpoint, std::less<>> reader_;  ///< whom a reader believes online
    bool readerKnowsAll_ = false;
};

}  // namespace im::talk
