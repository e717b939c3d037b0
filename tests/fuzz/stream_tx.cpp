// SPDX-License-Identifier: BSL-1.0
// Law: whatever ACKs a peer sends, a StreamSender stays within its window and its frames, sends
// only what it was given, and takes nothing for written that it never sent.
#include "libim/talk/stream_sender.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <set>
#include <string>

namespace {

using namespace im;
using namespace im::talk;

class Tape {
public:
    Tape(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    [[nodiscard]] bool empty() const { return size_ == 0; }
    std::uint8_t byte() {
        if (size_ == 0) return 0;
        --size_;
        return *data_++;
    }
    std::uint64_t number() { return byte() | std::uint64_t{byte()} << 8U; }

private:
    const std::uint8_t* data_;
    std::size_t size_;
};

class Play {
public:
    explicit Play(Tape tape) : tape_(tape) {}

    void run() {
        while (!tape_.empty()) {
            step();
            IM_LAW(sender_.messagesDone() <= pushed_);
            IM_LAW(sender_.messagesDone() >= done_);
            IM_LAW(sender_.congestionWindow() >= kLeastFrames);
            done_ = sender_.messagesDone();
        }
    }

private:
    void step() {
        switch (tape_.byte() % 8) {
            case 0:
                push(tape_.byte());
                break;
            case 1:
                push(tape_.number());
                break;
            case 2:
                sender_.start(now_);
                break;
            case 3:
                now_ += std::chrono::milliseconds(tape_.number());
                sender_.tick(now_);
                break;
            case 4:
                acknowledge();
                break;
            case 5:
                early();
                break;
            case 6:
                if (tape_.byte() == 0) finish();
                break;
            default:
                fill();
        }
    }

    void push(std::size_t size) {
        const std::string text(size, 'x');
        const Push result = sender_.push(text);
        IM_LAW((result == Push::Ended) == isFinished_);
        if (result == Push::Taken) ++pushed_;
    }

    void finish() {
        sender_.finish();
        isFinished_ = true;
    }

    void early() {
        Bytes records;
        sender_.fillEarly(records, 840, now_);
        look(records, 840);
    }

    void fill() {
        for (int frames = 0;; ++frames) {
            Bytes records;
            if (!sender_.fill(records, 1'120, counter_++, now_)) return;
            IM_LAW(frames < 200);  // a window has an end
            IM_LAW(!records.empty());
            look(records, 1'120);
        }
    }

    void look(const Bytes& bytes, std::size_t most) {
        IM_LAW(bytes.size() <= most);
        const auto records = wire::Records::parse(bytes);
        IM_LAW(records.has_value());
        for (const wire::Record& record : *records) {
            const auto* data = std::get_if<wire::DataRecord>(&record);
            IM_LAW(data != nullptr);
            IM_LAW(wire::messagesEndingIn(*data) || wire::messagesBefore(*data));
            if (data->from) continue;
            IM_LAW(data->sequence < acknowledged_ + kStreamWindow);
        }
    }

    void acknowledge() {
        wire::AckRecord ack;
        ack.stream = 1;
        // Mostly possible, sometimes anything.
        const std::uint64_t base = sender_.beginning().segment;
        ack.next = static_cast<wire::SegmentNumber>(base + tape_.byte() % 70);
        ack.mask = tape_.number() << (tape_.byte() % 64);
        ack.window = static_cast<std::uint16_t>(tape_.byte());
        ack.echo = counter_ - tape_.byte() % 8;
        ack.delayMillis = tape_.byte();
        if (tape_.byte() == 7) ack.next = ~wire::SegmentNumber{0};
        if (tape_.byte() == 7) ack.echo = tape_.number() - 2;
        acknowledged_ = std::max<std::uint64_t>(acknowledged_, ack.next);
        sender_.acknowledge(ack, now_);
    }

    Tape tape_;
    StreamSender sender_{1};
    TimePoint now_{std::chrono::hours(1)};
    std::uint64_t counter_ = 10;
    std::uint64_t pushed_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t acknowledged_ = 0;
    bool isFinished_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Play(Tape(data, size)).run();
    return 0;
}
