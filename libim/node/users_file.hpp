// SPDX-License-Identifier: BSL-1.0
// The file of `imindex --users=FILE`: names and the keys that they belong to, in the style of
// authorized_keys, one a line:
//
//     # staff
//     alice    ed25519:…  her laptop
//     天 涯     ed25519:…
//
// Name, blanks, fingerprint as `imlogin --key` prints it, and, behind a blank, what one likes.
// Blanks are spaces and TABs; a name may have spaces inside.  Empty lines and lines with `#` in
// front mean nothing.  One key may have several names.  Free of POCO.
#pragma once

#include "libim/base/name.hpp"
#include "libim/noise/identity.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace im::node {

struct NamedKey {
    Name name;
    noise::IdentityKey identity{};

    friend bool operator==(const NamedKey&, const NamedKey&) = default;
};

/// Sorted by name.  Throws Error 78 (Configuration) "FILE:LINE: …" for the first line that is
/// none, and for one that gives a name to a second key.
[[nodiscard]] std::vector<NamedKey> parseUsers(std::string_view text, const std::string& file);

/// The same of a file; throws Error 66 (NoInput) too, when it cannot be read.
[[nodiscard]] std::vector<NamedKey> readUsers(const std::string& path);

}  // namespace im::node
