// SPDX-License-Identifier: BSL-1.0
// What imlogin and imlisten read alike from their options.
#pragma once

#include "libim/app/options.hpp"
#include "libim/app/settings.hpp"
#include "libim/app/tool.hpp"
#include "libim/net/loop.hpp"
#include "libim/node/account.hpp"
#include "libim/node/session_file.hpp"

#include <exception>
#include <functional>

namespace im::tools {

// Ids above those of app, below each tool's own.
inline constexpr int kPort = app::kFirstOwnId;
inline constexpr int kBind = app::kFirstOwnId + 1;
inline constexpr int kClassic = app::kFirstOwnId + 2;
inline constexpr int kTimeout = app::kFirstOwnId + 3;
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

/// -u, -s and what counts without them.
[[nodiscard]] node::AccountQuery accountQuery(const app::Settings& settings);

/// -p and -b.  Throws UsageError when both are given.
[[nodiscard]] node::LocalWish localWish(const app::Settings& settings);

[[nodiscard]] node::SessionDirectory sessionDirectory();

/// Says that a new login will be in the clear, unless --classic shows that the user knows.
void sayClassic(const app::Tool& tool);

/// ToolInfo::translate of the programs that are no imsend.
[[nodiscard]] Error translate(const std::exception& problem);

/// From now on INT and TERM, and HUP unless it was ignored from the start (nohup), call `logOut`
/// from the loop and then kill the program.
void endBySignals(net::Loop& loop, const std::function<void()>& logOut);

/// Throws app::ReaderLeft from the loop as soon as nobody reads stdout any more.  False when that
/// cannot be watched (a file); else it is watched for writing on demand by Loop::change().
bool watchReader(net::Loop& loop, int descriptor, std::function<void()> writable);

}  // namespace im::tools
