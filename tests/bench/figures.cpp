// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/figures.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>

namespace im::bench {

namespace {

std::size_t missed = 0;  // NOLINT: of the process

std::string cpuModel() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown CPU";
}

/// Three digits that count, never a power of ten.
std::string number(double value) {
    std::array<char, 32> text{};
    const double size = std::fabs(value);
    const int digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string verdict(double value, const std::optional<Bar>& bar) {
    if (!bar) return {};
    const bool low = bar->side == Bar::Side::AtMost;
    const bool holds = low ? value <= bar->value : value >= bar->value;
    if (!holds) ++missed;
    std::string text(low ? "  <= " : "  >= ");
    return text.append(number(bar->value)).append(holds ? " ok" : " missed");
}

}  // namespace

double median(std::vector<double> values) {
    return percentile(std::move(values), 0.5);
}

double percentile(std::vector<double> values, double p) {
    if (values.empty()) return NAN;
    std::sort(values.begin(), values.end());
    const auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<std::size_t>(std::lround(p * last))];
}

void printMachine() {
    utsname system{};
    uname(&system);
    const std::time_t time = std::time(nullptr);
    std::array<char, 16> date{};
    std::strftime(date.data(), date.size(), "%Y-%m-%d", std::gmtime(&time));
    std::printf("%s, %ld cores, Linux %s, %s; medians of %d rounds (min-max)\n", cpuModel().c_str(),
                sysconf(_SC_NPROCESSORS_ONLN), system.release, date.data(), kRounds);
    std::fflush(stdout);
}

void printTitle(std::string_view title) {
    std::printf("\n%.*s\n", static_cast<int>(title.size()), title.data());
    std::fflush(stdout);
}

void printRow(std::string_view name, const Figures& figures, std::string_view unit, double scale,
              std::optional<Bar> bar) {
    if (figures.empty()) return;
    const double mid = figures.mid() * scale;
    std::string spread("(");
    spread.append(number(figures.at(0) * scale)).append("-");
    spread.append(number(figures.at(1) * scale)).append(")");
    std::printf("  %-46.*s %9s %-9.*s %-17s%s\n", static_cast<int>(name.size()), name.data(),
                number(mid).c_str(), static_cast<int>(unit.size()), unit.data(), spread.c_str(),
                verdict(mid, bar).c_str());
    std::fflush(stdout);
}

void printRatio(std::string_view name, const Figures& ours, const Figures& theirs,
                std::optional<Bar> bar) {
    Figures ratio;
    const std::size_t rounds = std::min(ours.values().size(), theirs.values().size());
    for (std::size_t i = 0; i < rounds; ++i) ratio.add(ours.values()[i] / theirs.values()[i]);
    printRow(name, ratio, "x", 1, bar);
}

void printNone(std::string_view name, std::size_t count) {
    Figures figures;
    figures.add(static_cast<double>(count));
    printRow(name, figures, "", 1, atMost(0));
}

std::size_t barsMissed() {
    return missed;
}

}  // namespace im::bench
