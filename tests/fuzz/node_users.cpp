// SPDX-License-Identifier: BSL-1.0
// Law: users of any text are read or refused with an Error(Configuration), never worse; and what
// is read and written plainly is read the same again.
#include "libim/base/error.hpp"
#include "libim/node/users_file.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <string>

using namespace im;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    noise::initialise();
    try {
        const auto users = node::parseUsers(fuzz::textOf(data, size), "users");
        std::string text;
        for (const node::NamedKey& user : users)
            text += user.name.str() + " " + noise::fingerprint(user.identity) + "\n";
        IM_LAW(node::parseUsers(text, "users") == users);
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Configuration);
        IM_LAW(std::string(error.what()).starts_with("users:"));
    }
    return 0;
}
