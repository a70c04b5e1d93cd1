// The place of a stack on the loop of its JavaScript environment: the hook for the environment's end, a handle that runs before the loop waits, and
// one that keeps the loop from waiting. Everything happens on the loop's thread.
#pragma once

#include <napi.h>
#include <uv.h>

#include <type_traits>

#include "../io/uv_handle.h"

namespace mailport::addon {

class BusyWait;

class StackLoop {
 public:
  using Token = io::UvHandle<uv_prepare_t>::Token;

  class Listener {
   public:
    // The loop is about to wait, whatever JavaScript has done in this iteration.
    virtual void OnPrepare() = 0;
    // The environment is ending: the listener closes all its handles, calls Leave and is called no more.
    virtual void OnEnvironmentEnd() = 0;

   protected:
    ~Listener() = default;
  };

  // Null if the environment has no loop to offer.
  static uv_loop_t* Of(Napi::Env env);

  explicit StackLoop(uv_loop_t* loop, BusyWait* busy_wait = nullptr) : loop_(loop), busy_wait_(busy_wait) {}
  StackLoop(const StackLoop&) = delete;
  StackLoop& operator=(const StackLoop&) = delete;

  // False: the environment takes no hook for its end. From here on the listener hears of the end, and must outlive it.
  bool Enter(Napi::Env env, Listener* listener);
  // 0, or a negative libuv error. Neither handle keeps the loop alive.
  int Start();
  // Keeps the loop from waiting, and so from blocking: there is more to deliver than one turn was allowed to.
  void SetAwake(bool awake);
  // The loop has woken because there is something for the stack.
  void NoteTraffic();
  // Null: the loop has none.
  BusyWait* busy_wait() const { return busy_wait_; }
  // Whether the loop stays alive for the stack, also while nothing is polled.
  void SetReferenced(bool referenced) { prepare_.SetReferenced(referenced); }
  void Leave();

  uv_loop_t* get() const { return loop_; }
  // For the stack's other handles. When the last of them is closed, the environment may go on ending.
  const Token& token() const { return token_; }

 private:
  uv_loop_t* loop_;
  BusyWait* busy_wait_;
  Listener* listener_ = nullptr;
  Token token_;
  io::UvHandle<uv_prepare_t> prepare_;
  io::UvHandle<uv_idle_t> idle_;
};

static_assert(!std::is_copy_constructible_v<StackLoop>);

}  // namespace mailport::addon
