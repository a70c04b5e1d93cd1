// The JavaScript function that takes batches, called from the loop as a callback of its own: microtasks and process.nextTick run after it,
// async hooks see it, and what it throws is an uncaught exception.
#pragma once

#include <napi.h>

#include <type_traits>

namespace mailport::addon {

class BatchCallback {
 public:
  // `resource` is also the callback's `this`. `name`: of its calls, to async hooks.
  BatchCallback(Napi::Env env, Napi::Object resource, Napi::Function function, const char* name);
  ~BatchCallback() { End(); }
  BatchCallback(const BatchCallback&) = delete;
  BatchCallback& operator=(const BatchCallback&) = delete;

  // Calls the function with `count`. `before(env)` runs first, in the callback's context. `consumed(env)` runs as soon as the function has returned and
  // before any microtask, so that calls of microtasks may fill the batch again. False: the environment is ending and takes no calls, and none of the
  // three has run.
  template <typename Before, typename Consumed>
  bool Call(size_t count, Before before, Consumed consumed) {
    Napi::HandleScope handles(env_);
    napi_callback_scope scope = nullptr;
    if (!Open(&scope)) return false;
    before(env_);
    Invoke(count);
    consumed(env_);
    Close(scope);
    return true;
  }
  // No call comes after this.
  void End();

 private:
  bool Open(napi_callback_scope* scope);
  void Invoke(size_t count);
  void Close(napi_callback_scope scope);

  Napi::Env env_;
  Napi::ObjectReference resource_;
  Napi::FunctionReference function_;
  napi_async_context context_ = nullptr;
};

static_assert(!std::is_copy_constructible_v<BatchCallback>);

}  // namespace mailport::addon
