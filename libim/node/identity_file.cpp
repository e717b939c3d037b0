// SPDX-License-Identifier: BSL-1.0
#include "libim/node/identity_file.hpp"

#include "libim/base/error.hpp"
#include "libim/node/private_files.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <span>
#include <utility>

namespace im::node {

namespace {

constexpr std::string_view kWhat = "identity file";
constexpr std::string_view kMagic = "im identity ";
/// Room for a few comments.
constexpr std::size_t kMaxBytes = 4096;
constexpr std::size_t kSeedBytes = 32;

Error wrong(const std::string& path, const std::string& why) {
    return Error(ErrorKind::Configuration, std::string(kWhat) + " " + path + ": " + why,
                 "put your copy of it back; without one, move it away, and who knows you will "
                 "be warned that your key has changed");
}

/// Text on its way between file and key: wiped when it goes.
class SecretText {
public:
    SecretText() = default;
    SecretText(const SecretText&) = delete;
    SecretText& operator=(const SecretText&) = delete;
    ~SecretText() { noise::wipe(std::as_writable_bytes(std::span(text_))); }

    std::span<char> room() { return text_; }
    void setSize(std::size_t size) { size_ = size; }
    [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

    void append(std::string_view piece) {
        for (const char c : piece) text_.at(size_++) = c;
    }
    void appendHex(std::span<const std::byte> bytes) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        for (const std::byte byte : bytes) {
            text_.at(size_++) = kDigits[std::to_integer<std::size_t>(byte) >> 4U];
            text_.at(size_++) = kDigits[std::to_integer<std::size_t>(byte) & 15U];
        }
    }

private:
    std::array<char, kMaxBytes> text_{};
    std::size_t size_ = 0;
};

int digitOf(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/// Not wire::parseHexKey(): its bytes would stay where they were.
bool parseSeed(std::string_view digits, noise::Secret& seed) {
    if (digits.size() != 2 * kSeedBytes) return false;
    for (std::size_t i = 0; i < kSeedBytes; ++i) {
        const int high = digitOf(digits[2 * i]);
        const int low = digitOf(digits[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        seed.writable()[i] = static_cast<std::byte>(high * 16 + low);
    }
    return true;
}

std::string_view takeLine(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

void print(const noise::Identity& identity, SecretText& text) {
    text.append(kMagic);
    text.append("1\n# Your key. Who has it is you. ");
    text.append("Keep a copy in a safe place; show it to nobody.\npublic ");
    text.append(noise::fingerprint(identity.publicKey()));
    text.append("\nseed ");
    text.appendHex(identity.seed().view());
    text.append("\n");
}

/// False when somebody else was faster.
bool make(const std::string& path, const noise::Identity& identity) {
    SecretText text;
    print(identity, text);
    NewFile file(path);
    file.write(text.view());
    file.sync();
    if (!file.claim()) return false;
    syncDirectory(directoryOf(path));
    return true;
}

}  // namespace

void forbidCoreDumps() {
    const struct rlimit none {};
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || ::setrlimit(RLIMIT_CORE, &none) < 0)
        throw systemError(ErrorKind::OperatingSystem, "cannot forbid core files", errno);
}

noise::Identity parseIdentity(std::string_view text, const std::string& path) {
    const std::string_view magic = takeLine(text);
    if (!magic.starts_with(kMagic)) throw wrong(path, "no identity file");
    if (magic.substr(kMagic.size()) != "1")
        throw Error(ErrorKind::Configuration,
                    std::string(kWhat) + " " + path + ": of a newer version than this program");
    std::optional<noise::IdentityKey> expected;
    std::optional<noise::Secret> seed;
    while (!text.empty()) {
        const std::string_view line = takeLine(text);
        if (line.starts_with("public ")) expected = noise::parseFingerprint(line.substr(7));
        if (line.starts_with("seed ") && !parseSeed(line.substr(5), seed.emplace())) seed.reset();
    }
    if (!seed || !expected) throw wrong(path, "damaged: a key is missing or cut short");
    noise::Identity identity(std::move(*seed));
    if (identity.publicKey() != *expected) throw wrong(path, "damaged: its keys are not a pair");
    return identity;
}

std::optional<noise::Identity> IdentityFile::read() const {
    checkDirectory(directoryOf(path_), "directory");
    const auto file = openPrivate(path_, kWhat, Privacy::Secret);
    if (!file) return {};
    SecretText text;
    text.setSize(readAt(file->get(), 0, text.room(), path_));
    if (text.view().size() == kMaxBytes) throw wrong(path_, "too long");
    return parseIdentity(text.view(), path_);
}

IdentityFile::Opened IdentityFile::readOrMake(noise::Random& random) const {
    if (auto there = read()) return {std::move(*there), false};
    makePrivateDirectory(directoryOf(path_));
    checkDirectory(directoryOf(path_), "directory");
    auto identity = noise::Identity::generate(random);
    if (make(path_, identity)) return {std::move(identity), true};
    auto theirs = read();
    if (!theirs) throw systemError(ErrorKind::CannotCreate, path_, ENOENT);
    return {std::move(*theirs), false};
}

IdentityFile::Opened openIdentity(const std::string& path) {
    noise::initialise();
    forbidCoreDumps();
    noise::SystemRandom random;
    return IdentityFile(path).readOrMake(random);
}

}  // namespace im::node
