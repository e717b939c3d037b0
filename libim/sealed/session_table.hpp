// SPDX-License-Identifier: BSL-1.0
// SessionTable: the sessions of a process by their own index, which is in every BOX.  Open
// addressing without a hash: the indexes are random, and ours.  Not thread-safe.
#pragma once

#include "libim/sealed/session.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace im::sealed {

class SessionTable {
public:
    /// Null when there is none.  Valid until the session is erased.
    [[nodiscard]] Session* find(wire::SessionIndex index);
    [[nodiscard]] const Session* find(wire::SessionIndex index) const;

    /// REQUIRES: no session of that index.
    Session& insert(Session session);
    /// REQUIRES: there is such a session.
    void erase(wire::SessionIndex index);

    [[nodiscard]] std::size_t size() const { return size_; }

    /// Visits a part of the sessions, the next ones with every call: all of them in `parts` calls.
    /// `visit(Session&)` must not insert or erase.
    template <typename Visit>
    void visitSome(std::size_t parts, Visit&& visit) {
        std::size_t left = places_ / parts + 1;
        for (; left > 0 && places_ > 0; --left) {
            cursor_ = (cursor_ + 1) % places_;
            if (at(cursor_).local() != 0) visit(at(cursor_));
        }
    }

private:
    /// Sessions in one piece of memory: growing moves none of them, and a million of them cost
    /// nothing besides (a deque has two in a block and wastes 32 bytes each, measured).
    static constexpr std::size_t kChunk = 1'024;
    static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};

    struct Slot {
        wire::SessionIndex index = 0;
        std::uint32_t place = kEmpty;
    };

    [[nodiscard]] Session& at(std::size_t place) { return chunks_[place / kChunk][place % kChunk]; }
    [[nodiscard]] const Session& at(std::size_t place) const {
        return chunks_[place / kChunk][place % kChunk];
    }
    [[nodiscard]] std::uint32_t newPlace(Session session);
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    [[nodiscard]] std::size_t slotOf(wire::SessionIndex index) const;
    void put(Slot slot);
    void grow();

    std::vector<Slot> slots_;                   // 2^k, at most 3/4 full
    std::vector<std::vector<Session>> chunks_;  // a free place has the index 0
    std::size_t places_ = 0;                    // in all
    std::vector<std::uint32_t> free_;
    std::size_t size_ = 0;
    std::size_t cursor_ = 0;
};

}  // namespace im::sealed
