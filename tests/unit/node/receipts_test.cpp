// SPDX-License-Identifier: BSL-1.0
#include "libim/node/receipts.hpp"

#include "tests/support/catch.hpp"

using im::node::AckWhen;
using im::node::Receipts;
using im::talk::Shown;

TEST_CASE("A message may be acknowledged when the last byte of its record is written") {
    Receipts receipts(AckWhen::Write);
    CHECK(receipts.show(10) == Shown::Later);
    CHECK(receipts.show(30) == Shown::Later);
    CHECK(receipts.written(9) == 0);
    CHECK_FALSE(receipts.isSettled());
    CHECK(receipts.written(10) == 1);
    CHECK(receipts.written(29) == 0);
    CHECK(receipts.written(30) == 1);
    CHECK(receipts.isSettled());
}

TEST_CASE("With --ack=exec it is the end of the message's own command that counts") {
    Receipts receipts(AckWhen::Exec);
    receipts.run(false);  // a login
    CHECK(receipts.isSettled());
    CHECK(receipts.show(10) == Shown::Later);
    receipts.run(true);
    CHECK(receipts.written(10) == 0);
    CHECK_FALSE(receipts.ended());
    CHECK_FALSE(receipts.isSettled());
    CHECK(receipts.ended());
    CHECK(receipts.isSettled());
}

TEST_CASE("With --ack=write a command that ends is nobody's receipt") {
    Receipts receipts(AckWhen::Write);
    CHECK(receipts.show(10) == Shown::Later);
    receipts.run(true);
    CHECK_FALSE(receipts.ended());
    CHECK(receipts.written(10) == 1);
}

TEST_CASE("With --ack=never nothing waits, and nothing has a receipt") {
    Receipts receipts(AckWhen::Never);
    CHECK(receipts.show(10) == Shown::Unseen);
    receipts.run(true);
    CHECK_FALSE(receipts.ended());
    CHECK(receipts.written(10) == 0);
    CHECK(receipts.isSettled());
}
