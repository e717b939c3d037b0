// SPDX-License-Identifier: BSL-1.0
// Receipts: which of the messages shown may be acknowledged now, by what --ack says.  Knows two
// queues, each in order: bytes on their way to standard output, and commands that run.  No socket,
// no clock.  A value.
#pragma once

#include "libim/talk/sealed_listener.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace im::node {

enum class AckWhen : std::uint8_t {
    Write,  ///< the record is written to standard output
    Exec,   ///< the command has ended with 0
    Never,
};

class Receipts {
public:
    explicit Receipts(AckWhen when) : when_(when) {}

    /// A message goes out; its record ends behind so many bytes of all ever handed to the output.
    [[nodiscard]] talk::Shown show(std::uint64_t endsAt);
    /// The same message, or another event, is handed to the command.
    void run(bool isMessage) { running_.push_back(isMessage && when_ == AckWhen::Exec); }

    /// So many bytes in all are written: how many messages more have their receipt.
    [[nodiscard]] std::size_t written(std::uint64_t bytes);
    /// The oldest command has ended: whether a message has waited for that.
    [[nodiscard]] bool ended();

    /// Nothing waits any more.
    [[nodiscard]] bool isSettled() const;

private:
    AckWhen when_;
    std::deque<std::uint64_t> writing_;  ///< where their records end
    std::deque<bool> running_;           ///< whether a message waits for it
};

}  // namespace im::node
