// SPDX-License-Identifier: BSL-1.0
// Law: whatever segments come, from whomever, a StreamTable gives the messages of a stream in order
// and each once, keeps within its memory, and acknowledges nothing that is not written.
#include "libim/talk/stream_table.hpp"
#include "tests/fuzz/law.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace {

using namespace im;
using namespace im::talk;

class Play {
public:
    Play(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

    void run() {
        while (size_ > 0) {
            step();
            IM_LAW(table_.blockCount() <= kPinnedBlocks + kStrangerBlocks);
            IM_LAW(table_.streamCount() <= withRoomForBox(kMostStreams));
        }
        // Nothing stays when all is written and nobody comes back.
        table_.setBlocked(false);
        show();
        table_.written(std::exchange(given_, 0), now_);
        show();
        table_.written(std::exchange(given_, 0), now_);
        now_ += kHalfMessagePatience + std::chrono::hours(1);
        for (int i = 0; i < 3; ++i) {
            acks();
            table_.tick(now_);
            now_ += std::chrono::minutes(1);
        }
        IM_LAW(table_.blockCount() == 0);
        IM_LAW(!table_.nextDeadline());
    }

private:
    using Id = std::pair<unsigned, wire::StreamId>;

    std::uint8_t byte() {
        if (size_ == 0) return 0;
        --size_;
        return *data_++;
    }

    void step() {
        switch (byte() % 8) {
            case 0:
                show();
                break;
            case 1: {
                const std::size_t part = given_ == 0 ? 0 : byte() % (given_ + 1);
                given_ -= part;
                table_.written(part, now_);
                break;
            }
            case 2:
                acks();
                break;
            case 3:
                now_ += std::chrono::milliseconds(byte() * 4);
                table_.tick(now_);
                break;
            case 4:
                table_.setBlocked(byte() % 2 == 0);
                break;
            default:
                segment();
        }
    }

    void segment() {
        StreamSource source;
        const unsigned who = byte();
        source.sender[0] = static_cast<std::byte>(who & 1U);
        source.isPinned = (who & 1U) != 0;
        source.session = who >> 1U & 1U;
        if ((who & 4U) == 0) source.counter = counter_ += who >> 6U;
        wire::DataRecord record;
        record.stream = who >> 3U & 3U;
        const std::uint8_t form = byte();
        record.sequence = byte() % 80;
        record.end = (form & 1U) != 0;
        record.fin = (form & 14U) == 2;
        record.many = (form & 12U) == 4;
        record.from = (form & 28U) == 8;
        Bytes bytes = body(record);
        record.bytes = bytes;
        const auto verdict = table_.receive(source, record, now_);
        IM_LAW(verdict != StreamTable::Verdict::Taken || wire::messagesEndingIn(record) ||
               wire::messagesBefore(record));
        // Bounds are those of one sender: four streams each.
        IM_LAW(verdict != StreamTable::Verdict::Refused);
    }

    Bytes body(const wire::DataRecord& record) {
        if (record.from) {
            Bytes before(8);
            before[0] = static_cast<std::byte>(byte());
            return before;
        }
        if (record.many) {
            Bytes many;
            for (unsigned i = byte() % 5; i > 0; --i) {
                const std::size_t length = byte() % 4;
                many.push_back(static_cast<std::byte>(length));
                many.push_back(std::byte{0});
                many.resize(many.size() + length);
            }
            return many;
        }
        if (!record.end && !record.fin) return Bytes(wire::kMaxSegment);
        return Bytes(record.end ? byte() : 0);
    }

    void show() {
        while (const auto delivery = table_.take()) {
            ++given_;
            const Id id{std::to_integer<unsigned>(delivery->sender[0]), delivery->stream};
            IM_LAW(delivery->number == next_[id]);
            next_[id] = delivery->gapUntil.value_or(delivery->number) + 1;
            IM_LAW(!delivery->gapUntil || *delivery->gapUntil >= delivery->number);
            const std::size_t most = id.first != 0 ? kMaxMessage : kMaxStrangerMessage;
            IM_LAW(delivery->bytes.size() <= most);
            if (!delivery->bytes.empty()) sum_ += static_cast<unsigned>(delivery->bytes.back());
        }
    }

    void acks() {
        while (const auto ack = table_.nextAck(now_)) {
            IM_LAW(ack->record.window <= kStreamWindow);
            const auto position = table_.position(ack->sender, ack->record.stream);
            IM_LAW(position && position->segment <= ack->record.next);
        }
    }

    const std::uint8_t* data_;
    std::size_t size_;
    StreamTable table_{noise::HashKey{}};
    TimePoint now_{std::chrono::hours(1)};
    std::uint64_t counter_ = 0;
    std::size_t given_ = 0;
    std::map<Id, wire::MessageNumber> next_;
    unsigned sum_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Play(data, size).run();
    return 0;
}
