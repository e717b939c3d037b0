// SPDX-License-Identifier: BSL-1.0
// Laws: the records of stdin, put together again, are the bytes that came, however they were cut
// on the way; with a limit each is a beginning of what it is without.  Input: the size of the
// pieces, the limit, the bytes.
#include "libim/app/input.hpp"
#include "tests/fuzz/law.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

using namespace im::app;

namespace {

constexpr std::size_t kMost = 16384;  // well below what a pipe holds

std::vector<InputRecord> recordsOf(std::string_view bytes, Framing framing, std::size_t piece,
                                   std::size_t limit) {
    std::array<int, 2> ends{};
    IM_LAW(::pipe(ends.data()) == 0);
    Input input(ends[0], framing, limit);
    std::vector<InputRecord> records;
    const auto takeAll = [&] {
        while (auto record = input.take()) records.push_back(std::move(*record));
    };
    for (; !bytes.empty(); takeAll()) {
        const std::size_t size = std::min(piece, bytes.size());
        IM_LAW(::write(ends[1], bytes.data(), size) == static_cast<ssize_t>(size));
        bytes.remove_prefix(size);
        input.fill();
    }
    ::close(ends[1]);
    while (auto record = input.next()) records.push_back(std::move(*record));
    ::close(ends[0]);
    return records;
}

void checkJoined(const std::vector<InputRecord>& records, std::string_view bytes, char end) {
    std::string joined;
    for (const InputRecord& record : records) {
        IM_LAW(!record.tooLong);
        joined += record.text + end;
    }
    IM_LAW(joined == bytes || joined == std::string(bytes) + end);
}

void checkFraming(std::string_view bytes, Framing framing, char end, std::size_t piece,
                  std::size_t limit) {
    const auto whole = recordsOf(bytes, framing, piece, kMost);
    checkJoined(whole, bytes, end);
    const auto cut = recordsOf(bytes, framing, piece, limit);
    IM_LAW(cut.size() == whole.size());
    for (std::size_t i = 0; i < cut.size(); ++i) {
        IM_LAW(cut[i].text == whole[i].text.substr(0, limit));
        IM_LAW(cut[i].tooLong == (whole[i].text.size() > limit));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t piece = std::size_t{data[0]} + 1;
    const std::size_t limit = data[1] % 32;
    const std::string_view bytes = im::fuzz::textOf(data, size).substr(2, kMost);
    checkFraming(bytes, Framing::Line, '\n', piece, limit);
    checkFraming(bytes, Framing::Null, '\0', piece, limit);
    const auto all = recordsOf(bytes, Framing::Whole, piece, kMost);
    IM_LAW(all.size() == 1 && all[0].text == bytes);
    const auto cut = recordsOf(bytes, Framing::Whole, piece, limit);
    IM_LAW(cut.size() == 1 && cut[0].text == bytes.substr(0, limit));
    IM_LAW(cut[0].tooLong == (bytes.size() > limit));
    return 0;
}
