// SPDX-License-Identifier: BSL-1.0
#include "libim/app/ndjson.hpp"

#include "libim/app/base64.hpp"

// The parser alone: no streams, whose set-up every start of imsend would pay for.
#define JSON_NO_IO 1
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace im::app {

namespace {

enum class Member : std::uint8_t { Other, To, User, Text, TextBase64, Re };

Member memberOf(std::string_view key) {
    if (key == "to") return Member::To;
    if (key == "user") return Member::User;
    if (key == "text") return Member::Text;
    if (key == "text_b64") return Member::TextBase64;
    if (key == "re") return Member::Re;
    return Member::Other;
}

const char* nameOf(Member member) {
    switch (member) {
        case Member::To:
            return "to";
        case Member::User:
            return "user";
        case Member::Text:
            return "text";
        case Member::TextBase64:
            return "text_b64";
        case Member::Re:
            return "re";
        case Member::Other:
            break;
    }
    return "";
}

/// Takes the members we know as they go by; builds no tree, so a deep or wide line costs nothing
/// but its own length.  Each function returns false to stop, with `problem` set.
class Handler : public nlohmann::json_sax<nlohmann::json> {
public:
    bool null() override {
        if (depth_ == 1) return set(std::nullopt);  // as if the member were not there
        return other();
    }
    bool boolean(bool /*value*/) override { return other(); }
    bool number_integer(number_integer_t /*value*/) override { return other(); }
    bool number_unsigned(number_unsigned_t /*value*/) override { return other(); }
    bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
        return other();
    }
    bool binary(binary_t& /*value*/) override { return other(); }

    bool string(string_t& value) override {
        if (depth_ == 1) return set(std::move(value));
        if (depth_ == 2 && member_ == Member::To) {
            to->push_back(std::move(value));
            return true;
        }
        return other();
    }

    bool start_object(std::size_t /*elements*/) override {
        if (depth_ > 0 && !other()) return false;
        return enter();
    }
    bool end_object() override { return leave(); }

    bool start_array(std::size_t /*elements*/) override {
        if (depth_ == 1 && member_ == Member::To) {
            to.emplace();
        } else if (!other()) {
            return false;
        }
        return enter();
    }
    bool end_array() override { return leave(); }

    bool key(string_t& name) override {
        if (depth_ == 1) member_ = memberOf(name);
        return true;
    }

    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*why*/) override {
        return fail("not JSON at byte " + std::to_string(position));
    }

    std::optional<std::vector<std::string>> to;
    std::optional<std::string> user, text, textBase64, re;
    std::string problem;

private:
    bool fail(std::string why) {
        problem = std::move(why);
        return false;
    }

    /// A value that no member of ours takes.
    bool other() {
        if (depth_ == 0) return fail("not an object");
        if (member_ == Member::Other) return true;
        return fail(std::string(nameOf(member_)) + (member_ == Member::To
                                                        ? ": not a string or a list of strings"
                                                        : ": not a string"));
    }

    bool set(std::optional<std::string> value) {
        switch (member_) {
            case Member::To:
                to.reset();
                if (value) to.emplace().push_back(std::move(*value));
                break;
            case Member::User:
                user = std::move(value);
                break;
            case Member::Text:
                text = std::move(value);
                break;
            case Member::TextBase64:
                textBase64 = std::move(value);
                break;
            case Member::Re:
                re = std::move(value);
                break;
            case Member::Other:
                break;
        }
        return true;
    }

    bool enter() {
        if (depth_ == kMaxJsonDepth) return fail("nested too deeply");
        ++depth_;
        return true;
    }

    bool leave() {
        --depth_;
        return true;
    }

    unsigned depth_ = 0;
    Member member_ = Member::Other;  // the one of the object itself that is being read
};

/// The text, by whichever member brings it.
Expected<std::string, std::string> textOf(Handler& parsed) {
    using Refused = Unexpected<std::string>;
    if (parsed.text && parsed.textBase64) return Refused("text and text_b64 exclude each other");
    if (parsed.text) return std::move(*parsed.text);
    if (!parsed.textBase64) return Refused("no text");
    auto bytes = fromBase64(*parsed.textBase64);
    if (!bytes) return Refused("text_b64: not base64");
    return std::move(*bytes);
}

}  // namespace

Expected<JsonMessage, std::string> parseJsonMessage(std::string_view line) {
    using Refused = Unexpected<std::string>;
    Handler parsed;
    // The library skips a BOM; in our input it is data, and no object begins with it.
    if (!line.empty() && line.front() == '\xEF') return Refused("not JSON at byte 1");
    if (!nlohmann::json::sax_parse(line.begin(), line.end(), &parsed))
        return Refused(parsed.problem);
    if (!parsed.to && parsed.user) parsed.to.emplace().push_back(std::move(*parsed.user));
    if (!parsed.to) return Refused("no recipient: neither to nor user");
    if (parsed.to->empty()) return Refused("to: empty");
    auto text = textOf(parsed);
    if (!text) return Refused(text.error());
    return JsonMessage{std::move(*parsed.to), std::move(*text), std::move(parsed.re).value_or("")};
}

}  // namespace im::app
