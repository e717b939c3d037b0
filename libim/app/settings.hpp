// SPDX-License-Identifier: BSL-1.0
// Settings: what each option came to, by precedence: command line, environment, user's file,
// system's file, and the fallback that the caller states.  All values of an option come from one
// source: one -b on the command line replaces every `bind` line of a file.
// A value is looked at when it is asked for; one that does not do throws Error 64, or 78 when it
// stands in a file, and the message names the option (or variable, or file:line) and the value.
#pragma once

#include "libim/app/options.hpp"
#include "libim/app/values.hpp"
#include "libim/base/address.hpp"
#include "libim/base/time.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace im::app {

class Settings {
public:
    Settings() = default;
    /// `given` in any order of sources; within one source in the order given.
    explicit Settings(std::vector<Given> given);

    /// Everything that was given, as given.
    const std::vector<Given>& given() const { return given_; }

    /// The value that counts, for its source and for wrongValue(); nullptr when nobody gave one.
    const Given* find(int id) const;
    /// Every value of the source that counts, of a repeatable option.
    std::vector<const Given*> all(int id) const;

    bool flag(int id) const;       ///< given, and not `false`
    unsigned count(int id) const;  ///< how often a flag was given: -vv is 2

    std::string_view text(int id, std::string_view fallback = {}) const;
    Duration duration(int id, Duration fallback) const;
    /// A decimal number of `least` to `most`.
    std::uint64_t number(int id, std::uint64_t least, std::uint64_t most,
                         std::uint64_t fallback) const;
    std::uint16_t port(int id, std::uint16_t fallback) const;  ///< 0 allowed
    /// "CIDR,CIDR,..."
    std::vector<Cidr> cidrs(int id, std::string_view fallback) const;
    /// HOST[:PORT], IPv6 in brackets where a port follows; the port is 1 to 65535.
    HostPort server(int id, std::string_view fallback = "localhost") const;
    /// ADDR[:PORT], literals only; one per value given.
    std::vector<BindAddress> binds(int id) const;
    /// The index in `choices` of the value, "one of: both, classic" when it is none of them.
    std::size_t choice(int id, std::span<const std::string_view> choices,
                       std::size_t fallback) const;
    /// A comma list of choices, as a list of indices without repeats; `fallback` when not given.
    std::vector<std::size_t> choices(int id, std::span<const std::string_view> choices,
                                     std::vector<std::size_t> fallback) const;

private:
    std::vector<Given> given_;
};

}  // namespace im::app
