// SPDX-License-Identifier: BSL-1.0
// Giving up what a server does not need once it serves, so that who takes it over through its
// sockets has little in hand.  By the kernel's own means (landlock(7), seccomp(2), prctl(2),
// capset(2)); no library, no POCO.  doc/decisions/0011 says what was chosen and why.
//
// Two of the four belong to a thread and are inherited: call confine() while there is one thread
// only.  The system call filter is put on all threads there are.
#pragma once

#include <string>
#include <vector>

namespace im::net {

struct Confinement {
    /// Files and directories that may be read, with all below them.  One that is not there stands
    /// for the nearest directory above it that is: it may be made later.
    std::vector<std::string> readable;
    /// Directories in which files may be made, written and removed.
    std::vector<std::string> writable;
    /// Keep CAP_DAC_OVERRIDE: somebody else owns what is written.
    bool keepsOverride = false;
    /// A debugger's or leak checker's way in stays open: ptrace(2) and core dumps.
    bool traceable = false;
};

/// Confines the process for good:
/// - no new privileges, no core dump, /proc/PID root's;
/// - no capabilities;
/// - files: only what `allowed` names, /dev/null and what the C library reads; nothing can be
///   executed, no TCP connection made, no process outside signalled, as far as this kernel knows;
/// - no system call of the families that servers are taken over by or taken further with: execve,
///   ptrace, mounts, namespaces, modules, bpf, keys, io_uring, sockets of other families than IP,
///   Unix and netlink.  They fail with EPERM (or ENOSYS), nothing is killed.
/// Nothing here fails: what this kernel lacks is left out and returned, a phrase each, such as
/// "landlock: Function not implemented".
std::vector<std::string> confine(const Confinement& allowed);

// Its parts; each returns 0 or an errno.
[[nodiscard]] int dropPrivileges(const Confinement& allowed);
[[nodiscard]] int restrictFiles(const Confinement& allowed);      ///< REQUIRES no new privileges
[[nodiscard]] int filterSystemCalls(const Confinement& allowed);  ///< REQUIRES no new privileges

}  // namespace im::net
