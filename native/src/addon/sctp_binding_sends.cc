// Sending: one message, or several in one call.
#include <array>
#include <cerrno>
#include <vector>

#include "record_words.h"
#include "sctp_binding.h"

namespace mailport::addon {

namespace {

// Of one call of sendMany.
constexpr size_t kMaxSends = 1024;

// `payloads`: an array of Uint8Array. `words`: a Uint32Array with SendWord::kWords for each of them, or more. The payloads stay JavaScript's.
bool ReadSendRequests(const Napi::Value& words, const Napi::Value& payloads, std::vector<sctp::SendRequest>* out) {
  if (!words.IsTypedArray() || words.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array || !payloads.IsArray()) return false;
  const auto array = payloads.As<Napi::Array>();
  const uint32_t count = array.Length();
  if (count > kMaxSends) return false;
  // All of them before any memory is looked at: an element may be a getter, which may do anything.
  std::vector<napi_value> elements(count);
  for (uint32_t i = 0; i < count; i++) elements[i] = Element(array, i);
  const auto numbers = words.As<Napi::Uint32Array>();
  if (numbers.ElementLength() < count * SendWord::kWords) return false;
  out->resize(count);
  for (uint32_t i = 0; i < count; i++) {
    if (!ReadBytes(array.Env(), elements[i], &(*out)[i].data)) return false;
    const uint32_t* at = numbers.Data() + i * SendWord::kWords;
    (*out)[i].params = {at[SendWord::kAssocId],     at[SendWord::kStream], at[SendWord::kFlags], at[SendWord::kPpid], at[SendWord::kContext],
                        at[SendWord::kTimeToLive], at[SendWord::kUseDefaults] != 0};
  }
  return true;
}

}  // namespace

napi_value SctpBinding::Send(napi_env env, napi_callback_info info) {
  std::array<napi_value, 9> arguments;
  const int error = Arguments(env, info, &arguments)->SendMessage(env, arguments.data());
  napi_value result = nullptr;
  napi_create_int32(env, -error, &result);
  return result;
}

int SctpBinding::SendMessage(napi_env env, const napi_value* arguments) {
  if (stack_->ended()) return EINVAL;
  uint32_t socket = 0;
  sctp::SendParams params;
  uint32_t* const numbers[] = {&socket,      &params.assoc_id, &params.stream,         &params.flags,
                               &params.ppid, &params.context,  &params.time_to_live_ms};
  constexpr size_t kNumbers = std::size(numbers);
  constexpr size_t kNumbersBesideDefaults = 3;
  if (napi_get_value_bool(env, arguments[kNumbers], &params.use_defaults) != napi_ok) return EINVAL;
  // Every argument read costs about as much as the engine's part of a small send.
  const size_t wanted = params.use_defaults ? kNumbersBesideDefaults : kNumbers;
  for (size_t i = 0; i < wanted; i++) {
    if (napi_get_value_uint32(env, arguments[i], numbers[i]) != napi_ok) return EINVAL;
  }
  sctp::Bytes data;
  return ReadBytes(env, arguments[kNumbers + 1], &data) ? stack_->Send(socket, params, data) : EINVAL;
}

Napi::Value SctpBinding::SendMany(const Info& info) {
  uint32_t socket = 0;
  std::vector<sctp::SendRequest> requests;
  if (!ReadNumbers(info, {&socket}) || !ReadSendRequests(info[1], info[2], &requests)) return Failure(info);
  const sctp::SendsTaken taken = stack_->SendMany(socket, requests);
  if (taken.error != 0) info[1].As<Napi::Uint32Array>()[taken.count * SendWord::kWords + SendWord::kError] = static_cast<uint32_t>(taken.error);
  return Napi::Number::New(info.Env(), static_cast<double>(taken.count));
}

}  // namespace mailport::addon
