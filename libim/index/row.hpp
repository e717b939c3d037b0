// SPDX-License-Identifier: BSL-1.0
// Row, RowArray and Slab: things kept in flat arrays under a number that stays theirs while they
// exist.  A row number takes the place of a pointer everywhere in the index: it has four bytes,
// is valid in several arrays at once, and can be checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace im::index {

using Row = std::uint32_t;
inline constexpr Row kNoRow = 0xFFFFFFFF;

/// T by row number, in chunks: growing allocates one more chunk and moves nothing.  As one
/// vector a million users would be copied, 60 MB in one go, whenever it doubled, and what it left
/// behind would stay with the process (40 bytes a user, measured).
template <typename T>
class RowArray {
public:
    T& operator[](Row row) { return chunks_[row / kChunk][row % kChunk]; }
    const T& operator[](Row row) const { return chunks_[row / kChunk][row % kChunk]; }

    /// All rows below size() are there; new ones are T().
    std::size_t size() const { return chunks_.size() * kChunk; }
    void makeRoomFor(Row row) {
        while (row >= size()) chunks_.push_back(std::make_unique<T[]>(kChunk));
    }

private:
    static constexpr std::size_t kChunk = 1024;

    std::vector<std::unique_ptr<T[]>> chunks_;
};

/// Rows of T that come and go.  Numbers of removed rows are used again, the latest first, so that
/// there are never more than the largest number of rows there ever was.
template <typename T>
class Slab {
public:
    Row add(const T& value) {
        const Row row = free_.empty() ? next_++ : free_.back();
        if (!free_.empty()) free_.pop_back();
        rows_.makeRoomFor(row);
        rows_[row] = value;
        return row;
    }

    /// REQUIRES: `row` was added and not removed since; so also below.
    void remove(Row row) { free_.push_back(row); }

    T& operator[](Row row) { return rows_[row]; }
    const T& operator[](Row row) const { return rows_[row]; }

    std::size_t size() const { return next_ - free_.size(); }

private:
    RowArray<T> rows_;
    std::vector<Row> free_;
    Row next_ = 0;
};

}  // namespace im::index
