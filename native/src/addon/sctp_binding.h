// The JavaScript object that stands for a stack of either kind: the methods of SctpStack in native/contract/sctp.ts. Failures are negative errno
// values; arguments of a wrong type are EINVAL.
#pragma once

#include <napi.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <type_traits>

#include "sctp_stack.h"

namespace mailport::addon {

class SctpBinding {
 public:
  // Makes `object` the JavaScript side of `stack`, which must be there. Must live until the environment's end.
  SctpBinding(Napi::Env env, Napi::Object object, std::unique_ptr<SctpStack> stack);
  SctpBinding(const SctpBinding&) = delete;
  SctpBinding& operator=(const SctpBinding&) = delete;

  bool usable() const { return !stack_->ended(); }
  void OnProcessExit() { stack_->OnProcessExit(); }

 private:
  using Info = Napi::CallbackInfo;
  void DefineMethods(Napi::Env env, Napi::Object object);

  Napi::Value Open(const Info& info);
  Napi::Value Listen(const Info& info);
  Napi::Value Connect(const Info& info);
  Napi::Value Unwatch(const Info& info);
  Napi::Value SetCredit(const Info& info);
  Napi::Value Drain(const Info& info);
  Napi::Value Accept(const Info& info);
  Napi::Value Bindx(const Info& info);
  Napi::Value ResetStreams(const Info& info);
  Napi::Value ResetAssociation(const Info& info);
  Napi::Value AddStreams(const Info& info);
  Napi::Value PeelOff(const Info& info);
  Napi::Value Close(const Info& info);
  Napi::Value SetOption(const Info& info);
  Napi::Value GetOption(const Info& info);
  Napi::Value SockName(const Info& info);
  Napi::Value LocalNames(const Info& info);
  Napi::Value PeerNames(const Info& info);
  Napi::Value FindAssociation(const Info& info);
  Napi::Value QueuedBytes(const Info& info);
  Napi::Value Stats(const Info& info);
  // The one that is called for every message: Node-API itself, without the wrappers' cost.
  static napi_value Send(napi_env env, napi_callback_info info);
  int SendMessage(napi_env env, const napi_value* arguments);
  Napi::Value SendMany(const Info& info);

  static Napi::Value Failure(Napi::Env env, int error);
  // An argument is of a wrong type.
  static Napi::Value Failure(const Info& info) { return Failure(info.Env(), EINVAL); }
  // Reads the first arguments as whole numbers of 32 bits. False too if the environment is ending.
  bool ReadNumbers(const Info& info, std::initializer_list<uint32_t*> numbers) const;
  template <Napi::Value (SctpBinding::*method)(const Info&)>
  static Napi::Value Call(const Info& info);

  std::unique_ptr<SctpStack> stack_;
};

static_assert(!std::is_copy_constructible_v<SctpBinding>);

}  // namespace mailport::addon
