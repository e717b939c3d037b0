// SPDX-License-Identifier: BSL-1.0
#include "libim/index/sealed_users.hpp"

#include <algorithm>
#include <cassert>
#include <string>

namespace im::index {

LocalEndpoint::LocalEndpoint(const Endpoint& claimed) {
    if (!claimed.address.isV4() || !claimed.address.isPrivate()) return;
    address_ = claimed.address.v4Bytes();
    port_ = claimed.port;
}

Endpoint LocalEndpoint::endpoint() const {
    return {Address::v4(address_), port_};
}

Row SealedUsers::find(std::string_view name) const {
    return names_.find(hashOf(name, key_), [&](Row row) { return this->name(row) == name; });
}

Row SealedUsers::add(const SealedUser& user) {
    assert(user.owner != kNoRow && find(owners_.nameAt(user.owner)) == kNoRow);
    const Row row = users_.add(user);
    end_ = std::max(end_, row + 1);
    names_.insert(hashOf(name(row), key_), row);
    addresses_.add(user.observed.address);
    return row;
}

void SealedUsers::remove(Row row) {
    names_.erase(hashOf(name(row), key_), row);
    addresses_.remove(users_[row].observed.address);
    users_[row] = {};
    users_.remove(row);
}

void SealedUsers::moveTo(Row row, const Endpoint& observed) {
    addresses_.remove(users_[row].observed.address);
    addresses_.add(observed.address);
    users_[row].observed = observed;
}

void SealedUsers::setCard(Row row, const sealed::Card& card) {
    assert(canKeep(card));
    SealedUser& user = users_[row];
    user.sessionKey = card.sessionKey();
    user.notAfter = static_cast<std::uint32_t>(card.body.notAfter);
    user.highestVersion = card.body.highestVersion;
    std::copy_n(card.bytes.end() - wire::kSignature, wire::kSignature, user.signature.begin());
}

Bytes SealedUsers::card(Row row) const {
    const SealedUser& user = users_[row];
    wire::CardBody body;
    body.role = wire::CardRole::User;
    body.highestVersion = user.highestVersion;
    body.notAfter = user.notAfter;
    body.sessionKey = user.sessionKey;
    body.identity = owners_.identityAt(user.owner);
    body.name = std::string(name(row));
    Bytes bytes = wire::encodeCardBody(body);
    bytes.insert(bytes.end(), user.signature.begin(), user.signature.end());
    return bytes;
}

wire::UserFlags SealedUsers::flags(Row row) const {
    const Endpoint local = users_[row].local.endpoint();
    wire::UserFlags flags;
    flags.nat = local.port != 0 && local != users_[row].observed;
    return flags;
}

}  // namespace im::index
