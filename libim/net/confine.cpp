// SPDX-License-Identifier: BSL-1.0
#include "libim/net/confine.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace im::net {

namespace {

constexpr std::uint64_t bit(unsigned capability) {
    return std::uint64_t{1} << capability;
}

/// So that nobody gets back by exec what is taken here; refused without CAP_SETPCAP, who has
/// nothing to lose.
void emptyBoundingSet(std::uint64_t kept) {
    for (unsigned capability = 0; capability < 64; ++capability)
        if ((kept & bit(capability)) == 0)
            static_cast<void>(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
    static_cast<void>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
}

using CapabilityWords = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

int reduceTo(std::uint64_t kept) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    CapabilityWords words{};
    if (::syscall(SYS_capget, &header, words.data()) != 0) return errno;
    bool hasNone = true;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto mask = static_cast<std::uint32_t>(kept >> (32 * i));
        hasNone = hasNone && ((words[i].permitted | words[i].inheritable) & ~mask) == 0;
        words[i].permitted &= mask;
        words[i].effective &= mask;
        words[i].inheritable = 0;
    }
    // A service manager's filter may refuse capset(2) to who has nothing to give up.
    if (hasNone) return 0;
    return ::syscall(SYS_capset, &header, words.data()) == 0 ? 0 : errno;
}

}  // namespace

int dropPrivileges(const Confinement& allowed) {
    const std::uint64_t kept = allowed.keepsOverride ? bit(CAP_DAC_OVERRIDE) : 0;
    emptyBoundingSet(kept);
    return reduceTo(kept);
}

std::vector<std::string> confine(const Confinement& allowed) {
    std::vector<std::string> lacking;
    const auto note = [&lacking](const char* what, int problem) {
        if (problem != 0) lacking.push_back(std::string(what) + ": " + std::strerror(problem));
    };
    note("no new privileges", ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno);
    // The order matters: behind the filter neither landlock nor capset(2) would be had.
    note("landlock", restrictFiles(allowed));
    note("capabilities", dropPrivileges(allowed));
    if (!allowed.traceable)
        note("no core dump", ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno);
    note("seccomp", filterSystemCalls(allowed));
    return lacking;
}

}  // namespace im::net
