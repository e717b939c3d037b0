// SPDX-License-Identifier: BSL-1.0
// Law: records that are taken, written again, are the same records; and the same bytes, but for
// padding and unknown kinds.
#include "libim/wire/record.hpp"

#include "tests/fuzz/law.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace im;
using namespace im::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes = asBytes(fuzz::textOf(data, size));
    const auto records = Records::parse(bytes);
    if (!records) {
        IM_LAW(!toString(records.error()).empty());
        return 0;
    }
    Bytes written;
    std::vector<Record> first;
    for (const Record& record : *records) {
        first.push_back(record);
        std::visit([&](const auto& one) { appendRecord(written, one); }, record);
    }
    IM_LAW(written.size() <= size);
    const auto again = Records::parse(written);
    IM_LAW(again.has_value());
    std::vector<Record> second;
    for (const Record& record : *again) second.push_back(record);
    IM_LAW(first == second);
    if (written.size() == size) IM_LAW(std::ranges::equal(written, bytes));
    return 0;
}
