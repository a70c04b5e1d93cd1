// What calls answer with: values of JavaScript.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../io/socket_name.h"
#include "counters.h"

namespace mailport::addon {

// An array of numbers: the words of an option.
Napi::Value NumbersValue(Napi::Env env, const std::vector<uint32_t>& numbers);
// InetName of native/contract/inet.ts.
Napi::Value NameValue(Napi::Env env, const io::SocketName& name);
// [in, out]
Napi::Value QueuedBytesValue(Napi::Env env, size_t in, size_t out);
// An object of numbers.
Napi::Value CountersValue(Napi::Env env, const Counters& counters);

}  // namespace mailport::addon
