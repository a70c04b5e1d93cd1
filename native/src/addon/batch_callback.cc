// Callback scopes by hand, because the moment between the function's return and the microtasks matters.
#include "batch_callback.h"

#include <utility>

namespace mailport::addon {

BatchCallback::BatchCallback(Napi::Env env, Napi::Object resource, Napi::Function function, const char* name)
    : env_(env), resource_(Napi::Persistent(resource)), function_(Napi::Persistent(function)) {
  if (napi_async_init(env, resource, Napi::String::New(env, name), &context_) != napi_ok) context_ = nullptr;
}

bool BatchCallback::Open(napi_callback_scope* scope) {
  return context_ != nullptr && napi_open_callback_scope(env_, resource_.Value(), context_, scope) == napi_ok;
}

void BatchCallback::Invoke(size_t count) {
  napi_value argument = nullptr;
  if (napi_create_uint32(env_, static_cast<uint32_t>(count), &argument) != napi_ok) return;
  napi_value result = nullptr;
  napi_call_function(env_, resource_.Value(), function_.Value(), 1, &argument, &result);
  bool thrown = false;
  if (napi_is_exception_pending(env_, &thrown) != napi_ok || !thrown) return;
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(env_, &error) == napi_ok) napi_fatal_exception(env_, error);
}

void BatchCallback::Close(napi_callback_scope scope) { napi_close_callback_scope(env_, scope); }

void BatchCallback::End() {
  if (context_ != nullptr) napi_async_destroy(env_, std::exchange(context_, nullptr));
}

}  // namespace mailport::addon
