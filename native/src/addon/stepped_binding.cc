// Time travels as a number of microseconds: exact up to 285 years.
#include "stepped_binding.h"

#include <limits>
#include <utility>

namespace mailport::addon {

void SteppedBinding::Attach(Napi::Object object, std::unique_ptr<SteppedStack> stack) {
  auto* binding = new SteppedBinding(object, std::move(stack));
  object.AddFinalizer([](Napi::Env, SteppedBinding* collected) { delete collected; }, binding);
}

SteppedBinding::SteppedBinding(Napi::Object object, std::unique_ptr<SteppedStack> stack)
    : SctpBinding(object, std::unique_ptr<SctpStack>(stack.release())), stepped_(static_cast<SteppedStack&>(*stack_)) {
  DefineStep<&SteppedBinding::SetTime>(object, "setTime");
  DefineStep<&SteppedBinding::Step>(object, "step");
  DefineStep<&SteppedBinding::NextStep>(object, "nextStep");
  DefineStep<&SteppedBinding::Refused>(object, "refused");
  DefineStep<&SteppedBinding::TooBig>(object, "tooBig");
}

template <Napi::Value (SteppedBinding::*method)(const Napi::CallbackInfo&)>
void SteppedBinding::DefineStep(Napi::Object object, const char* name) {
  const auto call = [](const Napi::CallbackInfo& info) { return (static_cast<SteppedBinding*>(info.Data())->*method)(info); };
  Define(object, name, Napi::Function::New(object.Env(), call, name, this));
}

Napi::Value SteppedBinding::SetTime(const Napi::CallbackInfo& info) {
  double now = 0;
  if (napi_get_value_double(info.Env(), info[0], &now) == napi_ok && now >= 0 && now < 9e15) stepped_.SetTime(static_cast<sctp::TimeUs>(now));
  return info.Env().Undefined();
}

Napi::Value SteppedBinding::Step(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(stepped_.Step(info.Env())));
}

Napi::Value SteppedBinding::NextStep(const Napi::CallbackInfo& info) {
  const sctp::TimeUs next = stepped_.NextStep();
  return Napi::Number::New(info.Env(), next == sctp::kNever ? std::numeric_limits<double>::infinity() : static_cast<double>(next));
}

Napi::Value SteppedBinding::Refused(const Napi::CallbackInfo& info) {
  uint32_t carrier = 0;
  PacketOrigin by;
  sctp::Bytes packet;
  const bool readable = ReadNumbers(info, {&carrier}) && ReadAddress(info[2], &by.remote) && ReadNumber(info[3], &by.remote_port) &&
                        ReadBytes(info.Env(), info[1], &packet);
  return Failure(info, readable ? stepped_.Refused(carrier, by, packet) : EINVAL);
}

Napi::Value SteppedBinding::TooBig(const Napi::CallbackInfo& info) {
  uint32_t carrier = 0;
  uint32_t bytes = 0;
  PacketOrigin to;
  sctp::Bytes packet;
  const bool readable = ReadNumbers(info, {&carrier}) && ReadAddress(info[2], &to.remote) && ReadNumber(info[3], &to.remote_port) &&
                        ReadNumber(info[4], &bytes) && ReadBytes(info.Env(), info[1], &packet);
  return Failure(info, readable ? stepped_.TooBig(carrier, to, packet, bytes) : EINVAL);
}

}  // namespace mailport::addon
