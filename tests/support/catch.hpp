// SPDX-License-Identifier: BSL-1.0
// Catch2 v2 (Debian 12) or v3: the header has another name.
#pragma once

#ifdef IM_CATCH2_V2
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif
