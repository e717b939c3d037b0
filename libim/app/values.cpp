// SPDX-License-Identifier: BSL-1.0
#include "libim/app/values.hpp"

#include "libim/base/utf8.hpp"

#include <charconv>
#include <cstddef>

namespace im::app {

namespace {

/// HOST and what stood behind its colon, not looked at any further.
struct Split {
    std::string_view host;
    std::optional<std::string_view> port;
};

/// "[host]:port", "[host]", "host:port", "host"; a bare IPv6 literal is a host.
std::optional<Split> split(std::string_view text) {
    if (Address::parse(text)) return Split{text, {}};
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return {};
        const std::string_view host = text.substr(1, end - 1);
        const auto literal = Address::parse(host);
        if (!literal || host.find(':') == std::string_view::npos) return {};
        const std::string_view rest = text.substr(end + 1);
        if (rest.empty()) return Split{host, {}};
        if (rest.front() != ':') return {};
        return Split{host, rest.substr(1)};
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return Split{text, {}};
    return Split{text.substr(0, colon), text.substr(colon + 1)};
}

bool isHost(std::string_view text) {
    constexpr std::size_t kLongestName = 253;  // RFC 1035, 2.3.4, without the root's dot
    if (text.empty() || text.size() > kLongestName || text.front() == '-') return false;
    while (!text.empty()) {
        const CodePoint point = decodeUtf8(text);
        if (!point.valid || isControl(point.value) || isWhiteSpace(point.value) ||
            isBidiControl(point.value))
            return false;
        if (std::string_view("/@,;\\[]").find(text.front()) != std::string_view::npos) return false;
        text.remove_prefix(point.length);
    }
    return true;
}

}  // namespace

std::string HostPort::toString() const {
    const bool bare = host.find(':') == std::string::npos;
    return (bare ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::optional<HostPort> parseHostPort(std::string_view text, std::uint16_t defaultPort) {
    const auto parts = split(text);
    if (!parts || !isHost(parts->host)) return {};
    const auto port = parts->port ? parsePort(*parts->port) : defaultPort;
    if (!port || *port == 0) return {};
    return HostPort{std::string(parts->host), *port};
}

std::optional<BindAddress> parseBindAddress(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return {};
    const auto address = Address::parse(parts->host);
    if (!address) return {};
    if (!parts->port) return BindAddress{*address, {}};
    const auto port = parsePort(*parts->port);
    if (!port) return {};
    return BindAddress{*address, port};
}

std::optional<std::uint64_t> parseNumber(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

}  // namespace im::app
