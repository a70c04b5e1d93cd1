#include "results.h"

#include <string>

namespace mailport::addon {

Napi::Value NumbersValue(Napi::Env env, const std::vector<uint32_t>& numbers) {
  auto result = Napi::Array::New(env, numbers.size());
  for (uint32_t i = 0; i < numbers.size(); i++) (void)result.Set(i, Napi::Number::New(env, numbers[i]));
  return result;
}

Napi::Value NameValue(Napi::Env env, const io::SocketName& name) {
  const std::string text = io::AddressOf(name);
  napi_value address = nullptr;
  if (napi_create_string_latin1(env, text.data(), text.size(), &address) != napi_ok) return env.Undefined();
  auto result = Napi::Object::New(env);
  (void)result.Set("family", static_cast<uint32_t>(io::FamilyOf(name)));
  (void)result.Set("address", Napi::Value(env, address));
  (void)result.Set("port", io::PortOf(name));
  return result;
}

Napi::Value QueuedBytesValue(Napi::Env env, size_t in, size_t out) {
  auto result = Napi::Array::New(env, 2);
  (void)result.Set(0u, Napi::Number::New(env, static_cast<double>(in)));
  (void)result.Set(1u, Napi::Number::New(env, static_cast<double>(out)));
  return result;
}

Napi::Value CountersValue(Napi::Env env, const Counters& counters) {
  auto result = Napi::Object::New(env);
  for (const auto& [name, value] : counters) (void)result.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  return result;
}

}  // namespace mailport::addon
