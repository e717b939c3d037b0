// SPDX-License-Identifier: BSL-1.0
// replay_main: runs a fuzz target without libFuzzer, over the files of a folder and over
// mutations of them that are the same in every run.  An input that breaks a law is printed in
// hexadecimal: `xxd -r -p` makes a file of it for the folder.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr int kMutations = 20'000;
constexpr std::size_t kLongest = 2'048;

Input current;  // for the signal handler

void put(const char* text, std::size_t size) {
    if (::write(STDERR_FILENO, text, size) < 0) std::_Exit(1);
}

extern "C" void on_death(int signal) {
    constexpr const char* kDigits = "0123456789abcdef";
    put("failed on: ", 11);
    for (const std::uint8_t byte : current) {
        const std::array<char, 2> hex{kDigits[byte >> 4U], kDigits[byte & 15U]};
        put(hex.data(), hex.size());
    }
    put("\n", 1);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

/// Takes over the signals of death that nobody else (a sanitizer) wants.
void printInputOnDeath() {
    for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL}) {
        struct sigaction before {};
        ::sigaction(signal, nullptr, &before);
        if (before.sa_handler == SIG_DFL) std::signal(signal, on_death);
    }
}

void run(const Input& input) {
    // A copy of exact size, so that a sanitizer sees reading beyond the end.
    current = Input(input.begin(), input.end());
    current.shrink_to_fit();
    LLVMFuzzerTestOneInput(current.data(), current.size());
}

std::vector<Input> readFolder(const char* folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.is_regular_file()) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());  // mutations must not depend on the folder's order

    std::vector<Input> seeds;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return seeds;
}

class Mutator {
public:
    explicit Mutator(const std::vector<Input>& seeds) : seeds_(seeds) {}

    Input next() {
        Input input = anySeed();
        for (std::size_t left = 1 + below(6); left > 0; --left) change(input);
        if (input.size() > kLongest) input.resize(kLongest);
        return input;
    }

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }
    const Input& anySeed() { return seeds_[below(seeds_.size())]; }
    static Input::iterator at(Input& input, std::size_t offset) {
        return input.begin() + static_cast<Input::difference_type>(offset);
    }

    void change(Input& input) {
        const std::size_t from = below(input.size() + 1);
        const std::size_t to = from + below(input.size() + 1 - from);
        switch (below(7)) {
            case 0:
                flip(input);
                break;
            case 1:
                replace(input);
                break;
            case 2:
                input.insert(at(input, from), 1 + below(4), interesting());
                break;
            case 3:
                input.erase(at(input, from), at(input, to));
                break;
            case 4:
                input.resize(from);
                break;
            case 5:
                splice(input, from);
                break;
            default:
                repeat(input, from, to);
                break;
        }
    }

    void flip(Input& input) {
        if (input.empty()) return;
        input[below(input.size())] ^= static_cast<std::uint8_t>(1U << below(8));
    }

    void replace(Input& input) {
        if (!input.empty()) input[below(input.size())] = interesting();
    }

    /// A byte that means something to some door.
    std::uint8_t interesting() {
        constexpr std::array<std::uint8_t, 26> kBytes{
            0x00, 0x01, 0x7F, 0x80, 0xFF, 0xFE, 0xD8, 0xDC, 0xC0, 0xED, 0xF4, ',', ';',
            ':',  '.',  '/',  '[',  ']',  ' ',  '\n', '\r', '+',  '-',  '0',  '9', 'x'};
        return below(3) == 0 ? static_cast<std::uint8_t>(random_()) : kBytes[below(kBytes.size())];
    }

    void splice(Input& input, std::size_t from) {
        const Input& other = anySeed();
        const std::size_t start = below(other.size() + 1);
        input.insert(at(input, from), other.begin() + static_cast<Input::difference_type>(start),
                     other.end());
    }

    static void repeat(Input& input, std::size_t from, std::size_t to) {
        const Input part(at(input, from), at(input, to));
        input.insert(at(input, from), part.begin(), part.end());
    }

    const std::vector<Input>& seeds_;
    std::mt19937 random_{20'000};
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 64;
    }
    printInputOnDeath();
    const std::vector<Input> seeds = readFolder(argv[1]);
    if (seeds.empty()) {
        std::fprintf(stderr, "%s: no seeds\n", argv[1]);
        return 66;
    }
    run({});
    for (const Input& seed : seeds) run(seed);
    Mutator mutator(seeds);
    for (int i = 0; i < kMutations; ++i) run(mutator.next());
    std::printf("%zu seeds, %d mutations\n", seeds.size(), kMutations);
    return 0;
}
