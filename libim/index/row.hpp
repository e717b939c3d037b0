// SPDX-License-Identifier: BSL-1.0
// Row and Slab: things kept in one flat array under a number that stays theirs while they exist.
// A row number takes the place of a pointer everywhere in the index: it has four bytes, survives
// the growth of the array, and can be checked.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace im::index {

using Row = std::uint32_t;
inline constexpr Row kNoRow = 0xFFFFFFFF;

/// Rows of T.  Numbers of removed rows are used again, the latest first, so that the array is
/// never longer than the largest number of rows there ever was.  Growing copies the array; once
/// it has its size, add() and remove() allocate nothing.
template <typename T>
class Slab {
public:
    Row add(const T& value) {
        if (free_.empty()) {
            assert(rows_.size() < kNoRow);
            rows_.push_back(value);
            return static_cast<Row>(rows_.size() - 1);
        }
        const Row row = free_.back();
        free_.pop_back();
        rows_[row] = value;
        return row;
    }

    /// REQUIRES: `row` was added and not removed since; so also below.
    void remove(Row row) { free_.push_back(row); }

    T& operator[](Row row) { return rows_[row]; }
    const T& operator[](Row row) const { return rows_[row]; }

    std::size_t size() const { return rows_.size() - free_.size(); }

private:
    std::vector<T> rows_;
    std::vector<Row> free_;
};

}  // namespace im::index
