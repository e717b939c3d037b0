// SPDX-License-Identifier: BSL-1.0
#include "libim/node/file_pins.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace im::node {

namespace {

struct stat stampOf(const std::string& path) {
    struct stat stamp {};
    if (::stat(path.c_str(), &stamp) != 0) stamp = {};
    return stamp;
}

/// Files are replaced whole, or edited by hand.
bool isSame(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

FilePins::FilePins(KnownFile file, std::string address, Trouble trouble)
    : file_(std::move(file)), address_(std::move(address)), trouble_(std::move(trouble)) {
    index_ = file_.findIndex(address_);
    load();
}

/// The stamp is taken first: what changes while it is read is read again.
void FilePins::load() const {
    if (!index_) return;
    stamp_ = stampOf(file_.path());
    Users users;
    for (UserPin& pin : file_.read().users)
        if (pin.index == index_->identity)
            users.emplace(pin.name.str(), Pinned{pin.identity, pin.isVerified});
    users_ = std::move(users);
}

void FilePins::refresh() const {
    if (!index_ || isSame(stamp_, stampOf(file_.path()))) return;
    try {
        load();
    } catch (const Error& problem) {
        trouble_(problem.what());
    }
}

const FilePins::Pinned* FilePins::find(std::string_view name) const {
    refresh();
    const auto pinned = users_.find(name);
    if (pinned != users_.end()) return &pinned->second;
    const auto unsaved = unsaved_.find(name);
    return unsaved == unsaved_.end() ? nullptr : &unsaved->second;
}

std::optional<noise::IdentityKey> FilePins::keyOf(std::string_view name) const {
    const Pinned* pinned = find(name);
    if (pinned == nullptr) return {};
    return pinned->identity;
}

Trust FilePins::of(std::string_view name) const {
    const Pinned* pinned = find(name);
    if (pinned == nullptr) return Trust::New;
    return pinned->isVerified ? Trust::Verified : Trust::Ok;
}

Trust FilePins::check(std::string_view name, const noise::IdentityKey& identity) const {
    const Pinned* pinned = find(name);
    if (pinned == nullptr) return Trust::New;
    if (pinned->identity != identity) return Trust::Bad;
    return pinned->isVerified ? Trust::Verified : Trust::Ok;
}

Trust FilePins::pinIndex(const sealed::Card& card) {
    if (index_ && index_->identity != card.identity()) return Trust::Bad;
    const std::uint8_t version = std::max<std::uint8_t>(card.body.highestVersion, 1);
    const Trust before = index_ ? Trust::Ok : Trust::New;
    try {
        const Trust trust =
            file_.pinIndex(address_, card.identity(), version, card.bytes, net::wallNow());
        if (trust == Trust::Bad) return trust;
    } catch (const Error& problem) {
        trouble_(problem.what());
    }
    if (!index_) index_ = IndexPin{address_, card.identity(), version, {}, {}};
    index_->card = card.bytes;
    refresh();
    return before;
}

Trust FilePins::pin(std::string_view name, const noise::IdentityKey& identity) {
    assert(index_);
    const Trust known = check(name, identity);
    if (known != Trust::New) return known;
    const auto valid = Name::parse(name);
    if (!valid) return Trust::Bad;
    try {
        const Trust trust = file_.pin(index_->identity, *valid, identity, net::wallNow());
        if (trust != Trust::Bad) users_.emplace(name, Pinned{identity, trust == Trust::Verified});
        return trust;
    } catch (const Error& problem) {
        trouble_(problem.what());
        unsaved_.emplace(name, Pinned{identity, false});
        return Trust::New;
    }
}

}  // namespace im::node
