// SPDX-License-Identifier: BSL-1.0
// SharedText: a long text in pieces that never change, so that the next version of it is a new
// piece or two and shares the others with whoever still writes the last one.  A value: copies are
// cheap and hold the same pieces.  As thread-safe as std::shared_ptr.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace im {

class SharedText {
public:
    using Piece = std::shared_ptr<const std::string>;

    SharedText() = default;
    /// Of one piece.
    explicit SharedText(std::string text) {
        append(std::make_shared<const std::string>(std::move(text)));
    }

    /// REQUIRES: there is one, and nobody changes it from now on.
    void append(Piece piece) {
        size_ += piece->size();
        if (!piece->empty()) pieces_.push_back(std::move(piece));
    }

    /// Bytes in all.
    [[nodiscard]] std::size_t size() const { return size_; }
    /// None of them is empty.
    [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
    /// All of it, copied.
    [[nodiscard]] std::string str() const {
        std::string all;
        all.reserve(size_);
        for (const Piece& piece : pieces_) all += *piece;
        return all;
    }

private:
    std::vector<Piece> pieces_;
    std::size_t size_ = 0;
};

}  // namespace im
