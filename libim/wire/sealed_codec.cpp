// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/sealed_codec.hpp"

#include "libim/base/name.hpp"
#include "libim/base/utf8.hpp"
#include "libim/wire/fields.hpp"
#include "libim/wire/hex.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <concepts>
#include <limits>
#include <optional>

namespace im::wire {

namespace {

using Decoded = Expected<SealedMessage, GrammarError>;

/// Takes the fields of one message and remembers the first thing that was wrong with them.
class Reader {
public:
    explicit Reader(Fields fields) : fields_(fields) {}

    std::string_view field() {
        const auto taken = fields_.next();
        if (!taken) fail(GrammarError::MissingFields);
        return taken.value_or(std::string_view());
    }

    /// The last field: all that is left.
    std::string_view rest() {
        const auto taken = fields_.rest();
        if (!taken) fail(GrammarError::MissingFields);
        fields_ = Fields({});
        ended_ = true;
        return taken.value_or(std::string_view());
    }

    std::string name() {
        const std::string_view text = field();
        if (!why_ && !Name::parse(text)) fail(GrammarError::BadName);
        return std::string(text);
    }

    std::vector<std::string> names() {
        std::vector<std::string> list{name()};
        while (!why_ && fields_.rest()) list.push_back(name());
        return list;
    }

    Endpoint endpoint() { return valueOf(Endpoint::parse(field())); }
    std::uint32_t hex32() { return valueOf(parseHex32(field())); }

    SessionIndex index() {
        const SessionIndex taken = hex32();
        if (taken == 0) fail(GrammarError::BadField);
        return taken;
    }

    template <std::unsigned_integral T>
    T number() {
        const std::string_view text = field();
        T value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool canonical = text.size() == 1 || (!text.empty() && text.front() != '0');
        if (error != std::errc() || end != text.data() + text.size() || !canonical)
            fail(GrammarError::BadField);
        return value;
    }

    std::array<std::byte, 32> key() { return valueOf(parseHexKey(field())); }

    UserFlags flags() {
        UserFlags flags;
        std::string_view left = field();
        while (!left.empty()) {
            const std::size_t blank = left.find(' ');
            const std::string_view word = left.substr(0, blank);
            if (word == "classic") flags.classic = true;
            if (word == "nat") flags.nat = true;
            if (word == "relay") flags.relayOnly = true;
            left.remove_prefix(blank == std::string_view::npos ? left.size() : blank + 1);
        }
        return flags;
    }

    bool more() const { return fields_.rest().has_value(); }

    Decoded finish(SealedMessage message) {
        if (!ended_ && more()) fail(GrammarError::BadField);
        if (why_) return Unexpected(*why_);
        return message;
    }

private:
    template <typename T>
    T valueOf(const std::optional<T>& value) {
        if (!value) fail(GrammarError::BadField);
        return value.value_or(T{});
    }

    void fail(GrammarError why) {
        if (!why_) why_ = why;
    }

    Fields fields_;
    bool ended_ = false;
    std::optional<GrammarError> why_;
};

// Braced initialisers are evaluated from left to right, so the fields are taken in order.

SealedMessage readLogin(Reader& r) {
    SealedLogin login{r.name(), r.endpoint(), {}};
    if (r.more()) login.flags = r.flags();
    return login;
}
SealedMessage readAccept(Reader& r) {
    return SealedAccept{r.number<std::uint16_t>(), r.number<std::uint32_t>(), r.endpoint(),
                        r.number<std::uint64_t>(), r.number<std::uint32_t>()};
}
SealedMessage readLogout(Reader& r) {
    return Logout{r.name(), r.endpoint()};
}
SealedMessage readTalk(Reader& r) {
    return Talk{std::string(r.field()), r.name(), std::string(r.rest())};
}
SealedMessage readReject(Reader& r) {
    return Reject{std::string(r.field()), std::string(r.rest())};
}
SealedMessage readLookup(Reader& r) {
    return Lookup{r.hex32(), r.name()};
}
SealedMessage readPeer(Reader& r) {
    return Peer{r.hex32(), r.name(), r.flags(), r.endpoint(), r.endpoint(), r.hex32()};
}
SealedMessage readNone(Reader& r) {
    return NoPeer{r.hex32(), r.name(), std::string(r.rest())};
}
SealedMessage readOwner(Reader& r) {
    return NameOwner{r.hex32(), r.name(), r.key()};
}
SealedMessage readCall(Reader& r) {
    return Call{r.name(), r.index()};
}
SealedMessage readMeet(Reader& r) {
    return Meet{r.name(), r.key(), r.endpoint(), r.index()};
}
SealedMessage readWatch(Reader& r) {
    return Watch{r.names()};
}
SealedMessage readUnwatch(Reader& r) {
    return Unwatch{r.names()};
}
SealedMessage readDelta(Reader& r) {
    return Delta{r.number<std::uint64_t>(), r.number<std::uint64_t>()};
}
SealedMessage readSync(Reader& r) {
    return Sync{r.number<std::uint64_t>()};
}
SealedMessage readResync(Reader&) {
    return Resync{};
}
SealedMessage readRoster(Reader& r) {
    return RosterRequest{r.number<std::uint64_t>(), std::string(r.rest())};
}
SealedMessage readEnd(Reader& r) {
    return RosterEnd{r.number<std::uint64_t>()};
}

struct Verb {
    std::string_view name;
    SealedMessage (*read)(Reader&);
};

constexpr std::array<Verb, std::variant_size_v<SealedMessage>> kVerbs{{
    {"talk", readTalk},
    {"login", readLogin},
    {"logout", readLogout},
    {"Accept", readAccept},
    {"reject", readReject},
    {"lookup", readLookup},
    {"peer", readPeer},
    {"none", readNone},
    {"delta", readDelta},
    {"sync", readSync},
    {"resync", readResync},
    {"roster", readRoster},
    {"end", readEnd},
    {"owner", readOwner},
    {"call", readCall},
    {"meet", readMeet},
    {"watch", readWatch},
    {"unwatch", readUnwatch},
}};

/// Writes `verb`, and each field behind a comma.
class Writer {
public:
    explicit Writer(std::string_view verb) : text_(verb) {}

    Writer& last(std::string_view text) {
        text_.push_back(',');
        text_ += text;
        return *this;
    }
    Writer& field(std::string_view text) {
        assert(text.find(',') == std::string_view::npos);
        return last(text);
    }
    Writer& name(std::string_view text) {
        assert(Name::parse(text));
        return last(text);
    }
    Writer& names(const std::vector<std::string>& list) {
        assert(!list.empty());
        for (const std::string& one : list) name(one);
        return *this;
    }
    Writer& endpoint(const Endpoint& where) { return last(where.toString()); }
    Writer& number(std::uint64_t value) { return last(std::to_string(value)); }
    Writer& hex32(std::uint32_t value) { return last(toHex32(value)); }
    Writer& flags(const UserFlags& flags) { return last(wordsOf(flags)); }
    Writer& key(const std::array<std::byte, 32>& value) { return last(toHex(value)); }

    std::string done() { return std::move(text_); }

    static std::string wordsOf(const UserFlags& flags) {
        std::string words;
        const auto add = [&words](bool is, std::string_view word) {
            if (!is) return;
            if (!words.empty()) words.push_back(' ');
            words += word;
        };
        add(flags.classic, "classic");
        add(flags.nat, "nat");
        add(flags.relayOnly, "relay");
        return words;
    }

private:
    std::string text_;
};

std::string text(const SealedLogin& m) {
    Writer line("login");
    line.name(m.name).endpoint(m.endpoint);
    if (m.flags != UserFlags()) line.flags(m.flags);
    return line.done();
}
std::string text(const SealedAccept& m) {
    return Writer("Accept")
        .number(m.tcpPort)
        .number(m.leaseSeconds)
        .endpoint(m.observed)
        .number(m.rosterVersion)
        .number(m.usersOnline)
        .done();
}
std::string text(const Logout& m) {
    return Writer("logout").name(m.name).endpoint(m.endpoint).done();
}
std::string text(const Talk& m) {
    return Writer("talk").field(m.time).name(m.sender).last(m.text).done();
}
std::string text(const Reject& m) {
    return Writer("reject").field(m.code).last(m.text).done();
}
std::string text(const Lookup& m) {
    return Writer("lookup").hex32(m.id).name(m.name).done();
}
std::string text(const Peer& m) {
    return Writer("peer")
        .hex32(m.id)
        .name(m.name)
        .flags(m.flags)
        .endpoint(m.observed)
        .endpoint(m.local)
        .hex32(m.handle)
        .done();
}
std::string text(const NoPeer& m) {
    return Writer("none").hex32(m.id).name(m.name).last(m.reason).done();
}
std::string text(const NameOwner& m) {
    return Writer("owner").hex32(m.id).name(m.name).key(m.identity).done();
}
std::string text(const Call& m) {
    return Writer("call").name(m.name).hex32(m.index).done();
}
std::string text(const Meet& m) {
    return Writer("meet").name(m.name).key(m.identity).endpoint(m.endpoint).hex32(m.index).done();
}
std::string text(const Watch& m) {
    return Writer("watch").names(m.names).done();
}
std::string text(const Unwatch& m) {
    return Writer("unwatch").names(m.names).done();
}
std::string text(const Delta& m) {
    return Writer("delta").number(m.from).number(m.to).done();
}
std::string text(const Sync& m) {
    return Writer("sync").number(m.have).done();
}
std::string text(const Resync&) {
    return "resync";
}
std::string text(const RosterRequest& m) {
    return Writer("roster").number(m.since).last(m.cursor).done();
}
std::string text(const RosterEnd& m) {
    return Writer("end").number(m.version).done();
}

}  // namespace

std::string_view toString(GrammarError why) {
    switch (why) {
        case GrammarError::NotUtf8:
            return "not UTF-8";
        case GrammarError::UnknownVerb:
            return "unknown verb";
        case GrammarError::MissingFields:
            return "missing fields";
        case GrammarError::BadField:
            return "bad field";
        case GrammarError::BadName:
            return "bad name";
    }
    return "unknown";
}

Expected<SealedMessage, GrammarError> decodeSealed(std::string_view message) {
    if (!isValidUtf8(message)) return Unexpected(GrammarError::NotUtf8);
    Fields fields(message);
    const std::string_view verb = *fields.next();
    for (const Verb& known : kVerbs) {
        if (verb != known.name) continue;
        Reader reader(fields);
        return reader.finish(known.read(reader));
    }
    return Unexpected(GrammarError::UnknownVerb);
}

std::string encodeSealed(const SealedMessage& message) {
    return std::visit([](const auto& one) { return text(one); }, message);
}

}  // namespace im::wire
