// SPDX-License-Identifier: BSL-1.0
#include "libim/index/pending_logins.hpp"

#include <cassert>

namespace im::index {

namespace {

/// One address for all that are one host (Address::sameHost).
Address hostOf(const Address& address) {
    return address.isV4() && address.isLoopback() ? Address::v4({127, 0, 0, 1}) : address;
}

}  // namespace

PendingLogins::PendingLogins(const HashKey& key) : key_(key), addresses_(key) {}

Row PendingLogins::find(std::string_view name, const Address& address) const {
    return byNameAndHost_.find(hashOf(name, hostOf(address), key_), [&](Row row) {
        return rows_[row].name.view() == name && rows_[row].where.to.address.sameHost(address);
    });
}

Row PendingLogins::add(const Name& name, const Destination& where, TimePoint until) {
    const Address host = hostOf(where.to.address);
    assert(find(name.view(), host) == kNoRow);
    const Row row = rows_.add({NameBytes(name), where, until, latest_, kNoRow});
    (latest_ == kNoRow ? oldest_ : rows_[latest_].next) = row;
    latest_ = row;
    byNameAndHost_.insert(hashOf(name.view(), host, key_), row);
    byHost_.insert(row, hashOf(host, key_), [this](Row other) {
        return hashOf(hostOf(rows_[other].where.to.address), key_);
    });
    addresses_.add(where.to.address);
    return row;
}

void PendingLogins::remove(Row row) {
    const Login& login = rows_[row];
    const Address host = hostOf(login.where.to.address);
    byNameAndHost_.erase(hashOf(login.name.view(), host, key_), row);
    byHost_.erase(row, hashOf(host, key_));
    addresses_.remove(login.where.to.address);
    (login.previous == kNoRow ? oldest_ : rows_[login.previous].next) = login.next;
    (login.next == kNoRow ? latest_ : rows_[login.next].previous) = login.previous;
    rows_.remove(row);
}

Row PendingLogins::firstFrom(const Address& address) const {
    Row row = byHost_.first(hashOf(hostOf(address), key_));
    while (row != kNoRow && !rows_[row].where.to.address.sameHost(address)) row = byHost_.next(row);
    return row;
}

std::optional<TimePoint> PendingLogins::nextDeadline() const {
    if (oldest_ == kNoRow) return {};
    return rows_[oldest_].until;
}

}  // namespace im::index
