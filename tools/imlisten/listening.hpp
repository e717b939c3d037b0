// SPDX-License-Identifier: BSL-1.0
// Listening: a ListenService wired to stdout, to a command, to a count and to a clock.
#pragma once

#include "libim/app/output.hpp"
#include "libim/app/record.hpp"
#include "libim/app/tool.hpp"
#include "libim/net/loop.hpp"
#include "libim/node/account.hpp"
#include "libim/node/command_runner.hpp"
#include "libim/node/listen_filter.hpp"
#include "libim/node/listen_goal.hpp"
#include "libim/node/listen_service.hpp"
#include "libim/node/receipts.hpp"
#include "libim/node/sealed_self.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace im::tools {

/// What the options came to.
struct ListenPlan {
    node::ListenService::Options service;
    node::AckWhen ack = node::AckWhen::Write;  ///< sealed
    node::ListenFilter filter;
    node::ListenGoal goal;
    app::RecordStyle style;
    std::string command;  ///< of -x; empty: none
    bool prints = true;
    std::optional<int> readyDescriptor;
};

class Listening {
public:
    /// So many bytes wait for a slow reader or a slow command before the socket is not read any
    /// more; it is read again when half of it is gone.
    static constexpr std::size_t kMostWaiting = std::size_t{16} << 20U;

    /// Binds.  The tool, the loop, the account and `self`, without which it is classic, outlive it.
    Listening(app::Tool& tool, net::Loop& loop, const node::Account& account, ListenPlan plan,
              node::SealedSelf* self);

    /// Returns the exit status; throws what the tool is to report.  Logged out either way.
    int run();

private:
    node::ListenService::Handlers handlers();
    std::unique_ptr<node::ListenService> makeService(const node::Account& account,
                                                     node::SealedSelf* self);

    void onEvent(const Event& event);
    talk::Shown onShow(const Event& event, bool isHurried);
    void onEnded(bool isSuccess);
    void take(const Event& event, bool isMessage);
    void onReady();
    void onFailed(const Error& problem);
    void onSessionRemoved();
    void sayServer(const Event& event);
    void endTurn();
    void print();
    void settle();
    void endService();
    void regulate();
    void finish(int status, bool waitForCommands);
    void stopQuietly() noexcept;
    void sayNotRun() const;
    [[nodiscard]] bool isDone() const;

    app::Tool& tool_;
    net::Loop& loop_;
    ListenPlan plan_;
    std::string server_;
    std::string session_;
    app::OutputQueue output_;
    std::optional<node::CommandRunner> commands_;
    node::Receipts receipts_;
    std::unique_ptr<node::ListenService> service_;
    std::string fresh_;         // records of this turn
    std::uint64_t pushed_ = 0;  // bytes of those before, all told
    std::string waitsFor_;      // shown on a terminal, or empty
    std::optional<TimePoint> sayWaitingAt_;
    std::optional<Error> failure_;
    std::optional<int> status_;  // set: we are at the end
    bool waitForCommands_ = false;
    bool isInService_ = false;  // a message is being shown: it is no time to end the service
    bool stdoutWatched_ = false;
    bool stdoutBusy_ = false;
};

}  // namespace im::tools
