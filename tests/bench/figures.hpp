// SPDX-License-Identifier: BSL-1.0
// Figures: what a part measured, round by round, and how it is printed: one row each with median,
// unit and spread; ratios are of pairs from the same round, and a ratio that has a bar says
// whether it holds.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::bench {

/// Fewer say nothing about the spread.
constexpr int kRounds = 5;

double median(std::vector<double> values);
/// `p` from 0 to 1; NaN of nothing.
double percentile(std::vector<double> values, double p);

class Figures {
public:
    void add(double value) { values_.push_back(value); }
    bool empty() const { return values_.empty(); }
    double mid() const { return median(values_); }
    double at(double p) const { return percentile(values_, p); }
    const std::vector<double>& values() const { return values_; }

private:
    std::vector<double> values_;  // one a round
};

/// What a figure has to keep to.
struct Bar {
    enum class Side { AtMost, AtLeast };
    Side side;
    double value;
};
constexpr Bar atMost(double value) {
    return {Bar::Side::AtMost, value};
}
constexpr Bar atLeast(double value) {
    return {Bar::Side::AtLeast, value};
}

/// CPU model, cores, kernel, date.
void printMachine();
void printTitle(std::string_view title);
/// Values are printed times `scale`, and the bar is in the printed unit; it is held against the
/// median.  Nothing is printed of no figures: a rival that is not installed has none.
void printRow(std::string_view name, const Figures& figures, std::string_view unit,
              double scale = 1, std::optional<Bar> bar = {});
void printRatio(std::string_view name, const Figures& ours, const Figures& theirs,
                std::optional<Bar> bar = {});
/// A count that must be nought, such as what got lost.
void printNone(std::string_view name, std::size_t count);

/// Bars missed so far in this process.
std::size_t barsMissed();

}  // namespace im::bench
