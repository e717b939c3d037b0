// SPDX-License-Identifier: BSL-1.0
// Laws: a line of JSON is refused in words or gives a message; that message, written again, reads
// the same; and what imlisten -j prints of it is answered to its user.
#include "libim/app/base64.hpp"
#include "libim/app/escape.hpp"
#include "libim/app/ndjson.hpp"
#include "libim/app/record.hpp"
#include "libim/base/utf8.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <string>

using namespace im;
using namespace im::app;

namespace {

std::string written(const JsonMessage& message) {
    std::string out = R"({"to":[)";
    for (const std::string& to : message.to) {
        if (out.back() != '[') out += ',';
        appendJsonString(out, to);
    }
    out += R"(],"re":)";
    appendJsonString(out, message.re);
    return out + R"(,"text_b64":")" + toBase64(message.text) + R"("})";
}

void checkAnswer(const JsonMessage& message) {
    Event event;
    event.user = message.to.front();
    event.text = message.text;
    RecordStyle style;
    style.shape = RecordShape::Json;
    std::string record;
    appendRecord(record, event, style);
    record.pop_back();
    const auto answer = parseJsonMessage(record);
    IM_LAW(answer.has_value() == !event.user.empty());
    IM_LAW(!answer ||
           (answer->to == std::vector<std::string>{event.user} && answer->text == message.text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = parseJsonMessage(fuzz::textOf(data, size));
    if (!message) {
        IM_LAW(!message.error().empty() && isValidUtf8(message.error()));
        return 0;
    }
    IM_LAW(!message->to.empty());
    const auto again = parseJsonMessage(written(*message));
    IM_LAW(again && again->to == message->to && again->text == message->text &&
           again->re == message->re);
    checkAnswer(*message);
    return 0;
}
