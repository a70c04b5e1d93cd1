// The JavaScript object that stands for the UDP stack: the methods of UdpStack in native/contract/udp.ts.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "../inet_binding.h"
#include "stack.h"

namespace mailport::addon {

class UdpBinding : public InetBinding<UdpBinding, UdpStack> {
 public:
  // Makes `object` the JavaScript side of `stack`, which must be there.
  UdpBinding(Napi::Object object, std::unique_ptr<UdpStack> stack);

 private:
  Napi::Value Close(const Info& info);

  // binding_sends.cc
  static napi_value SendMany(napi_env env, napi_callback_info info);
  // The negative errno of a call that sends nothing, else how many were taken.
  int32_t SendAll(napi_env env, napi_value* arguments);

  // Memory of SendAll, kept between calls.
  std::vector<napi_value> elements_;
  std::vector<std::string> paths_;
  std::vector<io::OutgoingDatagram> datagrams_;
};

static_assert(!std::is_copy_constructible_v<UdpBinding>);

}  // namespace mailport::addon
