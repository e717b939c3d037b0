// SPDX-License-Identifier: BSL-1.0
// MetricsPage: writes metrics as Prometheus and its kin read them: OpenMetrics 1.0, or the plain
// text format 0.0.4, which names counters differently and knows no units and no end.  Names are
// the caller's care; label values and help are escaped here.  No socket, no clock.
#pragma once

#include "libim/base/duration_histogram.hpp"
#include "libim/base/time.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace im::node {

enum class MetricsFormat : std::uint8_t { Plain, OpenMetrics };

/// The Content-Type of a page.
[[nodiscard]] std::string_view contentTypeOf(MetricsFormat format);

/// What a scraper asks for by its Accept header: OpenMetrics when that is named there at all.
[[nodiscard]] MetricsFormat formatFor(std::string_view accept);

class MetricsPage {
public:
    struct Family {
        std::string_view name;  ///< ends in the unit when there is one, never in _total
        std::string_view help;
        std::string_view unit = {};  ///< "seconds", "bytes"
    };
    struct Label {
        std::string_view name;
        std::string_view value;
    };
    using Labels = std::initializer_list<Label>;

    explicit MetricsPage(MetricsFormat format) : format_(format) {}

    /// Begins a family; add() follows for each of its samples.
    void counters(const Family& family) { begin("counter", "_total", family); }
    void gauges(const Family& family) { begin("gauge", "", family); }
    void add(Labels labels, std::uint64_t value);
    void add(Labels labels, Duration value);

    /// A family of one sample.
    template <typename Value>
    void counter(const Family& family, Value value) {
        counters(family);
        add({}, value);
    }
    template <typename Value>
    void gauge(const Family& family, Value value) {
        gauges(family);
        add({}, value);
    }
    void histogram(const Family& family, const DurationHistogram& of);
    /// What does not change and is all in its labels.
    void info(const Family& family, Labels labels);

    /// The page, whole.  Nothing is added after it.
    [[nodiscard]] std::string finish();

private:
    void begin(std::string_view type, std::string_view suffix, const Family& family);
    void line(std::string_view keyword, std::string_view name, std::string_view text);
    void sample(std::string_view suffix, Labels labels, std::string_view value);

    MetricsFormat format_;
    std::string name_;    // of the family begun
    std::string suffix_;  // of its samples
    std::string text_;
};

}  // namespace im::node
