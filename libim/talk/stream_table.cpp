// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/stream_table.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <limits>

namespace im::talk {

namespace {

constexpr Duration kSweepEvery = 10s;

template <std::size_t N>
std::uint64_t hashOf(const std::array<std::byte, N>& bytes, const noise::HashKey& key) {
    return noise::shortHash(asText(bytes), key);
}

}  // namespace

std::size_t StreamTable::IdentityHash::operator()(const noise::IdentityKey& of) const {
    return hashOf(of, key);
}

std::size_t StreamTable::KeyHash::operator()(const Key& of) const {
    const std::array<std::uint64_t, 2> words{reinterpret_cast<std::uintptr_t>(of.person),
                                             of.stream};
    std::array<std::byte, sizeof words> bytes{};
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return hashOf(bytes, key);
}

/// A stream that keeps something, or owes an ACK.
struct StreamTable::Active {
    ActiveNumber number = kNone;
    Streams::value_type* stream = nullptr;
    StreamReceiver receiver;
    bool isPinned = false;
    std::optional<StreamReceiver::Gap> gap;  ///< to be delivered before any message
    bool isReady = false;                    ///< in ready_
    std::size_t given = 0;                   ///< deliveries not written

    std::uint64_t session = 0;
    std::optional<std::uint64_t> echo;  ///< largest counter of the session
    TimePoint echoAt{};
    std::optional<std::uint64_t> lastCounter;
    unsigned frames = 0;  ///< since the last ACK
    bool owesNow = false;
    std::optional<TimePoint> owesAt;
    StreamReceiver::Number ackedNext = 0;
    bool saidNoRoom = false;
    TimePoint usedAt{};

    [[nodiscard]] bool hasDelivery() const { return gap || receiver.hasMessage(); }
    void noteFrame(const StreamSource& source, TimePoint now);
};

void StreamTable::Active::noteFrame(const StreamSource& source, TimePoint now) {
    usedAt = now;
    if (session != source.session) {
        session = source.session;
        echo.reset();
        lastCounter.reset();
    }
    if (!source.counter || lastCounter == source.counter) return;
    lastCounter = source.counter;
    ++frames;
    if (echo && *echo >= *source.counter) return;
    echo = source.counter;
    echoAt = now;
}

StreamTable::StreamTable(const noise::HashKey& key)
    : people_(0, IdentityHash{key}),
      streams_(0, KeyHash{key}),
      pinned_{{kPinnedBlocks, kReserveBlocks}, kMaxMessage},
      strangers_{{kStrangerBlocks, kStrangerReserve}, kMaxStrangerMessage} {}

StreamTable::~StreamTable() = default;

StreamTable::Verdict StreamTable::receive(const StreamSource& source,
                                          const wire::DataRecord& segment, TimePoint now) {
    Streams::value_type* const stream = findOrAdd(source, segment.stream);
    if (stream == nullptr) return Verdict::Refused;
    Active& active = activate(*stream, source);
    active.noteFrame(source, now);
    if (!sweepAt_) sweepAt_ = now + kSweepEvery;
    const bool hadHole = active.receiver.hasHole();
    const Verdict verdict = segment.from ? goOn(active, segment) : takeSegment(active, segment);
    announce(active);
    if (verdict == Verdict::TooLong || verdict == Verdict::Malformed) {
        settle(active);
        return verdict;
    }
    const bool isUrgent = verdict != Verdict::Taken || segment.from || segment.fin || hadHole ||
                          active.receiver.hasHole() || !source.counter ||
                          active.frames >= kAckEvery;
    if (isUrgent)
        ackNow(active);
    else
        ackSoon(active, now + kAckDelay);
    return verdict;
}

StreamTable::Streams::value_type* StreamTable::findOrAdd(const StreamSource& source,
                                                         wire::StreamId id) {
    auto person = people_.find(source.sender);
    if (person != people_.end()) {
        const auto known = streams_.find({&*person, id});
        if (known != streams_.end()) {
            known->second.generation = generation_;
            return &*known;
        }
    }
    if (!hasPlaceFor(source, person == people_.end() ? Person{} : person->second)) return nullptr;
    if (person == people_.end()) person = people_.try_emplace(source.sender).first;
    ++person->second.streams;
    Stream fresh;
    fresh.generation = generation_;
    return &*streams_.emplace(Key{&*person, id}, fresh).first;
}

bool StreamTable::hasPlaceFor(const StreamSource& source, const Person& person) {
    const std::size_t most = source.isPinned ? kMostStreamsOfPinned : kMostStreamsOfStranger;
    const bool isFull = streams_.size() >= kMostStreams;
    const bool isPersonFull = person.streams >= most;
    // A stranger's own limit is no reason to make a new key: he would have us make many.
    if ((isFull || (isPersonFull && source.isPinned)) && !hasOldKeys_) wantsNewKey_ = true;
    if (!source.counter) return !isFull && !isPersonFull;
    return streams_.size() < withRoomForBox(kMostStreams) && person.streams < withRoomForBox(most);
}

StreamTable::Active& StreamTable::activate(Streams::value_type& stream,
                                           const StreamSource& source) {
    if (stream.second.active != kNone) return *actives_[stream.second.active];
    if (spare_.empty()) {
        spare_.push_back(static_cast<ActiveNumber>(actives_.size()));
        actives_.push_back(std::make_unique<Active>());
    }
    const ActiveNumber number = spare_.back();
    spare_.pop_back();
    Active& active = *actives_[number];
    StreamReceiver receiver = std::move(active.receiver);  // keeps its ring
    active = {};
    active.receiver = std::move(receiver);
    active.number = number;
    active.stream = &stream;
    active.isPinned = source.isPinned;
    active.session = source.session;
    active.ackedNext = stream.second.written.segment;
    active.receiver.begin(stream.second.written, memoryOf(active).pool, memoryOf(active).longest);
    stream.second.active = number;
    return active;
}

StreamTable::Memory& StreamTable::memoryOf(const Active& active) {
    return active.isPinned ? pinned_ : strangers_;
}

const StreamTable::Memory& StreamTable::memoryOf(const Active& active) const {
    return active.isPinned ? pinned_ : strangers_;
}

StreamTable::Verdict StreamTable::goOn(Active& active, const wire::DataRecord& from) {
    const auto before = wire::messagesBefore(from);
    if (!before || from.sequence >= kMaxSegments) return Verdict::Malformed;
    const auto gap = active.receiver.goOnFrom(from.sequence, *before);
    if (gap) active.gap = {active.gap ? active.gap->first : gap->first, gap->last};
    return Verdict::Taken;
}

StreamTable::Verdict StreamTable::takeSegment(Active& active, const wire::DataRecord& segment) {
    Memory& memory = memoryOf(active);
    const bool mayUseReserve = memory.reserveFor == kNone || memory.reserveFor == active.number;
    const StreamReceiver::Verdict verdict = active.receiver.take(segment, mayUseReserve);
    if (mayUseReserve && memory.pool.room() == 0) memory.reserveFor = active.number;
    switch (verdict) {
        case StreamReceiver::Verdict::Taken:
            return Verdict::Taken;
        case StreamReceiver::Verdict::Known:
            return Verdict::Known;
        case StreamReceiver::Verdict::NoRoom:
            return Verdict::NoRoom;
        case StreamReceiver::Verdict::TooLong:
            return Verdict::TooLong;
        case StreamReceiver::Verdict::Malformed:
            break;
    }
    return Verdict::Malformed;
}

void StreamTable::announce(Active& active) {
    if (active.isReady || !active.hasDelivery()) return;
    active.isReady = true;
    ready_.push_back(active.number);
}

std::optional<StreamDelivery> StreamTable::take() {
    while (!ready_.empty()) {
        Active& active = *actives_[ready_.front()];
        if (!active.hasDelivery()) {
            active.isReady = false;
            ready_.pop_front();
            settle(active);
            continue;
        }
        StreamDelivery delivery;
        delivery.sender = active.stream->first.person->first;
        delivery.stream = active.stream->first.stream;
        delivery.session = active.session;
        noteGiven(active, active.gap.has_value());
        if (active.gap) {
            delivery.number = active.gap->first;
            delivery.gapUntil = active.gap->last;
            active.gap.reset();
            return delivery;
        }
        const StreamReceiver::Message message = active.receiver.nextMessage(scratch_);
        delivery.number = message.number;
        delivery.bytes = message.bytes;
        return delivery;
    }
    return {};
}

void StreamTable::noteGiven(Active& active, bool isGap) {
    ++active.given;
    if (!given_.empty() && given_.back().active == active.number && given_.back().isGap == isGap &&
        given_.back().count < std::numeric_limits<std::uint32_t>::max())
        ++given_.back().count;
    else
        given_.push_back({active.number, 1, isGap});
}

void StreamTable::done(std::size_t count, bool isSeen, TimePoint now) {
    while (count > 0) {
        assert(!given_.empty());
        Run& run = given_.front();
        Active& active = *actives_[run.active];
        const auto part = static_cast<std::uint32_t>(std::min<std::size_t>(count, run.count));
        if (!run.isGap)
            for (std::uint32_t i = 0; i < part; ++i) active.receiver.written();
        if (!isSeen) active.stream->second.isUnseen = true;
        active.given -= part;
        run.count -= part;
        count -= part;
        if (run.count == 0) given_.pop_front();
        noteWritten(active, now);
    }
    wakeBlocked();
}

void StreamTable::noteWritten(Active& active, TimePoint now) {
    const StreamReceiver::Number advance = active.receiver.next() - active.ackedNext;
    if (active.receiver.isFinished() || advance >= kAckEvery)
        ackNow(active);
    else if (advance > 0)
        ackSoon(active, now + kAckDelay);
    settle(active);
}

void StreamTable::setBlocked(bool isBlocked) {
    isBlocked_ = isBlocked;
    wakeBlocked();
}

/// Tells senders that were told of no room that there is some.
void StreamTable::wakeBlocked() {
    if (blockedCount_ == 0 || isBlocked_) return;
    for (const auto& active : actives_)
        if (active->saidNoRoom && windowOf(*active) > 0) ackNow(*active);
}

void StreamTable::ackNow(Active& active) {
    active.owesAt.reset();
    if (active.owesNow) return;
    active.owesNow = true;
    acksNow_.push_back(active.number);
}

void StreamTable::ackSoon(Active& active, TimePoint at) {
    if (active.owesNow || active.owesAt) return;
    active.owesAt = at;
    acksLater_.push_back({at, active.number});
}

std::optional<StreamAck> StreamTable::nextAck(TimePoint now) {
    while (!acksNow_.empty()) {
        Active& active = *actives_[acksNow_.front()];
        acksNow_.pop_front();
        if (active.owesNow) return makeAck(active, now);
    }
    while (!acksLater_.empty()) {
        const Later later = acksLater_.front();
        Active& active = *actives_[later.active];
        const bool isOwed = active.owesAt == later.at;
        if (isOwed && later.at > now) return {};
        acksLater_.pop_front();
        if (isOwed) return makeAck(active, now);
    }
    return {};
}

std::uint16_t StreamTable::windowOf(const Active& active) const {
    if (isBlocked_) return 0;
    const Memory& memory = memoryOf(active);
    if (memory.reserveFor == kNone || memory.reserveFor == active.number) return kStreamWindow;
    return static_cast<std::uint16_t>(std::min<std::size_t>(kStreamWindow, memory.pool.room()));
}

StreamAck StreamTable::makeAck(Active& active, TimePoint now) {
    StreamAck ack;
    ack.sender = active.stream->first.person->first;
    ack.session = active.session;
    ack.record.stream = active.stream->first.stream;
    ack.record.next = static_cast<wire::SegmentNumber>(active.receiver.next());
    ack.record.mask = active.receiver.mask();
    ack.record.window = windowOf(active);
    ack.record.unseen = active.stream->second.isUnseen;
    ack.record.echo = active.echo.value_or(wire::kNoEcho);
    if (active.echo) {
        const auto delay =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - active.echoAt);
        ack.record.delayMillis =
            static_cast<std::uint16_t>(std::clamp<std::int64_t>(delay.count(), 0, 0xFFFF));
    }
    active.owesNow = false;
    active.owesAt.reset();
    active.frames = 0;
    active.ackedNext = active.receiver.next();
    const bool saysNoRoom = ack.record.window == 0;
    blockedCount_ = blockedCount_ + (saysNoRoom ? 1 : 0) - (active.saidNoRoom ? 1 : 0);
    active.saidNoRoom = saysNoRoom;
    settle(active);
    return ack;
}

/// Lets go of what a stream does not need any more.
void StreamTable::settle(Active& active) {
    if (active.receiver.isBroken() && active.given == 0 && !active.hasDelivery())
        active.receiver.forget();
    Memory& memory = memoryOf(active);
    if (memory.reserveFor == active.number && (active.receiver.isIdle() || memory.pool.room() > 0))
        memory.reserveFor = kNone;
    const bool isBusy = active.owesNow || active.owesAt || active.isReady || active.saidNoRoom ||
                        active.given > 0 || !active.receiver.isIdle();
    if (isBusy) return;
    active.stream->second.written = active.receiver.position();
    active.stream->second.active = kNone;
    active.stream = nullptr;
    spare_.push_back(active.number);
}

void StreamTable::tick(TimePoint now) {
    if (!sweepAt_ || now < *sweepAt_) return;
    sweepAt_.reset();
    for (const auto& active : actives_) {
        if (active->stream == nullptr) continue;
        const bool isAbandoned = active->receiver.isUnfinished() && active->given == 0 &&
                                 now - active->usedAt >= kHalfMessagePatience;
        if (isAbandoned) active->receiver.forget();
        settle(*active);
        if (active->stream != nullptr) sweepAt_ = now + kSweepEvery;
    }
    wakeBlocked();
}

std::optional<TimePoint> StreamTable::nextDeadline() const {
    if (acksLater_.empty()) return sweepAt_;
    return earlier(sweepAt_, acksLater_.front().at);
}

void StreamTable::beginKey() {
    ++generation_;
    wantsNewKey_ = false;
    hasOldKeys_ = true;
}

void StreamTable::endOldKeys() {
    hasOldKeys_ = false;
    for (auto stream = streams_.begin(); stream != streams_.end();) {
        const bool isCrowded = streams_.size() > kMostStreams / 2 ||
                               stream->first.person->second.streams > kOldStreamsKept;
        if (stream->second.generation == generation_ || stream->second.active != kNone ||
            !isCrowded) {
            ++stream;
            continue;
        }
        const noise::IdentityKey sender = stream->first.person->first;
        stream = streams_.erase(stream);
        const auto person = people_.find(sender);
        if (--person->second.streams == 0) people_.erase(person);
    }
}

void StreamTable::know(const noise::IdentityKey& sender, wire::StreamId stream,
                       StreamReceiver::Position written) {
    StreamSource source;
    source.sender = sender;
    source.isPinned = true;
    Streams::value_type* const known = findOrAdd(source, stream);
    if (known != nullptr && known->second.active == kNone) known->second.written = written;
}

std::optional<StreamReceiver::Position> StreamTable::position(const noise::IdentityKey& sender,
                                                              wire::StreamId stream) const {
    const auto person = people_.find(sender);
    if (person == people_.end()) return {};
    const auto known = streams_.find({&*person, stream});
    if (known == streams_.end()) return {};
    if (known->second.active == kNone) return known->second.written;
    return actives_[known->second.active]->receiver.position();
}

}  // namespace im::talk
