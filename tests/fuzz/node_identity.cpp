// SPDX-License-Identifier: BSL-1.0
// Law: an identity file of any content is read or refused with an Error(Configuration), never
// worse; and what is read is the pair that the file says it is.
#include "libim/base/error.hpp"
#include "libim/node/identity_file.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <string>

using namespace im;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    noise::initialise();
    const std::string text(fuzz::textOf(data, size));
    try {
        const noise::Identity identity = node::parseIdentity(text, "identity");
        IM_LAW(text.find(noise::fingerprint(identity.publicKey())) != std::string::npos);
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Configuration);
    }
    return 0;
}
