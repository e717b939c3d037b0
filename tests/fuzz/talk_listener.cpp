// SPDX-License-Identifier: BSL-1.0
// Law: whatever happens to a listener, what ListenerChaos checks after each step holds.
#include "tests/fuzz/law.hpp"
#include "tests/unit/talk/listener_chaos.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        im::talk::ListenerChaos::run(std::as_bytes(std::span(data, size)));
    } catch (const im::talk::Broken& broken) {
        im::fuzz::broken(broken.what(), __FILE__, __LINE__);
    }
    return 0;
}
