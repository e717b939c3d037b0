// SPDX-License-Identifier: BSL-1.0
// What a SendResult is to a person: an exit status, words for stderr, a word for a receipt.
#pragma once

#include "libim/app/record.hpp"
#include "libim/talk/sealed_sender.hpp"

#include <string>
#include <string_view>

namespace im::imsend {

[[nodiscard]] int statusOf(talk::SendResult result);
[[nodiscard]] app::Outcome outcomeOf(talk::SendResult result);
/// "no such user", to stand behind the recipient; empty for Delivered.  `index`: as the user knows
/// it.
[[nodiscard]] std::string whyOf(talk::SendResult result, const std::string& index);
/// What a person may do about it, or nothing.
[[nodiscard]] std::string hintOf(talk::SendResult result, const std::string& user);

}  // namespace im::imsend
