// SPDX-License-Identifier: BSL-1.0
// Error: the user's world fails (no such user, port taken).  Thrown, caught once in app::Tool,
// which prints it and ends with the kind's exit status.  A stranger's bytes are never an Error.
#pragma once

#include <stdexcept>
#include <string>

namespace im {

/// The numbers are the exit status, those of sysexits.h (commandline.md, "Exit status").
enum class ErrorKind {
    No = 1,
    Usage = 64,
    Data = 65,
    NoInput = 66,
    NoUser = 67,
    NoHost = 68,
    Unavailable = 69,
    Software = 70,
    OperatingSystem = 71,
    CannotCreate = 73,
    InputOutput = 74,
    Temporary = 75,
    Protocol = 76,
    NoPermission = 77,
    Configuration = 78,
};

class Error : public std::runtime_error {
public:
    /// `what` as on stderr after "imsend: ": lower case, no full stop, what and why
    /// ("alice: no such user").  `hint` is a second line where we can guess, or empty.
    Error(ErrorKind kind, const std::string& what, std::string hint = {})
        : std::runtime_error(what), kind_(kind), hint_(std::move(hint)) {}

    ErrorKind kind() const { return kind_; }
    const std::string& hint() const { return hint_; }

private:
    ErrorKind kind_;
    std::string hint_;
};

/// "WHAT: strerror(errnum)" as an Error; `errnum` is an errno.
[[nodiscard]] Error systemError(ErrorKind kind, const std::string& what, int errnum);

}  // namespace im
