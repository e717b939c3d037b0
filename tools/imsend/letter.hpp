// SPDX-License-Identifier: BSL-1.0
// Letter: one message on its way to everybody it is for.  Shared by all who still carry it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace im::imsend {

struct Letter {
    std::string text;
    std::string re;        ///< the ID of the message that it answers, or empty
    std::string copy;      ///< for stdout once everybody has it (--tee), or empty
    std::size_t open = 0;  ///< recipients whose fate is not known
    bool isGood = true;    ///< nobody was left without it
};

using LetterPtr = std::shared_ptr<Letter>;

}  // namespace im::imsend
