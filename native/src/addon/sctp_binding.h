// The JavaScript object that stands for a stack of either kind: the methods of SctpStack in native/contract/sctp.ts.
#pragma once

#include <napi.h>

#include <memory>
#include <type_traits>

#include "sctp_stack.h"
#include "stack_binding.h"

namespace mailport::addon {

class SctpBinding : public StackBinding<SctpBinding, SctpStack> {
 public:
  // Makes `object` the JavaScript side of `stack`, which must be there.
  SctpBinding(Napi::Object object, std::unique_ptr<SctpStack> stack);

 private:
  Napi::Value Open(const Info& info);
  Napi::Value Listen(const Info& info);
  Napi::Value Connect(const Info& info);
  Napi::Value Unwatch(const Info& info);
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
  Napi::Value OpenCarrier(const Info& info);
  Napi::Value CloseCarrier(const Info& info);
  Napi::Value CarrierStats(const Info& info);
  static napi_value Input(napi_env env, napi_callback_info info);
  int InputPacket(napi_env env, const napi_value* arguments);
  static napi_value Send(napi_env env, napi_callback_info info);
  int SendMessage(napi_env env, const napi_value* arguments);
  Napi::Value SendMany(const Info& info);
};

static_assert(!std::is_copy_constructible_v<SctpBinding>);

}  // namespace mailport::addon
