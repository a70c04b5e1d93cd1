// The JavaScript object that stands for the TCP stack: the methods of TcpStack in native/contract/tcp.ts. Failures are negative errno values; arguments of a wrong
// type are EINVAL.
#pragma once

#include <napi.h>

#include <initializer_list>
#include <memory>
#include <type_traits>

#include "stack.h"

namespace mailport::addon {

class TcpBinding {
 public:
  // Makes `object` the JavaScript side of `stack`, which must be there. Must live until the environment's end.
  TcpBinding(Napi::Env env, Napi::Object object, std::unique_ptr<TcpStack> stack);
  TcpBinding(const TcpBinding&) = delete;
  TcpBinding& operator=(const TcpBinding&) = delete;

  bool usable() const { return !stack_->ended(); }
  void OnProcessExit() { stack_->OnProcessExit(); }

 private:
  using Info = Napi::CallbackInfo;
  void DefineMethods(Napi::Env env, Napi::Object object);

  Napi::Value Open(const Info& info);
  Napi::Value Bind(const Info& info);
  Napi::Value Listen(const Info& info);
  Napi::Value Connect(const Info& info);
  Napi::Value Accept(const Info& info);
  Napi::Value SetCredit(const Info& info);
  Napi::Value Drain(const Info& info);
  Napi::Value Expect(const Info& info);
  Napi::Value Unrecv(const Info& info);
  Napi::Value Shutdown(const Info& info);
  Napi::Value Close(const Info& info);
  Napi::Value Drop(const Info& info);
  Napi::Value SetOption(const Info& info);
  Napi::Value GetOption(const Info& info);
  Napi::Value SetRawOption(const Info& info);
  Napi::Value GetRawOption(const Info& info);
  Napi::Value SockName(const Info& info);
  Napi::Value PeerName(const Info& info);
  Napi::Value QueuedBytes(const Info& info);
  Napi::Value Stats(const Info& info);
  Napi::Value SendMany(const Info& info);
  // The one that is called for every message: Node-API itself, without the wrappers' cost.
  static napi_value Send(napi_env env, napi_callback_info info);

  static Napi::Value Failure(const Info& info, int error);
  // Reads the first arguments as whole numbers of 32 bits. False too if the environment is ending.
  bool ReadNumbers(const Info& info, std::initializer_list<uint32_t*> numbers) const;
  template <Napi::Value (TcpBinding::*method)(const Info&)>
  static Napi::Value Call(const Info& info);

  std::unique_ptr<TcpStack> stack_;
};

static_assert(!std::is_copy_constructible_v<TcpBinding>);

}  // namespace mailport::addon
