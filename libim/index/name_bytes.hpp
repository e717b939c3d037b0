// SPDX-License-Identifier: BSL-1.0
// NameBytes: a name inside a row, without a pointer and without an allocation.
#pragma once

#include "libim/base/name.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <string_view>

namespace im::index {

class NameBytes {
public:
    NameBytes() = default;
    explicit NameBytes(const Name& name) : length_(static_cast<std::uint8_t>(name.str().size())) {
        assert(name.str().size() <= bytes_.size());
        std::copy(name.str().begin(), name.str().end(), bytes_.begin());
    }

    std::string_view view() const { return {bytes_.data(), length_}; }
    /// REQUIRES: made from a name.
    Name name() const { return *Name::parse(view()); }

private:
    std::uint8_t length_ = 0;
    std::array<char, Name::kMaxBytes> bytes_{};
};

}  // namespace im::index
