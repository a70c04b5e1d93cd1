// Carriers whose packets JavaScript brings to their receivers: arguments in, call of the stack, result out.
#include <array>
#include <utility>

#include "sctp_binding.h"

namespace mailport::addon {

namespace {

constexpr size_t kMaxAddresses = 255;

bool ReadCarrierRequest(const Napi::Object& object, CarrierRequest* out) {
  return ReadAddresses(Property(object, "addresses"), kMaxAddresses, &out->addresses) && ReadBoolean(Property(object, "any"), &out->any) &&
         ReadAddress(Property(object, "remote"), &out->remote) && ReadNumber(Property(object, "port"), &out->port) &&
         ReadNumber(Property(object, "mtu"), &out->mtu) && ReadBoolean(Property(object, "integrity"), &out->integrity);
}

// Undefined: left as it is.
bool ReadOptionalAddress(napi_env env, napi_value value, sctp::IpAddress* out) {
  napi_valuetype type = napi_undefined;
  return napi_typeof(env, value, &type) == napi_ok && (type == napi_undefined || ReadAddress(Napi::Value(env, value), out));
}

}  // namespace

Napi::Value SctpBinding::OpenCarrier(const Info& info) {
  CarrierRequest request;
  if (stack_->ended() || !info[0].IsObject() || !ReadCarrierRequest(info[0].As<Napi::Object>(), &request)) return Failure(info);
  sctp::CarrierId carrier = 0;
  const int error = stack_->OpenCarrier(std::move(request), &carrier);
  return NumberOrFailure(info, error, carrier);
}

Napi::Value SctpBinding::CloseCarrier(const Info& info) {
  uint32_t carrier = 0;
  bool even_if_used = false;
  if (!ReadNumbers(info, {&carrier}) || !ReadBoolean(info[1], &even_if_used)) return Failure(info);
  return Failure(info, stack_->CloseCarrier(carrier, even_if_used));
}

Napi::Value SctpBinding::CarrierStats(const Info& info) {
  uint32_t carrier = 0;
  return CountersValue(info.Env(), ReadNumbers(info, {&carrier}) ? stack_->CarrierStats(carrier) : Counters());
}

napi_value SctpBinding::Input(napi_env env, napi_callback_info info) {
  std::array<napi_value, 5> arguments;
  const int error = Arguments(env, info, &arguments)->InputPacket(env, arguments.data());
  napi_value result = nullptr;
  napi_create_int32(env, -error, &result);
  return result;
}

int SctpBinding::InputPacket(napi_env env, const napi_value* arguments) {
  if (stack_->ended()) return EINVAL;
  uint32_t carrier = 0;
  uint32_t port = 0;
  PacketOrigin origin;
  sctp::Bytes packet;
  const bool readable = napi_get_value_uint32(env, arguments[0], &carrier) == napi_ok && ReadOptionalAddress(env, arguments[2], &origin.remote) &&
                        napi_get_value_uint32(env, arguments[3], &port) == napi_ok && port <= UINT16_MAX &&
                        ReadOptionalAddress(env, arguments[4], &origin.local) && ReadBytes(env, arguments[1], &packet);
  origin.remote_port = static_cast<uint16_t>(port);
  return readable ? stack_->Input(carrier, origin, packet) : EINVAL;
}

}  // namespace mailport::addon
