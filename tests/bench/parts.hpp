// SPDX-License-Identifier: BSL-1.0
// The parts of index_bench, one file each: part_NAME.cpp.  Each prints its table, with bars where
// there are some.  `amount` is what the command line says, or the default of the part.
#pragma once

#include "tests/bench/index_server.hpp"

namespace im::bench {

void benchLogin(const Place& place);
void benchFanout(const Place& place);
void benchStorm(const Place& place);
void benchRoster(const Place& place);
void benchMemory(const Place& place);
void benchServe(const Place& place);
void benchPipe(const Place& place);
void benchOnce(const Place& place);
void benchSealed(const Place& place);
void benchOverload(const Place& place, int seconds);
void benchSoak(const Place& place, int minutes);
void benchKill(const Place& place, int rounds);

}  // namespace im::bench
