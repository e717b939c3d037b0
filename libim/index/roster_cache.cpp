// SPDX-License-Identifier: BSL-1.0
#include "libim/index/roster_cache.hpp"

#include <algorithm>
#include <cassert>

namespace im::index {

namespace {

// Of the neighbour's, who have no store keys here: about as many users as of ours.
constexpr std::size_t kOthersPerPiece = std::size_t{32} * 1024;

}  // namespace

void RosterCache::came(const Directory& users, Row row) {
    current_.reset();
    if (!hasPieces_) return;
    append(users, row);
    Piece& last = pieces_.back();
    if (last.text == nullptr && last.count > 1) return;
    if (last.text == nullptr) last.text = std::make_shared<std::string>();
    add(last.text, users.name(row), users.destination(row).to);
    if (last.count == kUsersPerPiece) last.text->shrink_to_fit();
}

void RosterCache::append(const Directory& users, Row row) {
    assert(pieces_.empty() || pieces_.back().from < users.storeKey(row));
    if (pieces_.empty() || pieces_.back().count == kUsersPerPiece)
        pieces_.push_back({users.storeKey(row), row, 0, nullptr});
    ++pieces_.back().count;
}

void RosterCache::left(const Directory& users, Row row) {
    current_.reset();
    if (!hasPieces_) return;
    const auto behind =
        std::ranges::upper_bound(pieces_, users.storeKey(row), {}, &RosterCache::Piece::from);
    assert(behind != pieces_.begin());
    const auto piece = std::prev(behind);
    piece->text.reset();
    if (piece->first == row) piece->first = users.next(row);
    const auto at = static_cast<std::size_t>(piece - pieces_.begin());
    if (--piece->count == 0) pieces_.erase(piece);
    join(at);
    if (at > 0) join(at - 1);
}

/// Makes one of a piece and the next when they are small: else who stays for long would have a
/// piece of his own in the end.
void RosterCache::join(std::size_t piece) {
    if (piece + 1 >= pieces_.size()) return;
    const Piece& next = pieces_[piece + 1];
    if (pieces_[piece].count + next.count > kUsersPerPiece / 2) return;
    pieces_[piece].count += next.count;
    pieces_[piece].text.reset();
    pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(piece) + 1);
}

void RosterCache::otherCame(std::string_view name, const Endpoint& endpoint) {
    current_.reset();
    if (!hasOthers_) return;
    if (others_.empty() || others_.back()->size() >= kOthersPerPiece)
        others_.push_back(std::make_shared<std::string>());
    add(others_.back(), name, endpoint);
}

void RosterCache::otherLeft() {
    current_.reset();
    hasOthers_ = false;
    others_.clear();
}

/// Appends, to a copy when somebody is still getting what there is.
void RosterCache::add(Text& text, std::string_view name, const Endpoint& endpoint) {
    if (text.use_count() > 1) text = std::make_shared<std::string>(*text);
    wire::appendRosterEntry(*text, name, endpoint);
}

void RosterCache::begin(const Directory& users) {
    hasPieces_ = true;
    for (Row row = users.first(); row != kNoRow; row = users.next(row)) append(users, row);
}

void RosterCache::visit(const Neighbour& neighbour) {
    hasOthers_ = true;
    neighbour.visit(
        Neighbour::kFromStart, static_cast<std::size_t>(-1),
        [this](std::string_view name, const Endpoint& endpoint) { otherCame(name, endpoint); });
}

/// By way of the scratch, so that it takes no more memory than it has bytes.
void RosterCache::format(const Directory& users, Piece& piece) {
    scratch_.clear();
    Row row = piece.first;
    for (std::size_t left = piece.count; left > 0; --left, row = users.next(row))
        wire::appendRosterEntry(scratch_, users.name(row), users.destination(row).to);
    piece.text = std::make_shared<std::string>(scratch_);
}

std::shared_ptr<const SharedText> RosterCache::text(const Directory& users,
                                                    const Neighbour* neighbour) {
    if (current_) return current_;
    if (!hasPieces_) begin(users);
    if (!hasOthers_ && neighbour != nullptr) visit(*neighbour);
    std::size_t size = end_->size();
    for (Piece& piece : pieces_) {
        if (piece.text == nullptr) format(users, piece);
        size += piece.text->size();
    }
    for (const Text& text : others_) size += text->size();
    auto whole = std::make_shared<SharedText>(wire::rosterPrefix(size));
    for (const Piece& piece : pieces_) whole->append(piece.text);
    for (const Text& text : others_) whole->append(text);
    whole->append(end_);
    current_ = std::move(whole);
    return current_;
}

}  // namespace im::index
