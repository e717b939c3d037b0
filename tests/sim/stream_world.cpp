// SPDX-License-Identifier: BSL-1.0
#include "tests/sim/stream_world.hpp"

#include "tests/sim/broken.hpp"

#include <algorithm>

namespace im::sim {

namespace {

constexpr wire::StreamId kStream = 0x5EA1ED;
constexpr std::size_t kBoxRoom = 1'120;  // of a peer frame
constexpr std::size_t kInitRoom = 840;   // beside a card
constexpr std::size_t kFrameAndHeaders = 60;

std::unique_ptr<talk::StreamTable> newTable() {
    return std::make_unique<talk::StreamTable>(noise::HashKey{1, 2, 3});
}

}  // namespace

StreamWorld::StreamWorld(std::uint64_t seed, const Path& path)
    : random_(seed),
      path_(path),
      sender_(std::make_unique<talk::StreamSender>(kStream)),
      table_(newTable()) {}

bool StreamWorld::chance(double probability) {
    return std::uniform_real_distribution<double>(0, 1)(random_) < probability;
}

std::uint64_t StreamWorld::below(std::uint64_t bound) {
    return random_() % bound;
}

Duration StreamWorld::upTo(Duration most) {
    return most.count() == 0 ? most : Duration(below(static_cast<std::uint64_t>(most.count())));
}

void StreamWorld::later(Duration delay, std::function<void()> what) {
    queue_.push({now_ + delay, order_++, std::move(what)});
}

void StreamWorld::pauseReader(Duration time) {
    readerGoesOnAt_ = now_ + time;
    isReaderPaused_ = true;
    table_->setBlocked(true);
    later(time, [this] {
        if (!isReaderPaused_ || now_ < readerGoesOnAt_) return;
        isReaderPaused_ = false;
        table_->setBlocked(false);
    });
}

void StreamWorld::restartSender() {
    if (isDone()) return;
    const Kept first =
        outbox_.empty() ? Kept{pushed_, sender_->beginning().segment} : outbox_.front();
    sender_ = std::make_unique<talk::StreamSender>(
        kStream, talk::StreamBeginning{first.beganAt, first.line});
    for (const Kept& kept : outbox_)
        require(sender_->restore(lines_[kept.line], kept.beganAt), "the outbox can be restored");
    pushed_ = first.line + outbox_.size();
    hasFinished_ = false;
    connect(true);
}

void StreamWorld::restartListener() {
    table_ = newTable();
    ++listener_;
    given_ = 0;
    pending_.clear();
    isReaderPaused_ = false;
    hasShownAny_ = false;
    nextLine_ = 0;
}

/// Begins a handshake.  A new process, or one that looks the peer up again, finds who is there now.
void StreamWorld::connect(bool isNewSender) {
    if (isNewSender) isConnected_ = false;
    knownListener_ = listener_;
    init_ = {};
    init_.isInit = true;
    init_.session = ++session_;
    init_.listener = knownListener_;
    isConnected_ = false;
    sender_->fillEarly(init_.records, kInitRoom, now_);
    require(init_.records.size() <= kInitRoom, "early data fits into an INIT");
    sendInit(session_, 0);
}

void StreamWorld::sendInit(std::uint64_t session, unsigned attempt) {
    if (session != session_ || isConnected_) return;
    if (attempt == 5) {  // given up at 31 s: looked up again
        connect(false);
        return;
    }
    transmit(init_, true);
    if (attempt > 0) later(20ms, [this, copy = init_] { transmit(copy, true); });
    later(1s * (1U << attempt), [this, session, attempt] { sendInit(session, attempt + 1); });
}

void StreamWorld::transmit(Packet packet, bool toListener) {
    ++frames_;
    if (now_ < cutUntil_ || chance(path_.loss)) return;
    const unsigned copies = chance(path_.repeat) ? 2 : 1;
    for (unsigned i = 0; i < copies; ++i) {
        TimePoint at = now_;
        if (toListener && path_.bytesPerSecond > 0) {
            const double seconds = static_cast<double>(packet.records.size() + kFrameAndHeaders) /
                                   path_.bytesPerSecond;
            bottleneckFreeAt_ =
                std::max(bottleneckFreeAt_, now_) +
                std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
            at = bottleneckFreeAt_;
        }
        at += path_.delay + upTo(path_.jitter);
        queue_.push({at, order_++, [this, packet, toListener] {
                         toListener ? atListener(packet) : atSender(packet);
                     }});
    }
}

void StreamWorld::atListener(const Packet& packet) {
    if (packet.listener != listener_) return;
    const auto records = wire::Records::parse(packet.records);
    require(records.has_value(), "what the sender writes parses");
    talk::StreamSource source;
    source.isPinned = true;
    source.session = packet.session;
    if (!packet.isInit) source.counter = packet.counter;
    for (const wire::Record& record : *records) {
        const auto verdict = table_->receive(source, std::get<wire::DataRecord>(record), now_);
        require(verdict == talk::StreamTable::Verdict::Taken ||
                    verdict == talk::StreamTable::Verdict::Known ||
                    verdict == talk::StreamTable::Verdict::NoRoom,
                "an honest sender is not turned away");
    }
    show();
    confirm();
    if (!packet.isInit) return;
    Packet resp;
    resp.isResp = true;
    resp.session = packet.session;
    resp.listener = listener_;
    while (const auto ack = table_->nextAck(now_)) wire::appendRecord(resp.records, ack->record);
    transmit(resp, false);
}

void StreamWorld::atSender(const Packet& packet) {
    if (packet.session != session_ || packet.listener != knownListener_) return;
    if (packet.isResp) {
        if (isConnected_) return;
        isConnected_ = true;
        counter_ = 0;
        sender_->start(now_);
    }
    if (!isConnected_) return;
    const auto records = wire::Records::parse(packet.records);
    require(records.has_value(), "what the listener writes parses");
    for (const wire::Record& record : *records)
        sender_->acknowledge(std::get<wire::AckRecord>(record), now_);
}

/// What is to be shown: each line once, in order, and with what it had when it was sent.
void StreamWorld::show() {
    while (const auto delivery = table_->take()) {
        ++given_;
        if (delivery->gapUntil) {
            require(delivery->number == nextLine_, "a gap begins where the lines end");
            require(*delivery->gapUntil >= nextLine_, "a gap is not empty");
            require(listener_ > 1, "only a listener that is not the first has a gap");
            nextLine_ = *delivery->gapUntil + 1;
            for (std::size_t i = delivery->number; i < nextLine_; ++i)
                require(i < isWritten_.size() && isWritten_[i], "what a gap skips was written");
            pending_.push_back(lines_.size());
            ++gaps_;
            continue;
        }
        require(delivery->number == nextLine_, "lines come in order, none twice, none left out");
        require(delivery->number < lines_.size(), "only lines that were sent come");
        require(asText(delivery->bytes) == lines_[delivery->number], "a line is as it was sent");
        pending_.push_back(nextLine_++);
    }
}

/// Unless the reader has stopped, all that was given is written.
void StreamWorld::confirm() {
    if (isReaderPaused_ || given_ == 0) return;
    // Sometimes not all at once, as write() does.
    const std::size_t part = chance(0.2) ? 1 + below(given_) : given_;
    for (std::size_t i = 0; i < part; ++i) {
        const std::size_t line = pending_[i];
        if (line == lines_.size()) continue;
        if (isWritten_.size() <= line) isWritten_.resize(line + 1);
        if (isWritten_[line]) ++shownTwice_;
        isWritten_[line] = true;
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(part));
    table_->written(part, now_);
    given_ -= part;
}

void StreamWorld::sendAcks() {
    while (const auto ack = table_->nextAck(now_)) {
        Packet packet;
        packet.session = ack->session;
        packet.listener = listener_;
        wire::appendRecord(packet.records, ack->record);
        transmit(packet, false);
    }
}

void StreamWorld::pushLines() {
    for (; pushed_ < lines_.size(); ++pushed_) {
        const std::string& line = lines_[pushed_];
        const std::size_t cut = line.size() / 2;
        const auto text = std::string_view(line);
        if (sender_->push(text.substr(0, cut), text.substr(cut)) != talk::Push::Taken) return;
        outbox_.push_back({pushed_, sender_->lastBegan()});
    }
    if (!hasEnded_ || hasFinished_) return;
    sender_->finish();
    hasFinished_ = true;
}

/// What is acknowledged leaves the outbox, sooner or later.
void StreamWorld::keepOutbox() {
    const auto done = sender_->messagesDone();
    for (; acknowledged_ < done; ++acknowledged_)
        require(acknowledged_ < isWritten_.size() && isWritten_[acknowledged_],
                "what is acknowledged is written");
    if (!chance(0.5)) return;
    const auto gone = std::ranges::find_if(outbox_, [&](const Kept& k) { return k.line >= done; });
    outbox_.erase(outbox_.begin(), gone);
}

void StreamWorld::pump() {
    sender_->tick(now_);
    pushLines();
    if (session_ == 0 && pushed_ > 0) connect(true);
    if (sender_->health() == talk::StreamHealth::WantsPath && isConnected_) connect(false);
    while (isConnected_) {
        Packet packet;
        packet.session = session_;
        packet.listener = knownListener_;
        packet.counter = counter_;
        if (!sender_->fill(packet.records, kBoxRoom, counter_, now_)) break;
        require(!packet.records.empty() && packet.records.size() <= kBoxRoom,
                "a frame has something in it and is not too long");
        counter_ += 1 + below(2);  // other records use counters too
        transmit(packet, true);
    }
}

void StreamWorld::turn() {
    table_->tick(now_);
    show();
    confirm();
    sendAcks();
    pump();
    keepOutbox();
    check();
}

void StreamWorld::check() {
    require(table_->blockCount() <= talk::kPinnedBlocks, "the listener's memory has a bound");
    require(table_->streamCount() <= 1, "one stream is one entry");
    require(sender_->congestionWindow() >= talk::kLeastFrames, "the window never closes");
}

bool StreamWorld::isDone() const {
    return hasFinished_ && sender_->isDone();
}

bool StreamWorld::run(Duration time) {
    const TimePoint end = now_ + time;
    unsigned turns = 0;
    for (turn(); !isDone() && now_ < end; turn()) {
        TimePoint next = end;
        if (!queue_.empty()) next = std::min(next, queue_.top().at);
        if (const auto at = sender_->nextDeadline()) next = std::min(next, *at);
        if (const auto at = table_->nextDeadline()) next = std::min(next, *at);
        if (given_ > 0 && !isReaderPaused_) next = std::min(next, now_ + 1ms);
        turns = next <= now_ ? turns + 1 : 0;
        require(turns < 10'000, "time does not stand still");
        now_ = std::max(now_, next);
        while (!queue_.empty() && queue_.top().at <= now_) {
            const auto what = queue_.top().what;
            queue_.pop();
            what();
        }
    }
    return isDone();
}

}  // namespace im::sim
