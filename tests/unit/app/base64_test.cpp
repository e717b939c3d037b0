// SPDX-License-Identifier: BSL-1.0
#include "libim/app/base64.hpp"

#include "tests/support/catch.hpp"

using namespace im::app;

TEST_CASE("base64 is that of RFC 4648, section 10") {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        CHECK(toBase64(plain) == coded);
        CHECK(fromBase64(coded) == std::string(plain));
    }
}

TEST_CASE("base64 gives back every byte") {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    for (std::size_t length = 250; length <= 256; ++length)
        CHECK(fromBase64(toBase64(all.substr(0, length))) == all.substr(0, length));
    CHECK(toBase64("\xFB\xFF") == "+/8=");
}

TEST_CASE("base64 that is not canonical is refused") {
    for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "=",
                            "Z===", "A===", "Zm 9v", "Zm9v\n", "Zm9-", "Zm_v", "Z=g=", "Zg==Zg=="})
        CHECK_FALSE(fromBase64(bad).has_value());
}
