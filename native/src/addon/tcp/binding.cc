// The object's methods: arguments in, call of the stack, result out.
#include "binding.h"

#include <array>
#include <cerrno>
#include <vector>

namespace mailport::addon {

namespace {

// Of one call of sendMany.
constexpr size_t kMaxSends = 1024;

}  // namespace

TcpBinding::TcpBinding(Napi::Object object, std::unique_ptr<TcpStack> stack) : InetBinding(std::move(stack)) {
  Define(object, "name", Napi::String::New(object.Env(), "kernel"));
  DefineMethod<&TcpBinding::Open>(object, "open");
  DefineMethod<&TcpBinding::Bind>(object, "bind");
  DefineMethod<&TcpBinding::Listen>(object, "listen");
  DefineMethod<&TcpBinding::Connect>(object, "connect");
  DefineMethod<&TcpBinding::Accept>(object, "accept");
  DefineHot(object, "setCredit", SetCredit);
  DefineHot(object, "drain", Drain);
  DefineHot(object, "keepPage", KeepPage);
  DefineMethod<&TcpBinding::SendMany>(object, "sendMany");
  DefineMethod<&TcpBinding::Expect>(object, "expect");
  DefineMethod<&TcpBinding::Unrecv>(object, "unrecv");
  DefineMethod<&TcpBinding::Shutdown>(object, "shutdown");
  DefineMethod<&TcpBinding::Close>(object, "close");
  DefineMethod<&TcpBinding::Drop>(object, "drop");
  DefineMethod<&TcpBinding::SetOption>(object, "setOption");
  DefineMethod<&TcpBinding::GetOption>(object, "getOption");
  DefineMethod<&TcpBinding::SetRawOption>(object, "setRawOption");
  DefineMethod<&TcpBinding::GetRawOption>(object, "getRawOption");
  DefineMethod<&TcpBinding::SockName>(object, "sockname");
  DefineMethod<&TcpBinding::PeerName>(object, "peername");
  DefineMethod<&TcpBinding::Readiness>(object, "readiness");
  DefineMethod<&TcpBinding::QueuedBytes>(object, "queuedBytes");
  DefineMethod<&TcpBinding::Stats>(object, "stats");
  DefineHot(object, "send", Send);
}

Napi::Value TcpBinding::Listen(const Info& info) {
  uint32_t socket = 0;
  uint32_t backlog = 0;
  if (!ReadNumbers(info, {&socket, &backlog})) return Failure(info);
  return Failure(info, stack_->Listen(socket, backlog));
}

Napi::Value TcpBinding::Accept(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket})) return Failure(info);
  sctp::SocketId accepted = 0;
  const int error = stack_->Accept(socket, &accepted);
  return NumberOrFailure(info, error, accepted);
}

napi_value TcpBinding::KeepPage(napi_env env, napi_callback_info info) {
  std::array<napi_value, 1> arguments;
  TcpStack& stack = *Arguments(env, info, &arguments)->stack_;
  uint32_t index = 0;
  const bool readable = napi_get_value_uint32(env, arguments[0], &index) == napi_ok && !stack.ended();
  napi_value result = nullptr;
  napi_get_boolean(env, readable && stack.KeepPage(env, index), &result);
  return result;
}

napi_value TcpBinding::Send(napi_env env, napi_callback_info info) {
  std::array<napi_value, 2> arguments;
  TcpStack& stack = *Arguments(env, info, &arguments)->stack_;
  uint32_t socket = 0;
  sctp::Bytes bytes;
  const bool readable = !stack.ended() && napi_get_value_uint32(env, arguments[0], &socket) == napi_ok && ReadBytes(env, arguments[1], &bytes);
  napi_value result = nullptr;
  napi_create_int32(env, readable ? -stack.Send(socket, bytes) : -EINVAL, &result);
  return result;
}

Napi::Value TcpBinding::SendMany(const Info& info) {
  uint32_t socket = 0;
  if (!ReadNumbers(info, {&socket}) || !info[1].IsArray()) return Failure(info);
  const auto array = info[1].As<Napi::Array>();
  const uint32_t count = array.Length();
  if (count > kMaxSends) return Failure(info);
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
  if (!ReadNumbers(info, {&socket, &bytes})) return Failure(info);
  return Failure(info, stack_->Expect(socket, bytes));
}

Napi::Value TcpBinding::Unrecv(const Info& info) {
  uint32_t socket = 0;
  sctp::Bytes bytes;
  if (!ReadNumbers(info, {&socket}) || !ReadBytes(info.Env(), info[1], &bytes)) return Failure(info);
  return Failure(info, stack_->Unrecv(socket, bytes));
}

Napi::Value TcpBinding::Shutdown(const Info& info) {
  uint32_t socket = 0;
  uint32_t how = 0;
  if (!ReadNumbers(info, {&socket, &how})) return Failure(info);
  return Failure(info, stack_->Shutdown(socket, how));
}

Napi::Value TcpBinding::Readiness(const Info& info) {
  uint32_t socket = 0;
  TcpStack::Readable readable{};
  uint32_t room = 0;
  if (!ReadNumbers(info, {&socket})) return Failure(info);
  const int error = stack_->Ready(socket, &readable, &room);
  if (error != 0) return Failure(info, error);
  auto result = Napi::Array::New(info.Env(), 3);
  (void)result.Set(0u, Napi::Boolean::New(info.Env(), readable.at_once));
  (void)result.Set(1u, Napi::Number::New(info.Env(), room));
  (void)result.Set(2u, Napi::Boolean::New(info.Env(), readable.unread));
  return result;
}

Napi::Value TcpBinding::Close(const Info& info) {
  uint32_t socket = 0;
  bool abort = false;
  bool goes_on = false;
  if (!ReadNumbers(info, {&socket}) || !ReadBoolean(info[1], &abort)) return Failure(info);
  const int error = stack_->Close(socket, abort, &goes_on);
  return NumberOrFailure(info, error, goes_on ? 1 : 0);
}

Napi::Value TcpBinding::Drop(const Info& info) {
  uint32_t socket = 0;
  if (ReadNumbers(info, {&socket})) stack_->Drop(socket);
  return info.Env().Undefined();
}

}  // namespace mailport::addon
