// SPDX-License-Identifier: BSL-1.0
// Expected<T, E>: a value or the reason why there is none, for a stranger's bytes.
// The names are those of C++23's std::expected, so that replacing this later is a deletion.
#pragma once

#include <utility>
#include <variant>

namespace im {

template <typename E>
class Unexpected {
public:
    explicit Unexpected(E error) : error_(std::move(error)) {}
    const E& error() const { return error_; }

private:
    E error_;
};

template <typename T, typename E>
class [[nodiscard]] Expected {
public:
    // Implicit on purpose, as in the standard: `return value;` and `return Unexpected(reason);`.
    Expected(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    Expected(Unexpected<E> why) : held_(std::in_place_index<1>, why.error()) {}

    bool has_value() const { return held_.index() == 0; }  // NOLINT: the standard's name
    explicit operator bool() const { return has_value(); }

    /// REQUIRES: has_value().  Of a temporary it is the value itself and no reference into it, so
    /// that `for (x : *parse(bytes))` is safe (the standard's would dangle there until C++23).
    T& operator*() & { return *std::get_if<0>(&held_); }
    const T& operator*() const& { return *std::get_if<0>(&held_); }
    T operator*() && { return std::move(*std::get_if<0>(&held_)); }
    T* operator->() { return std::get_if<0>(&held_); }
    const T* operator->() const { return std::get_if<0>(&held_); }

    /// REQUIRES: !has_value().
    const E& error() const { return *std::get_if<1>(&held_); }

private:
    std::variant<T, E> held_;
};

}  // namespace im
