// Options, names and numbers.
#include <cerrno>
#include <vector>

#include "../arguments.h"
#include "binding.h"

namespace mailport::addon {

namespace {

constexpr size_t kMaxOptionWords = 32;
constexpr size_t kMaxRawBytes = 64 * 1024;

Napi::Value ToObject(Napi::Env env, const io::SocketName& name) {
  const std::string text = io::AddressOf(name);
  napi_value address = nullptr;
  if (napi_create_string_latin1(env, text.data(), text.size(), &address) != napi_ok) return env.Undefined();
  auto result = Napi::Object::New(env);
  (void)result.Set("family", static_cast<uint32_t>(io::FamilyOf(name)));
  (void)result.Set("address", Napi::Value(env, address));
  (void)result.Set("port", io::PortOf(name));
  return result;
}

}  // namespace

Napi::Value TcpBinding::SetOption(const Info& info) {
  uint32_t socket = 0;
  uint32_t option = 0;
  std::vector<uint32_t> values;
  if (!ReadNumbers(info, {&socket, &option}) || !addon::ReadNumbers(info[2], kMaxOptionWords, &values)) return Failure(info, EINVAL);
  return Failure(info, stack_->SetOption(socket, static_cast<io::InetOption>(option), values));
}

Napi::Value TcpBinding::GetOption(const Info& info) {
  uint32_t socket = 0;
  uint32_t option = 0;
  if (!ReadNumbers(info, {&socket, &option})) return Failure(info, EINVAL);
  std::vector<uint32_t> values;
  const int error = stack_->GetOption(socket, static_cast<io::InetOption>(option), &values);
  if (error != 0) return Failure(info, error);
  auto result = Napi::Array::New(info.Env(), values.size());
  for (uint32_t i = 0; i < values.size(); i++) (void)result.Set(i, Napi::Number::New(info.Env(), values[i]));
  return result;
}

Napi::Value TcpBinding::SetRawOption(const Info& info) {
  uint32_t socket = 0;
  uint32_t level = 0;
  uint32_t option = 0;
  sctp::Bytes value;
  if (!ReadNumbers(info, {&socket, &level, &option}) || !ReadBytes(info.Env(), info[3], &value)) return Failure(info, EINVAL);
  return Failure(info, stack_->SetRawOption(socket, static_cast<int>(level), static_cast<int>(option), value));
}

Napi::Value TcpBinding::GetRawOption(const Info& info) {
  uint32_t socket = 0;
  uint32_t level = 0;
  uint32_t option = 0;
  uint32_t bytes = 0;
  if (!ReadNumbers(info, {&socket, &level, &option, &bytes}) || bytes > kMaxRawBytes) return Failure(info, EINVAL);
  std::vector<uint8_t> value(bytes);
  const int error = stack_->GetRawOption(socket, static_cast<int>(level), static_cast<int>(option), &value);
  if (error != 0) return Failure(info, error);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), value.data(), value.size());
}

Napi::Value TcpBinding::SockName(const Info& info) {
  uint32_t socket = 0;
  io::SocketName name;
  if (!ReadNumbers(info, {&socket})) return Failure(info, EINVAL);
  const int error = stack_->SockName(socket, &name);
  return error == 0 ? ToObject(info.Env(), name) : Failure(info, error);
}

Napi::Value TcpBinding::PeerName(const Info& info) {
  uint32_t socket = 0;
  io::SocketName name;
  if (!ReadNumbers(info, {&socket})) return Failure(info, EINVAL);
  const int error = stack_->PeerName(socket, &name);
  return error == 0 ? ToObject(info.Env(), name) : Failure(info, error);
}

Napi::Value TcpBinding::QueuedBytes(const Info& info) {
  uint32_t socket = 0;
  size_t in = 0;
  size_t out = 0;
  if (ReadNumbers(info, {&socket})) stack_->QueuedBytes(socket, &in, &out);
  auto result = Napi::Array::New(info.Env(), 2);
  (void)result.Set(0u, Napi::Number::New(info.Env(), static_cast<double>(in)));
  (void)result.Set(1u, Napi::Number::New(info.Env(), static_cast<double>(out)));
  return result;
}

Napi::Value TcpBinding::Stats(const Info& info) {
  auto result = Napi::Object::New(info.Env());
  if (stack_->ended()) return result;
  for (const auto& [name, value] : stack_->Stats()) (void)result.Set(name, Napi::Number::New(info.Env(), static_cast<double>(value)));
  return result;
}

}  // namespace mailport::addon
