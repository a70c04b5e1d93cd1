// Owns one libuv handle. libuv keeps a closing handle until the loop has run its close callback, so the memory lives on the heap and the callback frees
// it. The callback also releases the token given to Create: when the last token is gone, the last handle of an environment is closed.
#pragma once

#include <uv.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace mailport::io {

template <typename T>
class UvHandle {
 public:
  // Shared by the handles of one environment.
  using Token = std::shared_ptr<void>;

  UvHandle() = default;
  UvHandle(UvHandle&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  UvHandle& operator=(UvHandle&&) = delete;
  UvHandle(const UvHandle&) = delete;
  UvHandle& operator=(const UvHandle&) = delete;
  ~UvHandle() { Close(); }

  // `init(T*)` calls the uv_…_init function. A negative libuv error if that fails: the handle is then empty.
  template <typename Init>
  int Create(void* data, Token token, Init init) {
    auto box = std::make_unique<Box>();
    const int status = init(&box->handle);
    if (status != 0) return status;
    box->handle.data = data;
    box->token = std::move(token);
    Close();
    box_ = box.release();
    return 0;
  }

  T* get() const { return box_ == nullptr ? nullptr : &box_->handle; }
  explicit operator bool() const { return box_ != nullptr; }
  uv_handle_t* base() const { return reinterpret_cast<uv_handle_t*>(get()); }

  void SetReferenced(bool referenced) {
    if (box_ == nullptr) return;
    if (referenced) {
      uv_ref(base());
    } else {
      uv_unref(base());
    }
  }

  // Stops the handle at once; no callback comes after this.
  void Close() {
    Box* box = std::exchange(box_, nullptr);
    if (box == nullptr) return;
    box->handle.data = box;
    uv_close(reinterpret_cast<uv_handle_t*>(&box->handle), [](uv_handle_t* handle) { delete static_cast<Box*>(handle->data); });
  }

 private:
  struct Box {
    T handle;
    Token token;
  };
  Box* box_ = nullptr;
};

static_assert(!std::is_copy_constructible_v<UvHandle<uv_timer_t>>);
static_assert(!std::is_copy_assignable_v<UvHandle<uv_timer_t>>);

}  // namespace mailport::io
