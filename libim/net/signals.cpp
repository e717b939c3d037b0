// SPDX-License-Identifier: BSL-1.0
#include "libim/net/signals.hpp"

#include <unistd.h>

#include <csignal>

namespace im::net {

void blockSignals(std::initializer_list<int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void unblockAllSignals() {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void dieBySignal(int signal) {
    std::signal(signal, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    static_cast<void>(std::raise(signal));
    _exit(128 + signal);  // only for a signal whose default is not to die
}

}  // namespace im::net
