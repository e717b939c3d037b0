// SPDX-License-Identifier: BSL-1.0
#include "libim/index/announcements.hpp"

#include "libim/wire/classic_codec.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <tuple>
#include <utility>

namespace im::index {

void Announcements::came(const wire::Login& login, Row row, Directory& users) {
    gather(login, login.name);
    users.joinedAt(row) = static_cast<std::uint32_t>(gathered());
}

void Announcements::leaves(const wire::Logout& logout, Row row, Directory& users) {
    const Part part = users.partOf(row);
    const Destination& to = users.destination(row);
    // Of the train that is under way he has not heard his share.
    if (part == Part::Waiting) train_.farewells.push_back({to, 0, train_.entries.size()});
    if (part == Part::Latecomers)
        train_.farewells.push_back({to, users.joinedAt(row), train_.entries.size()});
    const std::size_t from = part == Part::Newcomers ? users.joinedAt(row) : 0;
    if (from < gathered()) gathered_.farewells.push_back({to, from, gathered()});
    gather(logout, logout.name);
}

void Announcements::gather(const wire::Message& message, std::string_view name) {
    const std::uint64_t hash = hashOf(name, key_);
    if (!names_.insert(hash)) {
        ++turn_;
        names_.forget();
        names_.insert(hash);
    }
    const Bytes payload = wire::encodeClassic(message);
    gathered_.entries.push_back({static_cast<std::uint32_t>(gathered_.bytes.size()),
                                 static_cast<std::uint32_t>(payload.size()), turn_});
    gathered_.bytes.insert(gathered_.bytes.end(), payload.begin(), payload.end());
}

void Announcements::begin(Directory& users) {
    assert(!isTelling_ && gathered() > 0);
    std::swap(gathered_, train_);
    gathered_.clear();
    names_.forget();
    turn_ = 0;
    farewellsTold_ = 0;
    isTelling_ = true;
    sortTrain();
    users.beginTelling();
}

/// The longest first: a train's last datagram may be shorter than the others.
void Announcements::sortTrain() {
    order_.resize(train_.entries.size());
    std::iota(order_.begin(), order_.end(), 0U);
    const auto keyOf = [this](std::uint32_t entry) {
        const Entry& is = train_.entries[entry];
        return std::tuple(is.turn, ~is.size, entry);
    };
    if (order_.size() >= kSortFrom) std::ranges::sort(order_, {}, keyOf);
    whole_.clear();
    for (const std::uint32_t entry : order_) whole_.push_back(train_.view(entry));
}

std::uint64_t Announcements::tell(Directory& users, Sink& sink, std::size_t most) {
    assert(isTelling_);
    parts_.clear();
    // So that none moves while the sink has it.
    const std::size_t individuals =
        1 + train_.farewells.size() - farewellsTold_ + users.part(Part::Latecomers).size();
    const std::size_t pieces = std::min(most, individuals * whole_.size()) + piece_;
    parts_.reserve(pieces);
    tellingTo_.clear();
    tellingTo_.reserve(pieces);  // each of them hears something
    std::uint64_t count = 0;
    while (rest_ && count < most) count += tellOne(*std::exchange(rest_, {}), sink);
    // Farewells first: who left and came back hears what was before and then what was after.
    if (count < most) count += tellFarewells(sink, most - count);
    if (count < most) count += tellLatecomers(users, sink, most - count);
    if (count < most) count += tellWaiting(users, sink, most - count);
    isTelling_ = rest_ || farewellsTold_ < train_.farewells.size() ||
                 !users.part(Part::Latecomers).empty() || !users.part(Part::Waiting).empty();
    return count;
}

std::uint64_t Announcements::tellFarewells(Sink& sink, std::size_t most) {
    std::uint64_t count = 0;
    while (count < most && !rest_ && farewellsTold_ < train_.farewells.size()) {
        const Farewell& farewell = train_.farewells[farewellsTold_++];
        count += tellOne({farewell.to, farewell.from, farewell.until}, sink);
    }
    return count;
}

std::uint64_t Announcements::tellLatecomers(Directory& users, Sink& sink, std::size_t most) {
    std::uint64_t count = 0;
    while (count < most && !rest_ && !users.part(Part::Latecomers).empty()) {
        const Destination& to = users.part(Part::Latecomers).back();
        const std::size_t from = users.joinedAt(users.lastOf(Part::Latecomers));
        count += tellOne({to, from, train_.entries.size()}, sink);
        users.tellLast(1);
    }
    return count;
}

std::uint64_t Announcements::tellWaiting(Directory& users, Sink& sink, std::size_t most) {
    const std::span<const Destination> waiting = users.part(Part::Waiting);
    if (rest_ || !users.part(Part::Latecomers).empty() || waiting.empty()) return 0;
    if (whole_.size() > piece_) {
        const Share share{waiting.back(), 0, train_.entries.size()};
        users.tellLast(1);
        return tellOne(share, sink);
    }
    const std::size_t some = std::clamp<std::size_t>(most / whole_.size(), 1, waiting.size());
    sink.fanOut(whole_, waiting.last(some));
    users.tellLast(some);
    return some * whole_.size();
}

/// A piece of it; the rest is for the next tell().
std::uint64_t Announcements::tellOne(Share share, Sink& sink) {
    const std::size_t first = parts_.size();
    for (; share.at < order_.size() && parts_.size() - first < piece_; ++share.at) {
        const std::uint32_t entry = order_[share.at];
        if (entry >= share.from && entry < share.until) parts_.push_back(train_.view(entry));
    }
    if (share.at < order_.size()) rest_ = share;
    const std::span part = std::span<const BytesView>(parts_).subspan(first);
    if (part.empty()) return 0;
    tellingTo_.push_back(share.to);
    sink.fanOut(part, {&tellingTo_.back(), 1});
    return part.size();
}

void Announcements::Batch::clear() {
    bytes.clear();
    entries.clear();
    farewells.clear();
}

}  // namespace im::index
