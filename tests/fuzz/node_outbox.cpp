// SPDX-License-Identifier: BSL-1.0
// Law: a file of the outbox of any content is read or refused with an Error(Configuration), never
// worse; what is read lies inside, in order; and its end, where the next record goes, is the end
// for a second reader too.
#include "libim/base/error.hpp"
#include "libim/node/outbox_file.hpp"
#include "tests/fuzz/law.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

using namespace im;

namespace {

node::OutboxSource sourceOf(const std::string& text) {
    return [&text](std::size_t offset, std::size_t length) {
        return offset >= text.size() ? std::string() : text.substr(offset, length);
    };
}

void check(const node::OutboxContent& content, const std::string& text) {
    IM_LAW(content.size <= text.size());
    IM_LAW(content.acknowledged >= content.head.first && content.acknowledged <= content.next());
    std::uint32_t next = content.head.first;
    std::size_t end = 0;
    for (const node::OutboxEntry& entry : content.entries) {
        IM_LAW(entry.sequence == next && entry.segments > 0);
        IM_LAW(entry.offset > end && entry.offset + entry.length < content.size);
        next = entry.end();
        end = entry.offset + entry.length;
        try {
            static_cast<void>(node::readPayload(sourceOf(text), entry, "outbox"));
        } catch (const Error& error) {
            IM_LAW(error.kind() == ErrorKind::Configuration);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    noise::initialise();
    const std::string text(fuzz::textOf(data, size));
    try {
        const auto content = node::scanOutbox(sourceOf(text), text.size(), "outbox");
        check(content, text);
        // What is appended there is found.
        std::string more = text.substr(0, content.size);
        if (content.next() == 0xFFFFFFFF) return 0;
        more += node::printMessage(content.next(), 1, WallTime{}, "more").record;
        const auto again = node::scanOutbox(sourceOf(more), more.size(), "outbox");
        IM_LAW(again.entries.size() == content.entries.size() + 1 && again.size == more.size());
        IM_LAW(node::readPayload(sourceOf(more), again.entries.back(), "outbox") == "more");
        // The head in its only spelling says the same.
        const std::string head = node::printHead(content.head);
        IM_LAW(node::scanOutbox(sourceOf(head), head.size(), "outbox").head == content.head);
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Configuration);
    }
    return 0;
}
