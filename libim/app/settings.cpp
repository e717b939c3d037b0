// SPDX-License-Identifier: BSL-1.0
#include "libim/app/settings.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace im::app {

namespace {

std::string join(std::span<const std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        if (!out.empty()) out += ", ";
        out += word;
    }
    return out;
}

std::string range(std::uint64_t least, std::uint64_t most) {
    if (most == std::numeric_limits<std::uint64_t>::max())
        return "not a number of at least " + std::to_string(least);
    return "not a number of " + std::to_string(least) + " to " + std::to_string(most);
}

std::size_t indexOf(const Given& given, std::string_view word,
                    std::span<const std::string_view> choices) {
    const auto found = std::find(choices.begin(), choices.end(), word);
    if (found == choices.end()) throw wrongValue(given, "not one of " + join(choices));
    return static_cast<std::size_t>(found - choices.begin());
}

}  // namespace

Settings::Settings(std::vector<Given> given) : given_(std::move(given)) {}

const Given* Settings::find(int id) const {
    const Given* found = nullptr;
    for (const Given& given : given_)
        if (given.option->id == id && (found == nullptr || given.source <= found->source))
            found = &given;
    return found;
}

std::vector<const Given*> Settings::all(int id) const {
    std::vector<const Given*> values;
    const Given* last = find(id);
    for (const Given& given : given_)
        if (given.option->id == id && given.source == last->source) values.push_back(&given);
    return values;
}

bool Settings::flag(int id) const {
    const Given* given = find(id);
    return given != nullptr && given->value != "false";
}

unsigned Settings::count(int id) const {
    unsigned times = 0;
    for (const Given* given : all(id)) times = given->value == "false" ? 0 : times + 1;
    return times;
}

std::string_view Settings::text(int id, std::string_view fallback) const {
    const Given* given = find(id);
    return given == nullptr ? fallback : given->value;
}

Duration Settings::duration(int id, Duration fallback) const {
    const Given* given = find(id);
    if (given == nullptr) return fallback;
    const auto value = parseDuration(given->value);
    if (!value) throw wrongValue(*given, "not a duration, such as 0.5, 5s, 2m or 1h");
    return *value;
}

std::uint64_t Settings::number(int id, std::uint64_t least, std::uint64_t most,
                               std::uint64_t fallback) const {
    const Given* given = find(id);
    if (given == nullptr) return fallback;
    const auto value = parseNumber(given->value);
    if (!value || *value < least || *value > most) throw wrongValue(*given, range(least, most));
    return *value;
}

std::uint16_t Settings::port(int id, std::uint16_t fallback) const {
    const Given* given = find(id);
    if (given == nullptr) return fallback;
    const auto value = parsePort(given->value);
    if (!value) throw wrongValue(*given, "not a port of 0 to 65535");
    return *value;
}

std::vector<Cidr> Settings::cidrs(int id, std::string_view fallback) const {
    const Given* given = find(id);
    const auto list = parseCidrList(given == nullptr ? fallback : given->value);
    assert(list || given != nullptr);
    if (!list) throw wrongValue(*given, "not a list of ranges, such as 10.0.0.0/8,::1");
    return *list;
}

HostPort Settings::server(int id, std::string_view fallback) const {
    const Given* given = find(id);
    const auto value = parseHostPort(given == nullptr ? fallback : given->value, kDefaultPort);
    assert(value || given != nullptr);
    if (!value) throw wrongValue(*given, "not HOST[:PORT]");
    return *value;
}

std::vector<BindAddress> Settings::binds(int id) const {
    std::vector<BindAddress> list;
    for (const Given* given : all(id)) {
        const auto value = parseBindAddress(given->value);
        if (!value) throw wrongValue(*given, "not ADDR[:PORT]");
        list.push_back(*value);
    }
    return list;
}

std::size_t Settings::choice(int id, std::span<const std::string_view> choices,
                             std::size_t fallback) const {
    const Given* given = find(id);
    return given == nullptr ? fallback : indexOf(*given, given->value, choices);
}

std::vector<std::size_t> Settings::choices(int id, std::span<const std::string_view> choices,
                                           std::vector<std::size_t> fallback) const {
    const Given* given = find(id);
    if (given == nullptr) return fallback;
    std::vector<std::size_t> list;
    for (std::string_view rest = given->value;;) {
        const std::size_t comma = rest.find(',');
        const std::size_t index = indexOf(*given, rest.substr(0, comma), choices);
        if (std::find(list.begin(), list.end(), index) == list.end()) list.push_back(index);
        if (comma == std::string_view::npos) return list;
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace im::app
