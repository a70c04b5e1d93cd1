// The methods of SctpStack (native/contract.ts) on an environment. Failures are negative errno values; arguments of a wrong type are EINVAL.
#pragma once

#include <napi.h>

#include <memory>
#include <type_traits>

#include "environment.h"

namespace mailport::addon {

class SctpStack {
 public:
  // Makes `object` the JavaScript side of a new stack. The stack must live until the environment's end. Null if there can be none.
  static std::unique_ptr<SctpStack> Create(Napi::Env env, Napi::Object object, Napi::Function on_batch);
  SctpStack(const SctpStack&) = delete;
  SctpStack& operator=(const SctpStack&) = delete;

  bool usable() const { return !environment_->ended(); }
  // Tells every peer at once that its association is over.
  void AbortAll() { environment_->AbortAll(); }

 private:
  using Info = Napi::CallbackInfo;
  explicit SctpStack(std::unique_ptr<Environment> environment) : environment_(std::move(environment)) {}
  void DefineMethods(Napi::Env env, Napi::Object object);

  Napi::Value Open(const Info& info);
  Napi::Value Listen(const Info& info);
  Napi::Value Connect(const Info& info);
  Napi::Value Unwatch(const Info& info);
  Napi::Value SetCredit(const Info& info);
  Napi::Value Drain(const Info& info);
  Napi::Value PeelOff(const Info& info);
  Napi::Value Close(const Info& info);
  Napi::Value SetOption(const Info& info);
  Napi::Value GetOption(const Info& info);
  Napi::Value SockName(const Info& info);
  Napi::Value PeerNames(const Info& info);
  Napi::Value FindAssociation(const Info& info);
  Napi::Value QueuedBytes(const Info& info);
  Napi::Value Stats(const Info& info);
  // The one that is called for every message: Node-API itself, without the wrappers' cost.
  static napi_value Send(napi_env env, napi_callback_info info);
  int SendMessage(napi_env env, const napi_value* arguments);

  // Reads the first `count` arguments as whole numbers of 32 bits. False too if the environment is ending.
  bool ReadNumbers(const Info& info, std::initializer_list<uint32_t*> numbers) const;
  template <Napi::Value (SctpStack::*method)(const Info&)>
  static Napi::Value Call(const Info& info);

  std::unique_ptr<Environment> environment_;
};

static_assert(!std::is_copy_constructible_v<SctpStack>);

}  // namespace mailport::addon
