// SPDX-License-Identifier: BSL-1.0
#include "tools/imsend/sealed_words.hpp"

#include "libim/base/error.hpp"

namespace im::imsend {

using Result = talk::SendResult;

namespace {

ErrorKind kindOf(Result result) {
    switch (result) {
        case Result::Unknown:
            return ErrorKind::NoUser;
        case Result::Refused:
        case Result::KeyChanged:
            return ErrorKind::NoPermission;
        case Result::Limit:
            return ErrorKind::Data;
        case Result::Timeout:
            return ErrorKind::Temporary;
        case Result::Delivered:
        case Result::Offline:
        case Result::Classic:
        case Result::NoIndex:
            break;
    }
    return ErrorKind::Unavailable;
}

}  // namespace

int statusOf(Result result) {
    return result == Result::Delivered ? 0 : static_cast<int>(kindOf(result));
}

app::Outcome outcomeOf(Result result) {
    switch (result) {
        case Result::Delivered:
            return app::Outcome::Delivered;
        case Result::Offline:
            return app::Outcome::Offline;
        case Result::Unknown:
            return app::Outcome::Unknown;
        case Result::NoIndex:
        case Result::Timeout:
            return app::Outcome::Timeout;
        case Result::Classic:
        case Result::Refused:
        case Result::KeyChanged:
        case Result::Limit:
            break;
    }
    return app::Outcome::Refused;
}

std::string whyOf(Result result, const std::string& index) {
    switch (result) {
        case Result::Delivered:
            break;
        case Result::Offline:
            return "offline";
        case Result::Classic:
            return "has only classic, in which nothing is encrypted";
        case Result::Unknown:
            return "no such user";
        case Result::NoIndex:
            return "not known here, and the index at " + index + " does not answer";
        case Result::Refused:
            return "refused: another key is known there for your name";
        case Result::KeyChanged:
            return "the key is not the one that is known: nothing was sent";
        case Result::Limit:
            return "refused: longer than what is taken from you there";
        case Result::Timeout:
            return "sent, and no receipt in time";
    }
    return {};
}

std::string hintOf(Result result, const std::string& user) {
    if (result == Result::Offline) return "-Q keeps it until " + user + " is there";
    if (result == Result::Classic) return "--allow-classic writes to " + user + " all the same";
    if (result == Result::KeyChanged)
        return "somebody may be in between; when you have asked " + user +
               " by another way: imlogin --trust " + user;
    if (result == Result::Timeout) return "to send it again is safe, but it may be shown twice";
    return {};
}

}  // namespace im::imsend
