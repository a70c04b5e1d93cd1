// The object's methods: arguments in, call of the stack, result out. Nothing here waits or calls JavaScript. Options, names and numbers are in
// binding_queries.cc.
#include "binding.h"

#include <cerrno>
#include <string>
#include <vector>

#include "../arguments.h"

namespace mailport::addon {

namespace {

constexpr size_t kMaxPathBytes = 4095;  // PATH_MAX less its end.
// Longer than any address with the name of its scope, and than the path of any local socket.
constexpr size_t kMaxAddressBytes = 128;
// Of one call of sendMany.
constexpr size_t kMaxSends = 1024;

bool ReadOpenRequest(const Napi::Object& object, io::InetParams* out) {
  uint32_t family = 0;
  uint32_t fd = 0;
  if (!ReadNumber(Property(object, "family"), &family)) return false;
  out->family = static_cast<io::InetFamily>(family);
  if (out->family != io::InetFamily::kLocal && out->family != io::InetFamily::kIpv4 && out->family != io::InetFamily::kIpv6) return false;
  const Napi::Value netns = Property(object, "netns");
  if (!netns.IsUndefined() && !ReadText(netns, kMaxPathBytes, &out->network_namespace)) return false;
  const Napi::Value descriptor = Property(object, "fd");
  if (descriptor.IsUndefined()) return true;
  if (!ReadNumber(descriptor, INT32_MAX, &fd)) return false;
  out->adopted = static_cast<int>(fd);
  return true;
}

}  // namespace

TcpBinding::TcpBinding(Napi::Env env, Napi::Object object, std::unique_ptr<TcpStack> stack) : stack_(std::move(stack)) {
  DefineMethods(env, object);
}

template <Napi::Value (TcpBinding::*method)(const Napi::CallbackInfo&)>
Napi::Value TcpBinding::Call(const Info& info) {
  return (static_cast<TcpBinding*>(info.Data())->*method)(info);
}

void TcpBinding::DefineMethods(Napi::Env env, Napi::Object object) {
  const auto define = [&](const char* name, const Napi::Value& value) {
    object.DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_enumerable));
  };
  define("name", Napi::String::New(env, "kernel"));
  define("open", Napi::Function::New<Call<&TcpBinding::Open>>(env, "open", this));
  define("bind", Napi::Function::New<Call<&TcpBinding::Bind>>(env, "bind", this));
  define("listen", Napi::Function::New<Call<&TcpBinding::Listen>>(env, "listen", this));
  define("connect", Napi::Function::New<Call<&TcpBinding::Connect>>(env, "connect", this));
  define("accept", Napi::Function::New<Call<&TcpBinding::Accept>>(env, "accept", this));
  define("setCredit", Napi::Function::New<Call<&TcpBinding::SetCredit>>(env, "setCredit", this));
  define("drain", Napi::Function::New<Call<&TcpBinding::Drain>>(env, "drain", this));
  define("sendMany", Napi::Function::New<Call<&TcpBinding::SendMany>>(env, "sendMany", this));
  define("expect", Napi::Function::New<Call<&TcpBinding::Expect>>(env, "expect", this));
  define("unrecv", Napi::Function::New<Call<&TcpBinding::Unrecv>>(env, "unrecv", this));
  define("shutdown", Napi::Function::New<Call<&TcpBinding::Shutdown>>(env, "shutdown", this));
  define("close", Napi::Function::New<Call<&TcpBinding::Close>>(env, "close", this));
  define("drop", Napi::Function::New<Call<&TcpBinding::Drop>>(env, "drop", this));
  define("setOption", Napi::Function::New<Call<&TcpBinding::SetOption>>(env, "setOption", this));
  define("getOption", Napi::Function::New<Call<&TcpBinding::GetOption>>(env, "getOption", this));
  define("setRawOption", Napi::Function::New<Call<&TcpBinding::SetRawOption>>(env, "setRawOption", this));
  define("getRawOption", Napi::Function::New<Call<&TcpBinding::GetRawOption>>(env, "getRawOption", this));
  define("sockname", Napi::Function::New<Call<&TcpBinding::SockName>>(env, "sockname", this));
  define("peername", Napi::Function::New<Call<&TcpBinding::PeerName>>(env, "peername", this));
  define("queuedBytes", Napi::Function::New<Call<&TcpBinding::QueuedBytes>>(env, "queuedBytes", this));
  define("stats", Napi::Function::New<Call<&TcpBinding::Stats>>(env, "stats", this));
  napi_value send = nullptr;
  if (napi_create_function(env, "send", NAPI_AUTO_LENGTH, Send, this, &send) == napi_ok) define("send", Napi::Value(env, send));
}

bool TcpBinding::ReadNumbers(const Info& info, std::initializer_list<uint32_t*> numbers) const {
  if (stack_->ended()) return false;
  size_t index = 0;
  for (uint32_t* number : numbers) {
    if (!ReadNumber(info[index++], number)) return false;
  }
  return true;
}

Napi::Value TcpBinding::Failure(const Info& info, int error) { return Napi::Number::New(info.Env(), -error); }

Napi::Value TcpBinding::Open(const Info& info) {
  io::InetParams request;
  if (stack_->ended() || !info[0].IsObject() || !ReadOpenRequest(info[0].As<Napi::Object>(), &request)) return Failure(info, EINVAL);
  sctp::SocketId socket = 0;
  const int error = stack_->Open(request, &socket);
  return error == 0 ? Napi::Number::New(info.Env(), socket) : Failure(info, error);
}

Napi::Value TcpBinding::Bind(const Info& info) {
  uint32_t socket = 0;
  std::string address;
  uint16_t port = 0;
  if (!ReadNumbers(info, {&socket}) || !ReadLatin1(info[1], kMaxAddressBytes, &address) || !ReadNumber(info[2], &port)) return Failure(info, EINVAL);
  return Failure(info, stack_->Bind(socket, address, port));
}

Napi::Value TcpBinding::Listen(const Info& info) {
  uint32_t socket = 0;
  uint32_t backlog = 0;
  if (!ReadNumbers(info, {&socket, &backlog})) return Failure(info, EINVAL);
  return Failure(info, stack_->Listen(socket, backlog));
}

Napi::Value TcpBinding::Connect(const Info& info) {
  uint32_t socket = 0;
  std::string address;
  uint16_t port = 0;
  if (!ReadNumbers(info, {&socket}) || !ReadLatin1(info[1], kMaxAddressBytes, &address) || !ReadNumber(info[2], &port)) return Failure(info, EINVAL);
  return Failure(info, stack_->Connect(socket, address, port));
}

Napi::Value TcpBinding::Accept(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket})) return Failure(info, EINVAL);
  sctp::SocketId accepted = 0;
  const int error = stack_->Accept(socket, &accepted);
  return error == 0 ? Napi::Number::New(info.Env(), accepted) : Failure(info, error);
}

Napi::Value TcpBinding::SetCredit(const Info& info) {
  uint32_t socket = 0;
  sctp::Credit credit;
  if (ReadNumbers(info, {&socket, &credit.items, &credit.bytes})) stack_->SetCredit(socket, credit);
  return info.Env().Undefined();
}

Napi::Value TcpBinding::Drain(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket})) return Napi::Number::New(info.Env(), 0);
  return Napi::Number::New(info.Env(), static_cast<double>(stack_->Drain(info.Env(), socket)));
}

napi_value TcpBinding::Send(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = std::size(arguments);
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  TcpStack& stack = *static_cast<TcpBinding*>(data)->stack_;
  uint32_t socket = 0;
  sctp::Bytes bytes;
  const bool readable = !stack.ended() && napi_get_value_uint32(env, arguments[0], &socket) == napi_ok && ReadBytes(env, arguments[1], &bytes);
  napi_value result = nullptr;
  napi_create_int32(env, readable ? -stack.Send(socket, bytes) : -EINVAL, &result);
  return result;
}

Napi::Value TcpBinding::SendMany(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket}) || !info[1].IsArray()) return Failure(info, EINVAL);
  const auto array = info[1].As<Napi::Array>();
  const uint32_t count = array.Length();
  if (count > kMaxSends) return Failure(info, EINVAL);
  // All of them before any memory is looked at: an element may be a getter, which may do anything.
  std::vector<napi_value> elements(count);
  for (uint32_t i = 0; i < count; i++) elements[i] = Element(array, i);
  uint32_t taken = 0;
  for (; taken < count; taken++) {
    sctp::Bytes bytes;
    if (!ReadBytes(info.Env(), elements[taken], &bytes) || stack_->Send(socket, bytes) != 0) break;
  }
  return Napi::Number::New(info.Env(), taken);
}

Napi::Value TcpBinding::Expect(const Info& info) {
  uint32_t socket = 0;
  uint32_t bytes = 0;
  if (!ReadNumbers(info, {&socket, &bytes})) return Failure(info, EINVAL);
  return Failure(info, stack_->Expect(socket, bytes));
}

Napi::Value TcpBinding::Unrecv(const Info& info) {
  uint32_t socket = 0;
  sctp::Bytes bytes;
  if (!ReadNumbers(info, {&socket}) || !ReadBytes(info.Env(), info[1], &bytes)) return Failure(info, EINVAL);
  return Failure(info, stack_->Unrecv(socket, bytes));
}

Napi::Value TcpBinding::Shutdown(const Info& info) {
  uint32_t socket = 0;
  uint32_t how = 0;
  if (!ReadNumbers(info, {&socket, &how})) return Failure(info, EINVAL);
  return Failure(info, stack_->Shutdown(socket, how));
}

Napi::Value TcpBinding::Close(const Info& info) {
  uint32_t socket = 0;
  bool abort = false;
  bool goes_on = false;
  if (!ReadNumbers(info, {&socket}) || !ReadBoolean(info[1], &abort)) return Failure(info, EINVAL);
  const int error = stack_->Close(socket, abort, &goes_on);
  return error == 0 ? Napi::Number::New(info.Env(), goes_on ? 1 : 0) : Failure(info, error);
}

Napi::Value TcpBinding::Drop(const Info& info) {
  uint32_t socket = 0;
  if (ReadNumbers(info, {&socket})) stack_->Drop(socket);
  return info.Env().Undefined();
}

}  // namespace mailport::addon
