// The JavaScript object of a stack for simulations: SteppedSctpStack of native/contract/stepped.ts. The object owns the stack, and takes it along when it is
// collected.
#pragma once

#include <napi.h>

#include <memory>
#include <type_traits>

#include "sctp_binding.h"

namespace mailport::addon {

class SteppedBinding : public SctpBinding {
 public:
  // Makes `object` the owner of `stack`.
  static void Attach(Napi::Object object, std::unique_ptr<SteppedStack> stack);

 private:
  SteppedBinding(Napi::Object object, std::unique_ptr<SteppedStack> stack);
  template <Napi::Value (SteppedBinding::*method)(const Napi::CallbackInfo&)>
  void DefineStep(Napi::Object object, const char* name);

  Napi::Value SetTime(const Napi::CallbackInfo& info);
  Napi::Value Step(const Napi::CallbackInfo& info);
  Napi::Value NextStep(const Napi::CallbackInfo& info);
  Napi::Value Refused(const Napi::CallbackInfo& info);
  Napi::Value TooBig(const Napi::CallbackInfo& info);

  SteppedStack& stepped_;
};

static_assert(!std::is_copy_constructible_v<SteppedBinding>);

}  // namespace mailport::addon
