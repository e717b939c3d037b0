// SPDX-License-Identifier: BSL-1.0
// Laws: a format is refused as usage or prints; without raw fields it has the line feeds of its
// own text and no others; each field is as wide as was asked.  Input: FMT, a LF, the event's text.
#include "libim/app/record.hpp"
#include "libim/base/utf8.hpp"
#include "tests/fuzz/law.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

using namespace im;
using namespace im::app;

namespace {

std::optional<Format> parse(std::string_view text) {
    try {
        return Format::parse(text);
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Usage);
        return {};
    }
}

std::size_t lineFeeds(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(decodeUtf8(text).length);
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::textOf(data, size);
    const std::size_t cut = std::min(input.find('\n'), input.size());
    RecordStyle style;
    const auto format = parse(input.substr(0, cut));
    if (!format) return 0;
    style.shape = RecordShape::Format;
    style.format = *format;
    Event event;
    event.text = input.substr(std::min(cut + 1, input.size()));
    event.user = event.text.substr(0, 32);

    std::size_t expected = 1;
    std::size_t least = 1;
    bool raw = false;
    for (const Format::Piece& piece : format->pieces()) {
        raw = raw || piece.raw;
        expected += lineFeeds(piece.literal);
        least += piece.width;
    }
    std::string record;
    appendRecord(record, event, style);
    IM_LAW(record.back() == '\n');
    IM_LAW(raw || lineFeeds(record) == expected);
    IM_LAW(raw || characters(record) >= least);
    return 0;
}
