// SPDX-License-Identifier: BSL-1.0
#include "libim/index/changes.hpp"

#include <cassert>

namespace im::index {

void Changes::add(Row owner) {
    assert((owner & kOther) == 0);
    makeRoom();
    changes_.push_back(owner);
}

void Changes::add(const Name& name) {
    makeRoom();
    const auto number = firstOther_ + static_cast<std::uint32_t>(others_.size());
    others_.emplace_back(name);
    changes_.push_back((number & ~kOther) | kOther);
}

void Changes::makeRoom() {
    if (changes_.size() >= kKept) forgetOldest();
}

void Changes::forgetBefore(RosterVersion version) {
    assert(version <= this->version());
    while (oldest_ < version) forgetOldest();
}

void Changes::forgetOldest() {
    if ((changes_.front() & kOther) != 0) {
        others_.pop_front();
        firstOther_ = (firstOther_ + 1) & ~kOther;
    }
    changes_.pop_front();
    ++oldest_;
}

std::string_view Changes::after(RosterVersion version) const {
    assert(version >= oldest_ && version < this->version());
    const std::uint32_t change = changes_[version - oldest_];
    if ((change & kOther) == 0) return owners_.nameAt(change);
    return others_[(change - firstOther_) & ~kOther].view();
}

}  // namespace im::index
