// SPDX-License-Identifier: BSL-1.0
// Deltas: what leads from one version of the roster to a later one, as the records of BOXes that
// fit into datagrams.  Each stands alone: `delta,FROM,TO` and a line of state for each name that
// changed in between, so that the loss of one is seen at the next one's FROM.
#pragma once

#include "libim/base/bytes.hpp"
#include "libim/index/changes.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace im::index {

/// The line of a name: `login,...` when it is online, else `logout,...`; without a line end.
using StateOf = std::function<std::string(std::string_view name)>;

/// A name that changed more than once is told once, as it is now.  At most `most` frames; who has
/// more to hear is better off with the roster: then none at all.
/// REQUIRES: changes.oldest() <= from < to <= changes.version().
[[nodiscard]] std::vector<Bytes> deltaFrames(const Changes& changes, RosterVersion from,
                                             RosterVersion to, std::size_t most,
                                             const StateOf& stateOf);

}  // namespace im::index
