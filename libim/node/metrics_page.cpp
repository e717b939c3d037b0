// SPDX-License-Identifier: BSL-1.0
#include "libim/node/metrics_page.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace im::node {

namespace {

/// Of label values and, where `quotes` is false, of help in the plain format.
std::string escaped(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && quotes) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
    return out;
}

/// Seconds, exact to the nanosecond.
std::string seconds(Duration value) {
    constexpr std::size_t kDecimals = 9;
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
    std::string digits = std::to_string(count);
    if (count < 0) return "0";  // no duration of ours is
    if (digits.size() <= kDecimals) digits.insert(0, kDecimals + 1 - digits.size(), '0');
    digits.insert(digits.size() - kDecimals, ".");
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
    return digits;
}

/// A bound as OpenMetrics wants it spelled: 1e-05, 0.0001, 1.0.  The same in the plain format, so
/// that a series keeps its name when a scraper changes its mind.
std::string bound(Duration value) {
    std::array<char, 32> buffer{};
    const double number = std::chrono::duration<double>(value).count();
    constexpr int kPrecision = 6;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                   std::chars_format::general, kPrecision);
    std::string text(buffer.data(), end.ptr);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

}  // namespace

std::string_view contentTypeOf(MetricsFormat format) {
    return format == MetricsFormat::OpenMetrics
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

MetricsFormat formatFor(std::string_view accept) {
    return accept.find("application/openmetrics-text") != std::string_view::npos
               ? MetricsFormat::OpenMetrics
               : MetricsFormat::Plain;
}

void MetricsPage::begin(std::string_view type, std::string_view suffix, const Family& family) {
    name_ = family.name;
    suffix_ = suffix;
    const bool open = format_ == MetricsFormat::OpenMetrics;
    // In the plain format a family has the name of its samples.
    const std::string name = open ? name_ : name_ + suffix_;
    line("# TYPE ", name, type);
    if (open && !family.unit.empty()) line("# UNIT ", name, family.unit);
    line("# HELP ", name, escaped(family.help, open));
}

void MetricsPage::line(std::string_view keyword, std::string_view name, std::string_view text) {
    text_.append(keyword).append(name).append(" ").append(text).append("\n");
}

void MetricsPage::sample(std::string_view suffix, Labels labels, std::string_view value) {
    text_.append(name_).append(suffix);
    char before = '{';
    for (const Label& label : labels) {
        text_ += std::exchange(before, ',');
        text_.append(label.name).append("=\"").append(escaped(label.value, true)).append("\"");
    }
    if (labels.size() > 0) text_ += '}';
    text_.append(" ").append(value).append("\n");
}

void MetricsPage::add(Labels labels, std::uint64_t value) {
    sample(suffix_, labels, std::to_string(value));
}

void MetricsPage::add(Labels labels, Duration value) {
    sample(suffix_, labels, seconds(value));
}

void MetricsPage::histogram(const Family& family, const DurationHistogram& of) {
    begin("histogram", "", family);
    std::uint64_t upTo = 0;
    for (std::size_t i = 0; i < DurationHistogram::kBounds.size(); ++i) {
        upTo += of.inBucket(i);
        const std::string le = bound(DurationHistogram::kBounds[i]);
        sample("_bucket", {{"le", le}}, std::to_string(upTo));
    }
    sample("_bucket", {{"le", "+Inf"}}, std::to_string(of.count()));
    sample("_sum", {}, seconds(of.sum()));
    sample("_count", {}, std::to_string(of.count()));
}

void MetricsPage::info(const Family& family, Labels labels) {
    // The plain format has no such type.
    begin(format_ == MetricsFormat::OpenMetrics ? "info" : "gauge", "_info", family);
    sample("_info", labels, "1");
}

std::string MetricsPage::finish() {
    if (format_ == MetricsFormat::OpenMetrics) text_ += "# EOF\n";
    return std::move(text_);
}

}  // namespace im::node
