// The JavaScript object that stands for the TCP stack: the methods of TcpStack in native/contract/tcp.ts.
#pragma once

#include <napi.h>

#include <memory>
#include <type_traits>

#include "../inet_binding.h"
#include "stack.h"

namespace mailport::addon {

class TcpBinding : public InetBinding<TcpBinding, TcpStack> {
 public:
  // Makes `object` the JavaScript side of `stack`, which must be there.
  TcpBinding(Napi::Object object, std::unique_ptr<TcpStack> stack);

 private:
  Napi::Value Listen(const Info& info);
  Napi::Value Accept(const Info& info);
  Napi::Value Expect(const Info& info);
  Napi::Value Unrecv(const Info& info);
  Napi::Value Shutdown(const Info& info);
  Napi::Value Close(const Info& info);
  Napi::Value Drop(const Info& info);
  Napi::Value Readiness(const Info& info);
  Napi::Value SendMany(const Info& info);
  static napi_value KeepPage(napi_env env, napi_callback_info info);
  static napi_value Send(napi_env env, napi_callback_info info);
};

static_assert(!std::is_copy_constructible_v<TcpBinding>);

}  // namespace mailport::addon
