// SPDX-License-Identifier: BSL-1.0
// StreamTable: all streams that people send to one listener: what of each was written, what waits
// to be, and what is to be acknowledged.  It is what makes early data safe: K, the key that a first
// datagram is sealed to, is as old as the table, so a replay finds its stream here and is taken for
// a retransmission (doc/protocol.md, "Streams").
//
// No socket, no clock, no thread.  Not thread-safe.  Segments go in by receive(); messages come out
// by take(), in the order of each stream, and count when written() says that they are; ACKs come
// out by nextAck().
#pragma once

#include "libim/base/time.hpp"
#include "libim/noise/identity.hpp"
#include "libim/noise/short_hash.hpp"
#include "libim/talk/segment_pool.hpp"
#include "libim/talk/stream_receiver.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace im::talk {

/// Where a segment comes from.
struct StreamSource {
    noise::IdentityKey sender{};  ///< proven by the session's card
    bool isPinned = false;
    std::uint64_t session = 0;  ///< whatever names the session to the caller; ACKs repeat it
    std::optional<std::uint64_t> counter;  ///< of the BOX; nothing for the early data of an INIT
};

/// A message to be shown, or the news that some will never come.
struct StreamDelivery {
    noise::IdentityKey sender{};
    wire::StreamId stream = 0;
    std::uint64_t session = 0;       ///< StreamSource::session, the last one
    wire::MessageNumber number = 0;  ///< of the message; of a gap the first missing one
    std::optional<wire::MessageNumber> gapUntil;  ///< a gap: the last missing one
    BytesView bytes;  ///< of a message, until the next call of take() or written()
};

struct StreamAck {
    noise::IdentityKey sender{};
    std::uint64_t session = 0;
    wire::AckRecord record;
};

class StreamTable {
public:
    enum class Verdict : std::uint8_t {
        Taken,      ///< new
        Known,      ///< repeated; will be acknowledged again
        NoRoom,     ///< not kept; the ACK says so, and the sender repeats it
        Refused,    ///< no place in the table, no ACK: as early data it may come again in a BOX
        TooLong,    ///< close the session: CloseCode::Limit
        Malformed,  ///< close the session: CloseCode::Protocol
    };

    explicit StreamTable(const noise::HashKey& key);
    ~StreamTable();
    StreamTable(const StreamTable&) = delete;
    StreamTable& operator=(const StreamTable&) = delete;

    Verdict receive(const StreamSource& source, const wire::DataRecord& segment, TimePoint now);

    /// The next message to show, if there is one.
    [[nodiscard]] std::optional<StreamDelivery> take();
    /// The `count` oldest deliveries that take() gave are written: write() returned, or what was
    /// run for them succeeded.  Only this lets the sender have success.
    void written(std::size_t count, TimePoint now) { done(count, true, now); }
    /// They are done with, and their sender is not to take it for success: nobody was shown them,
    /// or nobody says so.  From then on the ACKs of these streams say `unseen`.
    void passedOver(std::size_t count, TimePoint now) { done(count, false, now); }
    /// The reader of what we write has stopped, or goes on: ACKs say that there is no room.
    void setBlocked(bool isBlocked);

    /// The next ACK that is due.  Ask when a batch of frames was handed in and what came of it was
    /// written, so that one ACK is for all of them.
    [[nodiscard]] std::optional<StreamAck> nextAck(TimePoint now);
    void tick(TimePoint now);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    /// The table, or the part of somebody who is pinned, is full: K should be replaced.
    [[nodiscard]] bool wantsNewKey() const { return wantsNewKey_; }
    /// A new K is in use; the one before is still good.
    void beginKey();
    /// The keys before the present one are gone: what was last used under them need not be known
    /// any more, and is forgotten where it is much.
    void endOldKeys();

    /// A stream of an earlier process, out of a journal.
    void know(const noise::IdentityKey& sender, wire::StreamId stream,
              StreamReceiver::Position written);
    /// How far a stream is written.
    [[nodiscard]] std::optional<StreamReceiver::Position> position(const noise::IdentityKey& sender,
                                                                   wire::StreamId stream) const;

    [[nodiscard]] std::size_t streamCount() const { return streams_.size(); }
    /// Blocks of kMaxSegment bytes that hold what is not written.
    [[nodiscard]] std::size_t blockCount() const {
        return pinned_.pool.takenCount() + strangers_.pool.takenCount();
    }

private:
    using ActiveNumber = std::uint32_t;
    static constexpr ActiveNumber kNone = ~ActiveNumber{0};

    struct Active;
    struct Person {
        std::size_t streams = 0;
    };
    struct IdentityHash {
        noise::HashKey key;
        std::size_t operator()(const noise::IdentityKey& of) const;
    };
    using People = std::unordered_map<noise::IdentityKey, Person, IdentityHash>;
    struct Key {
        const People::value_type* person;
        wire::StreamId stream;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        noise::HashKey key;
        std::size_t operator()(const Key& of) const;
    };
    struct Stream {
        StreamReceiver::Position written;
        std::uint32_t generation = 0;
        ActiveNumber active = kNone;
        bool isUnseen = false;  ///< something of it was passed over
    };
    using Streams = std::unordered_map<Key, Stream, KeyHash>;
    struct Memory {
        SegmentPool pool;
        std::size_t longest;
        ActiveNumber reserveFor = kNone;  ///< who may use the reserve
    };
    /// Deliveries that are given out: `count` of the same stream.
    struct Run {
        ActiveNumber active;
        std::uint32_t count;
        bool isGap;
    };

    [[nodiscard]] Streams::value_type* findOrAdd(const StreamSource& source, wire::StreamId id);
    [[nodiscard]] bool hasPlaceFor(const StreamSource& source, const Person& person);
    [[nodiscard]] Active& activate(Streams::value_type& stream, const StreamSource& source);
    [[nodiscard]] Verdict goOn(Active& active, const wire::DataRecord& from);
    [[nodiscard]] Verdict takeSegment(Active& active, const wire::DataRecord& segment);
    [[nodiscard]] Memory& memoryOf(const Active& active);
    [[nodiscard]] const Memory& memoryOf(const Active& active) const;
    void done(std::size_t count, bool isSeen, TimePoint now);
    void announce(Active& active);
    void ackNow(Active& active);
    void ackSoon(Active& active, TimePoint at);
    void noteWritten(Active& active, TimePoint now);
    void wakeBlocked();
    [[nodiscard]] std::uint16_t windowOf(const Active& active) const;
    [[nodiscard]] StreamAck makeAck(Active& active, TimePoint now);
    void settle(Active& active);
    void noteGiven(Active& active, bool isGap);

    People people_;
    Streams streams_;
    std::vector<std::unique_ptr<Active>> actives_;
    std::vector<ActiveNumber> spare_;
    Memory pinned_;
    Memory strangers_;
    Bytes scratch_;

    std::deque<ActiveNumber> ready_;  ///< have something to deliver
    std::deque<Run> given_;           ///< delivered, not written
    std::deque<ActiveNumber> acksNow_;
    struct Later {
        TimePoint at;
        ActiveNumber active;
    };
    std::deque<Later> acksLater_;  ///< in order: the delay is always the same
    std::optional<TimePoint> sweepAt_;

    std::uint32_t generation_ = 0;
    std::size_t blockedCount_ = 0;  ///< streams whose sender was told of no room
    bool isBlocked_ = false;
    bool wantsNewKey_ = false;
    bool hasOldKeys_ = false;
};

}  // namespace im::talk
