// SPDX-License-Identifier: BSL-1.0
#include "libim/base/error.hpp"

#include <cctype>
#include <system_error>

namespace im {

Error systemError(ErrorKind kind, const std::string& what, int errnum) {
    // The C library begins its texts with a capital; ours are lower case throughout.
    std::string why = std::generic_category().message(errnum);
    if (why.size() > 1 && std::islower(static_cast<unsigned char>(why[1])) != 0)
        why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
    return Error(kind, what + ": " + why);
}

}  // namespace im
