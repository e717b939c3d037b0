// SPDX-License-Identifier: BSL-1.0
// A sender and a listener of sealed streams on a path that loses, repeats, delays and cuts off.
// Sessions are played, without keys: an INIT that is repeated until its RESP comes, and frames
// with counters.  Both programs can be killed and started again, and the listener's reader can
// stop reading.  What must hold is checked after every step; a failure throws Broken.
#pragma once

#include "libim/talk/stream_sender.hpp"
#include "libim/talk/stream_table.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <vector>

namespace im::sim {

using namespace std::chrono_literals;

struct Path {
    double loss = 0;  ///< each way, damaged frames included: they do not decrypt
    double repeat = 0;
    Duration delay = 25ms;      ///< each way
    Duration jitter{};          ///< up to so much more, so that frames overtake one another
    double bytesPerSecond = 0;  ///< of the bottleneck towards the listener; 0: none
};

class StreamWorld {
public:
    StreamWorld(std::uint64_t seed, const Path& path);

    [[nodiscard]] TimePoint now() const { return now_; }
    [[nodiscard]] std::mt19937_64& random() { return random_; }
    [[nodiscard]] bool chance(double probability);
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
    [[nodiscard]] Duration upTo(Duration most);

    /// Lines that the sender's stdin has; they are pushed as there is room.
    void write(std::string line) { lines_.push_back(std::move(line)); }
    void endInput() { hasEnded_ = true; }
    void setPath(const Path& path) { path_ = path; }
    void later(Duration delay, std::function<void()> what);
    void cut(Duration time) { cutUntil_ = now_ + time; }
    /// The listener's reader reads nothing until then.
    void pauseReader(Duration time);
    /// The sender is killed; another goes on with its outbox.
    void restartSender();
    /// The listener is killed; another one, that remembers nothing, is there at once.
    void restartListener();
    /// A new session for no reason but age.
    void renewSession() { connect(false); }

    /// Until all is acknowledged or `time` has gone.  Whether it was.
    bool run(Duration time);
    [[nodiscard]] bool isDone() const;

    [[nodiscard]] talk::StreamSender& sender() { return *sender_; }
    [[nodiscard]] std::size_t gapCount() const { return gaps_; }
    [[nodiscard]] std::size_t shownTwiceCount() const { return shownTwice_; }
    /// Frames with records, both ways.
    [[nodiscard]] std::uint64_t frameCount() const { return frames_; }

private:
    struct Packet {
        bool isInit = false;
        bool isResp = false;
        std::uint64_t session = 0;
        std::uint64_t listener = 0;  ///< whose K it is sealed to; frames to another are lost
        std::uint64_t counter = 0;
        Bytes records;
    };
    struct Item {
        TimePoint at;
        std::uint64_t order = 0;
        std::function<void()> what;
        bool operator>(const Item& other) const {
            return at != other.at ? at > other.at : order > other.order;
        }
    };
    struct Kept {
        std::size_t line;
        wire::SegmentNumber beganAt;
    };

    void connect(bool isNewSender);
    void sendInit(std::uint64_t session, unsigned attempt);
    void transmit(Packet packet, bool toListener);
    void atListener(const Packet& packet);
    void atSender(const Packet& packet);
    void show();
    void confirm();
    void sendAcks();
    void pump();
    void pushLines();
    void keepOutbox();
    void turn();
    void check();

    std::mt19937_64 random_;
    Path path_;
    TimePoint now_{1h};
    TimePoint cutUntil_{};
    TimePoint bottleneckFreeAt_{};
    std::uint64_t order_ = 0;
    std::uint64_t frames_ = 0;
    std::priority_queue<Item, std::vector<Item>, std::greater<>> queue_;

    // The sender, its outbox (on disk, so a little behind) and its session.
    std::vector<std::string> lines_;
    std::size_t pushed_ = 0;
    bool hasEnded_ = false;
    bool hasFinished_ = false;
    std::unique_ptr<talk::StreamSender> sender_;
    std::vector<Kept> outbox_;
    std::size_t acknowledged_ = 0;
    std::uint64_t session_ = 0;
    bool isConnected_ = false;
    std::uint64_t knownListener_ = 0;
    std::uint64_t counter_ = 0;
    Packet init_;

    // The listener and what it has shown.
    std::unique_ptr<talk::StreamTable> table_;
    std::uint64_t listener_ = 1;
    std::size_t given_ = 0;
    bool isReaderPaused_ = false;
    TimePoint readerGoesOnAt_{};
    std::size_t nextLine_ = 0;  ///< that this listener must show
    bool hasShownAny_ = false;
    std::size_t givenUpTo_ = 0;
    std::vector<bool> isWritten_;
    std::size_t gaps_ = 0;
    std::size_t shownTwice_ = 0;
    std::vector<std::size_t> pending_;
};

}  // namespace im::sim
