// The object's methods but for the three of binding_hot.cc: arguments in, call of the stack, result out. Nothing here waits or calls JavaScript.
#include "binding.h"

#include "../arguments.h"

namespace mailport::addon {

namespace {

constexpr size_t kMaxNamespaceBytes = 4095;  // PATH_MAX less its end.
constexpr size_t kMaxAddressBytes = 128;     // Longer than any address with the name of its scope, or any path of a local socket.
constexpr size_t kMaxOptionWords = 16;
constexpr size_t kMaxRawBytes = 64 * 1024;

bool ReadFamily(const Napi::Value& value, io::InetFamily* out) {
  uint32_t family = 0;
  if (!ReadNumber(value, &family)) return false;
  *out = static_cast<io::InetFamily>(family);
  return *out == io::InetFamily::kLocal || *out == io::InetFamily::kIpv4 || *out == io::InetFamily::kIpv6;
}

bool ReadParams(const Napi::Object& object, io::InetParams* out) {
  if (!ReadFamily(Property(object, "family"), &out->family)) return false;
  const Napi::Value name = Property(object, "netns");
  if (!name.IsUndefined() && !ReadText(name, kMaxNamespaceBytes, &out->network_namespace)) return false;
  const Napi::Value adopted = Property(object, "fd");
  uint32_t fd = 0;
  if (adopted.IsUndefined()) return true;
  if (!ReadNumber(adopted, INT32_MAX, &fd)) return false;
  out->adopted = static_cast<int>(fd);
  return true;
}

bool ReadAddressAndPort(const Napi::Value& address, const Napi::Value& port, std::string* out_address, uint16_t* out_port) {
  return ReadLatin1(address, kMaxAddressBytes, out_address) && ReadNumber(port, out_port);
}

Napi::Value NameValue(Napi::Env env, const io::SocketName& name) {
  auto result = Napi::Object::New(env);
  const std::string address = io::AddressOf(name);
  napi_value text = nullptr;
  if (napi_create_string_latin1(env, address.data(), address.size(), &text) != napi_ok) return env.Undefined();
  (void)result.Set("family", static_cast<uint32_t>(io::FamilyOf(name)));
  (void)result.Set("address", text);
  (void)result.Set("port", io::PortOf(name));
  return result;
}

}  // namespace

UdpBinding::UdpBinding(Napi::Env env, Napi::Object object, std::unique_ptr<UdpStack> stack) : stack_(std::move(stack)) {
  DefineMethods(env, object);
}

template <Napi::Value (UdpBinding::*method)(const Napi::CallbackInfo&)>
Napi::Value UdpBinding::Call(const Info& info) {
  return (static_cast<UdpBinding*>(info.Data())->*method)(info);
}

void UdpBinding::DefineMethods(Napi::Env env, Napi::Object object) {
  const auto define = [&](const char* name, const Napi::Value& value) {
    object.DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_enumerable));
  };
  const auto define_hot = [&](const char* name, napi_callback callback) {
    napi_value function = nullptr;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, this, &function) == napi_ok) define(name, Napi::Value(env, function));
  };
  define("name", Napi::String::New(env, "kernel"));
  define("open", Napi::Function::New<Call<&UdpBinding::Open>>(env, "open", this));
  define("bind", Napi::Function::New<Call<&UdpBinding::Bind>>(env, "bind", this));
  define("connect", Napi::Function::New<Call<&UdpBinding::Connect>>(env, "connect", this));
  define("close", Napi::Function::New<Call<&UdpBinding::Close>>(env, "close", this));
  define("setOption", Napi::Function::New<Call<&UdpBinding::SetOption>>(env, "setOption", this));
  define("getOption", Napi::Function::New<Call<&UdpBinding::GetOption>>(env, "getOption", this));
  define("setRawOption", Napi::Function::New<Call<&UdpBinding::SetRawOption>>(env, "setRawOption", this));
  define("getRawOption", Napi::Function::New<Call<&UdpBinding::GetRawOption>>(env, "getRawOption", this));
  define("sockname", Napi::Function::New<Call<&UdpBinding::SockName>>(env, "sockname", this));
  define("peername", Napi::Function::New<Call<&UdpBinding::PeerName>>(env, "peername", this));
  define("queuedBytes", Napi::Function::New<Call<&UdpBinding::QueuedBytes>>(env, "queuedBytes", this));
  define("stats", Napi::Function::New<Call<&UdpBinding::Stats>>(env, "stats", this));
  define_hot("sendMany", SendMany);
  define_hot("setCredit", SetCredit);
  define_hot("drain", Drain);
}

bool UdpBinding::ReadSocket(const Info& info, sctp::SocketId* socket) const { return !stack_->ended() && ReadNumber(info[0], socket); }

Napi::Value UdpBinding::Open(const Info& info) {
  io::InetParams params;
  if (stack_->ended() || !info[0].IsObject() || !ReadParams(info[0].As<Napi::Object>(), &params)) return Failure(info);
  sctp::SocketId socket = 0;
  const int error = stack_->Open(params, &socket);
  return error == 0 ? Napi::Number::New(info.Env(), socket) : Failure(info.Env(), error);
}

Napi::Value UdpBinding::Bind(const Info& info) {
  sctp::SocketId socket = 0;
  std::string address;
  uint16_t port = 0;
  if (!ReadSocket(info, &socket) || !ReadAddressAndPort(info[1], info[2], &address, &port)) return Failure(info);
  return Failure(info.Env(), stack_->Bind(socket, address, port));
}

Napi::Value UdpBinding::Connect(const Info& info) {
  sctp::SocketId socket = 0;
  std::string address;
  uint16_t port = 0;
  if (!ReadSocket(info, &socket) || !ReadAddressAndPort(info[1], info[2], &address, &port)) return Failure(info);
  return Failure(info.Env(), stack_->Connect(socket, address, port));
}

Napi::Value UdpBinding::Close(const Info& info) {
  sctp::SocketId socket = 0;
  return ReadSocket(info, &socket) ? Failure(info.Env(), stack_->Close(socket)) : Failure(info);
}

Napi::Value UdpBinding::SetOption(const Info& info) {
  sctp::SocketId socket = 0;
  uint32_t option = 0;
  std::vector<uint32_t> values;
  if (!ReadSocket(info, &socket) || !ReadNumber(info[1], &option) || !ReadNumbers(info[2], kMaxOptionWords, &values)) return Failure(info);
  return Failure(info.Env(), stack_->SetOption(socket, static_cast<io::InetOption>(option), values));
}

Napi::Value UdpBinding::GetOption(const Info& info) {
  sctp::SocketId socket = 0;
  uint32_t option = 0;
  if (!ReadSocket(info, &socket) || !ReadNumber(info[1], &option)) return Failure(info);
  std::vector<uint32_t> values;
  const int error = stack_->GetOption(socket, static_cast<io::InetOption>(option), &values);
  if (error != 0) return Failure(info.Env(), error);
  auto result = Napi::Array::New(info.Env(), values.size());
  for (uint32_t i = 0; i < values.size(); i++) (void)result.Set(i, Napi::Number::New(info.Env(), values[i]));
  return result;
}

Napi::Value UdpBinding::SetRawOption(const Info& info) {
  sctp::SocketId socket = 0;
  uint32_t level = 0;
  uint32_t name = 0;
  sctp::Bytes value;
  if (!ReadSocket(info, &socket) || !ReadNumber(info[1], INT32_MAX, &level) || !ReadNumber(info[2], INT32_MAX, &name) ||
      !ReadBytes(info.Env(), info[3], &value) || value.size() > kMaxRawBytes) {
    return Failure(info);
  }
  return Failure(info.Env(), stack_->SetRawOption(socket, static_cast<int>(level), static_cast<int>(name), value));
}

Napi::Value UdpBinding::GetRawOption(const Info& info) {
  sctp::SocketId socket = 0;
  uint32_t level = 0;
  uint32_t name = 0;
  uint32_t bytes = 0;
  if (!ReadSocket(info, &socket) || !ReadNumber(info[1], INT32_MAX, &level) || !ReadNumber(info[2], INT32_MAX, &name) ||
      !ReadNumber(info[3], kMaxRawBytes, &bytes)) {
    return Failure(info);
  }
  std::vector<uint8_t> value(bytes);
  const int error = stack_->GetRawOption(socket, static_cast<int>(level), static_cast<int>(name), &value);
  return error == 0 ? Napi::Buffer<uint8_t>::Copy(info.Env(), value.data(), value.size()) : Failure(info.Env(), error);
}

Napi::Value UdpBinding::SockName(const Info& info) {
  sctp::SocketId socket = 0;
  io::SocketName name;
  if (!ReadSocket(info, &socket)) return Failure(info);
  const int error = stack_->SockName(socket, &name);
  return error == 0 ? NameValue(info.Env(), name) : Failure(info.Env(), error);
}

Napi::Value UdpBinding::PeerName(const Info& info) {
  sctp::SocketId socket = 0;
  io::SocketName name;
  if (!ReadSocket(info, &socket)) return Failure(info);
  const int error = stack_->PeerName(socket, &name);
  return error == 0 ? NameValue(info.Env(), name) : Failure(info.Env(), error);
}

Napi::Value UdpBinding::QueuedBytes(const Info& info) {
  sctp::SocketId socket = 0;
  const size_t held = ReadSocket(info, &socket) ? stack_->HeldBytes(socket) : 0;
  auto result = Napi::Array::New(info.Env(), 2);
  (void)result.Set(0u, Napi::Number::New(info.Env(), static_cast<double>(held)));
  (void)result.Set(1u, Napi::Number::New(info.Env(), 0));
  return result;
}

Napi::Value UdpBinding::Stats(const Info& info) {
  auto result = Napi::Object::New(info.Env());
  if (stack_->ended()) return result;
  for (const auto& [name, value] : stack_->Stats()) (void)result.Set(name, Napi::Number::New(info.Env(), static_cast<double>(value)));
  return result;
}

}  // namespace mailport::addon
