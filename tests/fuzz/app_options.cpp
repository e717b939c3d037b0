// SPDX-License-Identifier: BSL-1.0
// Laws: a command line (words ended by LF) is refused with 64 or gives options of the table, never
// a sealed one, and operands that are the last words.
#include "libim/app/options.hpp"
#include "libim/app/text_line.hpp"
#include "tests/fuzz/law.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace im;
using namespace im::app;

namespace {

constexpr Option kOwn[] = {
    {.id = 100, .letter = 'c', .name = "count", .argument = "N"},
    {.id = 101, .letter = 'k', .name = "keep"},
    {.id = 102, .name = "keepalive", .argument = "DUR"},
    {.id = 103, .letter = 'a', .name = "ask", .kind = OptionKind::Sealed},
    {.id = 104, .letter = 'x'},
};

/// The words up to their first NUL, as no argv holds one.
std::vector<std::string> wordsOf(std::string_view text) {
    std::vector<std::string> words{"imtest"};
    while (!text.empty()) {
        const std::string_view line = takeLine(text);
        words.emplace_back(line.substr(0, line.find('\0')));
    }
    return words;
}

void checkLine(const CommandLine& line, const std::vector<std::string>& words) {
    for (const Given& given : line.options) {
        IM_LAW(given.option->kind != OptionKind::Sealed);
        IM_LAW(given.option->argument != nullptr || given.value == "true");
    }
    IM_LAW(line.operands.size() < words.size());
    for (std::size_t i = 0; i < line.operands.size(); ++i)
        IM_LAW(line.operands[i] == words[words.size() - line.operands.size() + i]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const OptionTable table("imtest", kOwn);
    std::vector<std::string> words = wordsOf(fuzz::textOf(data, size));
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    try {
        checkLine(parseCommandLine(static_cast<int>(words.size()), argv.data(), table), words);
    } catch (const Error& error) {
        IM_LAW(error.kind() == ErrorKind::Usage);
    }
    return 0;
}
