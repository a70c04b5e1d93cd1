#include "stack_loop.h"

#include "busy_wait.h"

namespace mailport::addon {

uv_loop_t* StackLoop::Of(Napi::Env env) {
  uv_loop_t* loop = nullptr;
  return napi_get_uv_event_loop(env, &loop) == napi_ok ? loop : nullptr;
}

bool StackLoop::Enter(Napi::Env env, Listener* listener) {
  const auto on_end = [](napi_async_cleanup_hook_handle, void* held) { static_cast<Listener*>(held)->OnEnvironmentEnd(); };
  napi_async_cleanup_hook_handle hook = nullptr;
  listener_ = listener;
  if (napi_add_async_cleanup_hook(env, on_end, listener, &hook) != napi_ok) return false;
  // From here on the handles hold back the environment's end until they are closed.
  token_ = Token(hook, [](void* held) { napi_remove_async_cleanup_hook(static_cast<napi_async_cleanup_hook_handle>(held)); });
  return true;
}

int StackLoop::Start() {
  int status = prepare_.Create(listener_, token_, [&](uv_prepare_t* handle) { return uv_prepare_init(loop_, handle); });
  if (status == 0) status = idle_.Create(listener_, token_, [&](uv_idle_t* handle) { return uv_idle_init(loop_, handle); });
  if (status != 0) return status;
  prepare_.SetReferenced(false);
  idle_.SetReferenced(false);
  return uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) { static_cast<Listener*>(handle->data)->OnPrepare(); });
}

void StackLoop::SetAwake(bool awake) {
  if (awake) {
    uv_idle_start(idle_.get(), [](uv_idle_t*) {});
  } else {
    uv_idle_stop(idle_.get());
  }
}

void StackLoop::NoteTraffic() {
  if (busy_wait_ != nullptr) busy_wait_->NoteTraffic();
}

void StackLoop::Leave() {
  prepare_.Close();
  idle_.Close();
  token_.reset();
}

}  // namespace mailport::addon
