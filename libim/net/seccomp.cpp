// SPDX-License-Identifier: BSL-1.0
// filterSystemCalls(): a list of what is refused, as a program of classic BPF.  All else is
// allowed, so that the next C library, which uses calls that do not exist yet, goes on working.
#include "libim/net/confine.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace im::net {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kMachine = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t kMachine = 0;  // not tried there
#endif

// Calls of the x32 ABI have the numbers of x86-64 with this bit, and would pass all comparisons.
constexpr std::uint32_t kX32 = 0x40000000;

// Since Linux 4.17; without it some kernels slow the whole process down for its filter.
constexpr unsigned kSpeculationAllowed = 1U << 2U;

constexpr std::array kRefused {
    // Other programs, and other processes' memory.
    SYS_execve, SYS_execveat, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise,
        SYS_kcmp, SYS_pidfd_open, SYS_pidfd_getfd, SYS_pidfd_send_signal, SYS_personality,
        // Another view of the system.
        SYS_unshare, SYS_setns, SYS_chroot, SYS_pivot_root, SYS_mount, SYS_umount2, SYS_move_mount,
        SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr,
        SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_mknodat, SYS_fanotify_init, SYS_quotactl,
        // The kernel: its code, its clock, its power switch, and where most of its holes were.
        SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_bpf,
        SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter,
        SYS_io_uring_register, SYS_add_key, SYS_request_key, SYS_keyctl, SYS_reboot, SYS_swapon,
        SYS_swapoff, SYS_acct, SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
        SYS_adjtimex, SYS_sethostname, SYS_setdomainname, SYS_vhangup,
#if defined(__x86_64__)
        SYS_mknod, SYS_modify_ldt, SYS_iopl, SYS_ioperm, SYS_kexec_file_load,
#endif
};

constexpr std::array kFamilies{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

constexpr std::uint32_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                      CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/// A program of classic BPF over struct seccomp_data, of fixed room.
class Program {
public:
    void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, 0, 0, narrow(offset)); }
    void fail(int error) { answer(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)); }
    void allow() { answer(SECCOMP_RET_ALLOW); }

    // Each tests the word loaded last and steps over so many instructions when it is not so.
    void unlessEqual(std::uint32_t value, std::uint8_t skip) { test(BPF_JEQ, value, skip); }
    void unlessAny(std::uint32_t bits, std::uint8_t skip) { test(BPF_JSET, bits, skip); }
    void ifEqualSkip(std::uint32_t value, std::uint8_t skip) {
        add(BPF_JMP | BPF_JEQ | BPF_K, skip, 0, value);
    }
    void refuse(std::uint32_t number, int error = EPERM) {
        unlessEqual(number, 1);
        fail(error);
    }

    [[nodiscard]] sock_fprog whole() {
        return {static_cast<unsigned short>(used_), instructions_.data()};
    }

private:
    static std::uint32_t narrow(std::size_t offset) { return static_cast<std::uint32_t>(offset); }
    void answer(std::uint32_t what) { add(BPF_RET | BPF_K, 0, 0, what); }
    void test(unsigned how, std::uint32_t value, std::uint8_t skip) {
        add(BPF_JMP | how | BPF_K, 0, skip, value);
    }
    void add(unsigned code, std::uint8_t yes, std::uint8_t no, std::uint32_t value) {
        instructions_.at(used_++) = {static_cast<std::uint16_t>(code), yes, no, value};
    }

    std::array<sock_filter, 256> instructions_{};
    std::size_t used_ = 0;
};

/// The low half of an argument; the high one of an int or of flags means nothing to the kernel.
constexpr std::size_t argument(std::size_t index) {
    const std::size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
    return offsetof(seccomp_data, args) + 8 * index + low;
}

void refuseForeignCalls(Program& program) {
    program.load(offsetof(seccomp_data, arch));
    program.ifEqualSkip(kMachine, 1);
    program.fail(ENOSYS);
    program.load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    program.unlessAny(kX32, 1);
    program.fail(ENOSYS);
#endif
}

// Each of these loads an argument over the number of the call, and answers in every case.

void judgeSockets(Program& program) {
    constexpr auto kLength = static_cast<std::uint8_t>(kFamilies.size() + 3);
    program.unlessEqual(SYS_socket, kLength);
    program.load(argument(0));
    auto left = static_cast<std::uint8_t>(kFamilies.size());
    for (const int family : kFamilies)
        program.ifEqualSkip(static_cast<std::uint32_t>(family), left--);
    program.fail(EAFNOSUPPORT);
    program.allow();
}

void judgeClones(Program& program) {
    program.unlessEqual(SYS_clone, 4);
    program.load(argument(0));
    program.unlessAny(kNamespaces, 1);
    program.fail(EPERM);
    program.allow();
    // Its flags lie in memory, where a filter cannot look; the C library then takes clone.
    program.refuse(SYS_clone3, ENOSYS);
}

/// Typing into the terminal that we were started from.
void judgeTerminals(Program& program) {
    program.unlessEqual(SYS_ioctl, 4);
    program.load(argument(1));
    program.unlessEqual(TIOCSTI, 1);
    program.fail(EPERM);
    program.allow();
}

}  // namespace

int filterSystemCalls(const Confinement& allowed) {
    if (kMachine == 0) return ENOTSUP;
    Program program;
    refuseForeignCalls(program);
    for (const long number : kRefused) program.refuse(static_cast<std::uint32_t>(number));
    if (!allowed.traceable) program.refuse(SYS_ptrace);
    judgeSockets(program);
    judgeClones(program);
    judgeTerminals(program);
    program.allow();
    sock_fprog filter = program.whole();
    constexpr unsigned kAllThreads = SECCOMP_FILTER_FLAG_TSYNC;
    for (const unsigned flags : {kAllThreads | kSpeculationAllowed, kAllThreads}) {
        const long refusedBy = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
        if (refusedBy == 0) return 0;
        if (refusedBy > 0) return EBUSY;  // a thread that has a filter of its own
    }
    return errno;
}

}  // namespace im::net
