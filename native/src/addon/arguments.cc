// Checked reading of JavaScript values.
#include "arguments.h"

#include <cmath>

#include "../io/socket_address.h"

namespace mailport::addon {

namespace {

// Longer than any address with the name of its scope.
constexpr size_t kMaxAddressBytes = 128;

// Undefined if the value cannot be read. What a getter or a proxy threw is taken back, because the caller is told EINVAL instead.
Napi::Value ValueOf(Napi::Env env, const Napi::Maybe<Napi::Value>& value) {
  if (value.IsJust()) return value.Unwrap();
  if (env.IsExceptionPending()) (void)env.GetAndClearPendingException();
  return env.Undefined();
}

template <typename T, typename Read>
bool ReadArray(const Napi::Value& value, size_t most, std::vector<T>* out, Read read) {
  if (!value.IsArray()) return false;
  const auto array = value.As<Napi::Array>();
  const uint32_t length = array.Length();
  if (length > most) return false;
  out->resize(length);
  for (uint32_t i = 0; i < length; i++) {
    if (!read(ValueOf(array.Env(), array.Get(i)), &(*out)[i])) return false;
  }
  return true;
}

}  // namespace

bool ReadNumber(const Napi::Value& value, uint32_t most, uint32_t* out) {
  double number = 0;
  if (napi_get_value_double(value.Env(), value, &number) != napi_ok) return false;
  if (!(number >= 0 && number <= most) || number != std::floor(number)) return false;
  *out = static_cast<uint32_t>(number);
  return true;
}

bool ReadBoolean(const Napi::Value& value, bool* out) { return napi_get_value_bool(value.Env(), value, out) == napi_ok; }

bool ReadText(const Napi::Value& value, size_t most, std::string* out) {
  if (!value.IsString()) return false;
  *out = value.As<Napi::String>().Utf8Value();
  return out->size() <= most && out->find('\0') == std::string::npos;
}

bool ReadLatin1(const Napi::Value& value, size_t most, std::string* out) {
  size_t length = 0;
  if (!value.IsString() || napi_get_value_string_latin1(value.Env(), value, nullptr, 0, &length) != napi_ok || length > most) return false;
  out->resize(length);
  return napi_get_value_string_latin1(value.Env(), value, out->data(), length + 1, &length) == napi_ok;
}

bool ReadBytes(napi_env env, napi_value value, sctp::Bytes* out) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok || type != napi_uint8_array) return false;
  *out = {static_cast<const uint8_t*>(data), length};
  return true;
}

bool ReadAddress(const Napi::Value& value, sctp::IpAddress* out) {
  std::string text;
  return ReadText(value, kMaxAddressBytes, &text) && io::ParseAddress(text.c_str(), out);
}

bool ReadAddresses(const Napi::Value& value, size_t most, std::vector<sctp::IpAddress>* out) {
  return ReadArray(value, most, out, ReadAddress);
}

bool ReadNumbers(const Napi::Value& value, size_t most, std::vector<uint32_t>* out) {
  return ReadArray(value, most, out, [](const Napi::Value& element, uint32_t* number) { return ReadNumber(element, number); });
}

Napi::Value Element(const Napi::Array& array, uint32_t index) { return ValueOf(array.Env(), array.Get(index)); }

Napi::Value Property(const Napi::Object& object, const char* name) { return ValueOf(object.Env(), object.Get(name)); }

}  // namespace mailport::addon
