// SPDX-License-Identifier: BSL-1.0
// What imlogin and imlisten read alike from their options.
#pragma once

#include "libim/app/options.hpp"
#include "libim/app/settings.hpp"
#include "libim/app/tool.hpp"
#include "libim/net/loop.hpp"
#include "libim/node/account.hpp"
#include "libim/node/sealed_self.hpp"
#include "libim/node/session_file.hpp"

#include <exception>
#include <functional>
#include <memory>

namespace im::tools {

// Ids above those of app, below each tool's own.
inline constexpr int kPort = app::kFirstOwnId;
inline constexpr int kBind = app::kFirstOwnId + 1;
inline constexpr int kClassic = app::kFirstOwnId + 2;
inline constexpr int kTimeout = app::kFirstOwnId + 3;
inline constexpr int kForce = app::kFirstOwnId + 4;
inline constexpr int kFirstToolId = app::kFirstOwnId + 10;

inline constexpr app::Option kPortOption{.id = kPort,
                                         .letter = 'p',
                                         .name = "port",
                                         .argument = "PORT",
                                         .help = "the local UDP port (default any free one)"};
inline constexpr app::Option kBindOption{
    .id = kBind,
    .letter = 'b',
    .name = "bind",
    .argument = "ADDR:PORT",
    .help = "the local UDP endpoint (default on the way to the index)"};
inline constexpr app::Option kClassicOption{
    .id = kClassic,
    .name = "classic",
    .help = "the classic profile, in which nothing is encrypted"};
inline constexpr app::Option kForceOption{
    .id = kForce,
    .name = "force",
    .help = "with --classic: at an index known as sealed, too",
    .inConfig = false};

/// -u, -s and what counts without them.
[[nodiscard]] node::AccountQuery accountQuery(const app::Settings& settings);

/// -p and -b.  Throws UsageError when both are given.
[[nodiscard]] node::LocalWish localWish(const app::Settings& settings);

[[nodiscard]] node::SessionDirectory sessionDirectory();

/// That of the account's session; without one classic where --classic asks for it, else sealed.
/// Throws Error(NoPermission) when the index is known as a sealed one and --force does not say that
/// it shall be classic all the same.
[[nodiscard]] node::Profile profileOf(const app::Tool& tool, const node::Account& account);

/// Our identity, made the first time, and the keys we know at the account's index.
[[nodiscard]] std::unique_ptr<node::SealedSelf> openSelf(const app::Tool& tool,
                                                         const node::Account& account);

/// ToolInfo::translate of the programs that are no imsend.
[[nodiscard]] Error translate(const std::exception& problem);

/// From now on INT and TERM, and HUP unless it was ignored from the start (nohup), call `logOut`
/// from the loop and then kill the program.
void endBySignals(net::Loop& loop, const std::function<void()>& logOut);

/// Throws app::ReaderLeft from the loop as soon as nobody reads stdout any more.  False when that
/// cannot be watched (a file); else it is watched for writing on demand by Loop::change().
bool watchReader(net::Loop& loop, int descriptor, std::function<void()> writable);

}  // namespace im::tools
