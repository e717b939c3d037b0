// SPDX-License-Identifier: BSL-1.0
#include "libim/index/directory.hpp"

#include <algorithm>
#include <cassert>

namespace im::index {

Directory::Directory(const HashKey& key) : key_(key), addresses_(key) {}

void Directory::reserve(std::size_t count) {
    names_.reserve(count);
    endpoints_.reserve(count);
    destinations_.reserve(count);
    rows_.reserve(count);
}

void Directory::prefetch(const Name& name, const Endpoint& endpoint) const {
    // Here and not in functions of the tables, which GCC would take for pure and leave out.
    __builtin_prefetch(names_.place(hashOf(name.view(), key_)), 1);
    __builtin_prefetch(endpoints_.place(hashOf(endpoint, key_)), 1);
    __builtin_prefetch(addresses_.place(endpoint.address), 1);
}

Row Directory::find(std::string_view name) const {
    return names_.find(hashOf(name, key_), [&](Row row) { return this->name(row) == name; });
}

Row Directory::add(const Name& name, const Destination& where) {
    assert(find(name.view()) == kNoRow);
    const Row row = users_.add({});
    users_[row].name = NameBytes(name);
    appendDestination(where, row);
    appendToOrder(row);
    names_.insert(hashOf(name.view(), key_), row);
    endpoints_.insert(row, hashOf(where.to, key_),
                      [this](Row other) { return hashOf(destination(other).to, key_); });
    addresses_.add(where.to.address);
    return row;
}

void Directory::remove(Row row) {
    const Endpoint endpoint = destination(row).to;
    addresses_.remove(endpoint.address);
    endpoints_.erase(row, hashOf(endpoint, key_));
    names_.erase(hashOf(name(row), key_), row);
    takeFromOrder(row);
    dropDestination(users_[row].dense);
    users_[row] = {};
    users_.remove(row);
}

StoreKey Directory::storeKey(Row row) const {
    const auto& parts = users_[row].storeKey;
    return parts[0] | StoreKey{parts[1]} << 16U | StoreKey{parts[2]} << 32U;
}

void Directory::setStoreKey(Row row, StoreKey key) {
    assert(key >> 48U == 0);
    for (std::uint16_t& part : users_[row].storeKey) {
        part = static_cast<std::uint16_t>(key);
        key >>= 16U;
    }
}

Row Directory::firstAt(const Endpoint& endpoint) const {
    return at(endpoint, endpoints_.first(hashOf(endpoint, key_)));
}

Row Directory::nextAt(Row row) const {
    return at(destination(row).to, endpoints_.next(row));
}

Row Directory::at(const Endpoint& endpoint, Row candidate) const {
    while (candidate != kNoRow && destination(candidate).to != endpoint)
        candidate = endpoints_.next(candidate);
    return candidate;
}

std::size_t Directory::beginOf(Part part) const {
    return part == Part::Waiting ? 0 : ends_[static_cast<std::size_t>(part) - 1];
}

std::size_t Directory::endOf(Part part) const {
    return part == Part::Newcomers ? destinations_.size() : ends_[static_cast<std::size_t>(part)];
}

std::span<const Destination> Directory::part(Part part) const {
    return std::span(destinations_).subspan(beginOf(part), endOf(part) - beginOf(part));
}

Part Directory::partOf(Row row) const {
    const auto end = std::ranges::upper_bound(ends_, std::size_t{users_[row].dense});
    return static_cast<Part>(end - ends_.begin());
}

void Directory::beginTelling() {
    assert(part(Part::Waiting).empty() && part(Part::Latecomers).empty());
    ends_ = {endOf(Part::Told), size(), size()};
}

void Directory::tellLast(std::size_t count) {
    if (part(Part::Latecomers).empty()) {
        assert(count <= part(Part::Waiting).size());
        ends_[0] -= count;
    } else {
        assert(count <= part(Part::Latecomers).size());
    }
    ends_[1] -= count;
}

void Directory::settle() {
    assert(part(Part::Waiting).empty() && part(Part::Latecomers).empty());
    ends_[2] = size();
}

void Directory::appendDestination(const Destination& where, Row row) {
    users_[row].dense = static_cast<std::uint32_t>(destinations_.size());
    destinations_.push_back(where);
    rows_.push_back(row);
}

/// The last of each part takes the place that the part before has left.
void Directory::dropDestination(std::uint32_t dense) {
    std::size_t hole = dense;
    for (std::size_t& end : ends_) {
        if (hole >= end) continue;
        --end;
        if (hole != end) moveDestination(end, hole);
        hole = end;
    }
    if (hole + 1 < destinations_.size()) moveDestination(destinations_.size() - 1, hole);
    destinations_.pop_back();
    rows_.pop_back();
}

void Directory::moveDestination(std::size_t from, std::size_t to) {
    destinations_[to] = destinations_[from];
    rows_[to] = rows_[from];
    users_[rows_[to]].dense = static_cast<std::uint32_t>(to);
}

void Directory::appendToOrder(Row row) {
    users_[row].previous = last_;
    users_[row].next = kNoRow;
    (last_ == kNoRow ? first_ : users_[last_].next) = row;
    last_ = row;
}

void Directory::takeFromOrder(Row row) {
    const User& user = users_[row];
    (user.previous == kNoRow ? first_ : users_[user.previous].next) = user.next;
    (user.next == kNoRow ? last_ : users_[user.next].previous) = user.previous;
}

bool Directory::isConsistent() const {
    const std::size_t count = destinations_.size();
    bool sound = users_.size() == count && rows_.size() == count && names_.size() == count &&
                 endpoints_.size() == count && std::ranges::is_sorted(ends_) && ends_[2] <= count &&
                 addresses_.addresses() <= count && (first_ == kNoRow) == (count == 0);
    std::size_t seen = 0;
    Row before = kNoRow;
    for (Row row = first_; sound && row != kNoRow && seen <= count; row = users_[row].next) {
        sound = users_[row].previous == before && isConsistent(row);
        before = row;
        ++seen;
    }
    return sound && seen == count && last_ == before;
}

bool Directory::isConsistent(Row row) const {
    const User& user = users_[row];
    if (user.dense >= rows_.size() || rows_[user.dense] != row) return false;
    const Endpoint& endpoint = destinations_[user.dense].to;
    Row found = firstAt(endpoint);
    while (found != kNoRow && found != row) found = nextAt(found);
    return found == row && find(user.name.view()) == row && usersAt(endpoint.address) > 0;
}

}  // namespace im::index
