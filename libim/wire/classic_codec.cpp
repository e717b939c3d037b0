// SPDX-License-Identifier: BSL-1.0
#include "libim/wire/classic_codec.hpp"

#include "libim/wire/classic_endpoint.hpp"
#include "libim/wire/fields.hpp"
#include "libim/wire/utf16.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <variant>

namespace im::wire {

namespace {

using Decoded = Expected<Message, DecodeError>;
using Refused = Unexpected<DecodeError>;

constexpr std::string_view kBom{"\xEF\xBB\xBF"};
constexpr std::size_t kUnitBytes = 2;

template <typename LoginOrLogout>
Decoded decodePresence(Fields fields) {
    const auto name = fields.next();
    const auto where = fields.next();
    if (!where) return Refused(DecodeError::MissingFields);
    const std::string_view user = withoutBlanks(*name);
    if (user.empty()) return Refused(DecodeError::EmptyName);
    const auto endpoint = parseClassicEndpoint(*where);
    if (!endpoint) return Refused(DecodeError::BadEndpoint);
    return Message(LoginOrLogout{std::string(user), *endpoint});
}

Decoded decodeAccept(Fields fields) {
    const auto number = fields.next();
    if (!number) return Refused(DecodeError::MissingFields);
    const auto port = parseClassicPort(*number);
    if (!port || *port == 0) return Refused(DecodeError::BadPort);
    return Message(Accept{*port});
}

Decoded decodeTalk(Fields fields) {
    const auto time = fields.next();
    const auto sender = fields.next();
    const auto text = fields.rest();
    if (!text) return Refused(DecodeError::MissingFields);
    const std::string_view user = withoutBlanks(*sender);
    return Message(Talk{std::string(*time), std::string(user), std::string(*text)});
}

Decoded decodeReject(Fields fields) {
    const auto code = fields.next();
    const auto text = fields.rest();
    if (!text) return Refused(DecodeError::MissingFields);
    return Message(Reject{std::string(withoutBlanks(*code)), std::string(*text)});
}

struct Verb {
    std::string_view name;  // in lower case
    Decoded (*decode)(Fields);
};

constexpr std::array<Verb, 6> kVerbs{{
    {"talk", decodeTalk},
    {"login", decodePresence<Login>},
    {"logout", decodePresence<Logout>},
    {"lohout", decodePresence<Logout>},  // so in the least modified copy of the .NET client
    {"accept", decodeAccept},
    {"reject", decodeReject},
}};

/// ASCII only: a verb has no other letters, and the user's locale must not matter.
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isVerb(std::string_view field, std::string_view verb) {
    return std::equal(field.begin(), field.end(), verb.begin(), verb.end(),
                      [](char a, char b) { return lower(a) == b; });
}

std::string joined(std::initializer_list<std::string_view> fields) {
    std::string text;
    text.reserve(128);
    for (const std::string_view field : fields) {
        if (!text.empty()) text.push_back(',');
        text += field;
    }
    return text;
}

[[maybe_unused]] bool isOneField(std::string_view text) {
    return text.find(',') == std::string_view::npos;
}

std::string line(const Login& login) {
    assert(isOneField(login.name));
    return joined({"login", login.name, login.endpoint.toString()});
}

std::string line(const Accept& accept) {
    return joined({"Accept", std::to_string(accept.tcpPort)});
}

std::string line(const Logout& logout) {
    assert(isOneField(logout.name));
    return joined({"logout", logout.name, logout.endpoint.toString()});
}

std::string line(const Talk& talk) {
    assert(isOneField(talk.time) && isOneField(talk.sender));
    return joined({"talk", talk.time, talk.sender, talk.text});
}

std::string line(const Reject& reject) {
    assert(isOneField(reject.code));
    return joined({"reject", reject.code, reject.text});
}

}  // namespace

std::string_view toString(DecodeError why) {
    switch (why) {
        case DecodeError::Empty:
            return "empty";
        case DecodeError::UnknownVerb:
            return "unknown verb";
        case DecodeError::MissingFields:
            return "missing fields";
        case DecodeError::BadEndpoint:
            return "bad endpoint";
        case DecodeError::BadPort:
            return "bad port";
        case DecodeError::EmptyName:
            return "empty name";
    }
    return "unknown";
}

Expected<Message, DecodeError> decodeClassic(BytesView datagram) {
    if (datagram.size() < kUnitBytes) return Refused(DecodeError::Empty);
    const std::string decoded = utf8FromUtf16le(datagram);
    std::string_view text = decoded;
    if (text.substr(0, kBom.size()) == kBom) text.remove_prefix(kBom.size());

    Fields fields(text);
    const std::string_view verb = withoutBlanks(*fields.next());
    for (const Verb& known : kVerbs)
        if (isVerb(verb, known.name)) return known.decode(fields);
    return Refused(DecodeError::UnknownVerb);
}

Bytes encodeClassic(const Message& message) {
    const std::string text = std::visit([](const auto& one) { return line(one); }, message);
    Bytes datagram;
    appendUtf16le(datagram, text);
    return datagram;
}

}  // namespace im::wire
