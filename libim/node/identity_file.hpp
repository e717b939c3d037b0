// SPDX-License-Identifier: BSL-1.0
// IdentityFile: where the one long-term key lives, $XDG_DATA_HOME/im/identity (of an index:
// beside its state).  Plain text:
//
//     im identity 1
//     # Your key. Who has it is you. Keep a copy in a safe place; show it to nobody.
//     public ed25519:…      (what others pin, and `imlogin --key` prints)
//     seed …                (64 hexadecimal digits, RFC 8032's private key)
//
// `public` must be that of `seed`: so a damaged file is found out before anybody is told another
// key.  Lines with `#` and lines of other keys are not looked at.  Free of POCO.
#pragma once

#include "libim/noise/identity.hpp"
#include "libim/noise/random.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace im::node {

/// No core file, and no other process of the same user may look into the memory of this one
/// (prctl(2), PR_SET_DUMPABLE): for every program that holds an identity, before it reads it.
/// Not inherited over execve(2).
void forbidCoreDumps();

/// The file's text, read.  Throws Error(Configuration) "identity file PATH: …" when it is
/// damaged or of a newer version; what it says never shows what the file holds.
[[nodiscard]] noise::Identity parseIdentity(std::string_view text, const std::string& path);

/// A value.  Wipes what it has read; nothing of a seed stays behind but in the noise::Identity.
class IdentityFile {
public:
    explicit IdentityFile(std::string path) : path_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const { return path_; }

    /// Nothing when there is none.  Throws Error: 73 cannot be read, 77 (NoPermission) when group
    /// or others can read it, when it, its directory or a link to it is somebody else's, or when
    /// others can write its directory; 78 (Configuration) damaged or of a newer version.
    [[nodiscard]] std::optional<noise::Identity> read() const;

    struct Opened {
        noise::Identity identity;
        bool isNew;  ///< made just now, by us
    };
    /// read(); where there is none, makes one, mode 0600, on the disk before it returns, and its
    /// directory (0700).  Of several processes that do so at once one makes it and all have it.
    /// Throws as read(), and 73 when it cannot be made.
    [[nodiscard]] Opened readOrMake(noise::Random& random) const;

private:
    std::string path_;
};

/// How every program that needs an identity begins: libsodium is ready, core files are forbidden,
/// and then readOrMake() with the system's randomness.  Throws as that does.
[[nodiscard]] IdentityFile::Opened openIdentity(const std::string& path);

}  // namespace im::node
