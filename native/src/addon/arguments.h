// Reading arguments that JavaScript may have given any type: every function answers false rather than convert, throw or crash.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../sctp/types.h"

namespace mailport::addon {

// A whole number from 0 to `most`.
bool ReadNumber(const Napi::Value& value, uint32_t most, uint32_t* out);
template <typename T>
bool ReadNumber(const Napi::Value& value, T* out) {
  uint32_t number = 0;
  if (!ReadNumber(value, static_cast<T>(-1), &number)) return false;
  *out = static_cast<T>(number);
  return true;
}
bool ReadBoolean(const Napi::Value& value, bool* out);
// Text of at most `most` bytes. A NUL is refused, because the system would take it for the end of the text.
bool ReadText(const Napi::Value& value, size_t most, std::string* out);
// A numeric IPv4 or IPv6 address.
bool ReadAddress(const Napi::Value& value, sctp::IpAddress* out);
// Text whose characters are one byte each, at most `most`.
bool ReadLatin1(const Napi::Value& value, size_t most, std::string* out);
// The bytes of a Uint8Array, which stay JavaScript's.
bool ReadBytes(napi_env env, napi_value value, sctp::Bytes* out);
// An array of such, of at most `most` elements.
bool ReadAddresses(const Napi::Value& value, size_t most, std::vector<sctp::IpAddress>* out);
// An array of whole numbers of 32 bits, of at most `most` elements.
bool ReadNumbers(const Napi::Value& value, size_t most, std::vector<uint32_t>* out);

// Element `index` of `array`; undefined if there is none or if reading it throws.
Napi::Value Element(const Napi::Array& array, uint32_t index);

// Property `name` of `object`; undefined if there is none or if reading it throws.
Napi::Value Property(const Napi::Object& object, const char* name);

}  // namespace mailport::addon
