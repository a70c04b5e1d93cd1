// The JavaScript object that stands for the UDP stack: the methods of UdpStack in native/contract/udp.ts. Failures are negative errno values; arguments of
// a wrong type are EINVAL. What is called for every message is Node-API itself, without the wrappers' cost (binding_hot.cc).
#pragma once

#include <napi.h>

#include <cerrno>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "stack.h"

namespace mailport::addon {

class UdpBinding {
 public:
  // Makes `object` the JavaScript side of `stack`, which must be there. Must live until the environment's end.
  UdpBinding(Napi::Env env, Napi::Object object, std::unique_ptr<UdpStack> stack);
  UdpBinding(const UdpBinding&) = delete;
  UdpBinding& operator=(const UdpBinding&) = delete;

  bool usable() const { return !stack_->ended(); }

 private:
  using Info = Napi::CallbackInfo;
  void DefineMethods(Napi::Env env, Napi::Object object);

  Napi::Value Open(const Info& info);
  Napi::Value Bind(const Info& info);
  Napi::Value Connect(const Info& info);
  Napi::Value Close(const Info& info);
  Napi::Value SetOption(const Info& info);
  Napi::Value GetOption(const Info& info);
  Napi::Value SetRawOption(const Info& info);
  Napi::Value GetRawOption(const Info& info);
  Napi::Value SockName(const Info& info);
  Napi::Value PeerName(const Info& info);
  Napi::Value QueuedBytes(const Info& info);
  Napi::Value Stats(const Info& info);

  // binding_hot.cc
  static napi_value SendMany(napi_env env, napi_callback_info info);
  static napi_value SetCredit(napi_env env, napi_callback_info info);
  static napi_value Drain(napi_env env, napi_callback_info info);
  // The negative errno of a call that sends nothing, else how many were taken.
  int32_t SendAll(napi_env env, napi_value* arguments);

  static Napi::Value Failure(Napi::Env env, int error) { return Napi::Number::New(env, -error); }
  // An argument is of a wrong type.
  static Napi::Value Failure(const Info& info) { return Failure(info.Env(), EINVAL); }
  // Reads the first argument, the socket. False too if the environment is ending.
  bool ReadSocket(const Info& info, sctp::SocketId* socket) const;
  template <Napi::Value (UdpBinding::*method)(const Info&)>
  static Napi::Value Call(const Info& info);

  std::unique_ptr<UdpStack> stack_;
  // Memory of SendAll, kept between calls.
  std::vector<napi_value> elements_;
  std::vector<std::string> paths_;
  std::vector<io::OutgoingDatagram> datagrams_;
};

static_assert(!std::is_copy_constructible_v<UdpBinding>);

}  // namespace mailport::addon
