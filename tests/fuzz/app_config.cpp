// SPDX-License-Identifier: BSL-1.0
// Laws: im.conf gives settings that its table allows, or an error that names file and line; what
// stands in other tools' sections changes nothing.
#include "libim/app/config.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace im;
using namespace im::app;

namespace {

constexpr Option kOwn[] = {
    {.id = 100, .letter = 'c', .name = "count", .argument = "N"},
    {.id = 101, .name = "keep"},
    {.id = 102, .letter = 'b', .name = "bind", .argument = "ADDR", .repeatable = true},
    {.id = 103, .name = "ack", .argument = "WHEN", .kind = OptionKind::Sealed},
    kTimeOption,
    kJsonOption,
};

std::optional<std::vector<Given>> read(const std::string& text) {
    static const OptionTable table("imlisten", kOwn);
    try {
        return parseConfig(text, "im.conf", Source::UserFile, table);
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Configuration);
        IM_LAW(std::string_view(error.what()).substr(0, 8) == "im.conf:");
        return {};
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::textOf(data, size));
    const auto settings = read(text);
    if (!settings) return 0;
    for (const Given& given : *settings) {
        IM_LAW(given.option->inConfig && given.option->kind != OptionKind::Sealed);
        IM_LAW(given.option->argument != nullptr || given.value == "true" ||
               given.value == "false");
        IM_LAW(given.value.find('\n') == std::string::npos);
    }
    const auto again = read("[imsend]\n= nonsense\n[imlisten]\n");
    IM_LAW(again && again->empty());
    const auto longer = read(text + "\n[imsend]\nno such = option\n");
    IM_LAW(longer && longer->size() == settings->size());
    return 0;
}
