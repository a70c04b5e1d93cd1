// The polls of sockets that have one each on the loop of the environment. What a poll has to tell changes often in a turn, and each change would be a system call. So
// ChangedPolls gathers them, and the stack brings the polls in line before the loop waits.
#pragma once

#include <uv.h>

#include <type_traits>
#include <utility>
#include <vector>

#include "../io/uv_handle.h"
#include "../sctp/types.h"
#include "stack_loop.h"

namespace mailport::addon {

class SocketPoll {
 public:
  class Listener {
   public:
    // `status`: 0, or a negative libuv error, after which the poll is stopped. The descriptor is ours and still good: the error has to be taken off it. The socket is
    // named by number, as JavaScript may close any socket while polls report.
    virtual void OnPoll(sctp::SocketId id, int status, int events) = 0;

   protected:
    ~Listener() = default;
  };

  SocketPoll() = default;
  SocketPoll(const SocketPoll&) = delete;
  SocketPoll& operator=(const SocketPoll&) = delete;

  // 0, or a negative libuv error: there is no poll then. It does not keep the loop alive. The listener must outlive it, and the poll must end before the descriptor.
  int Create(const StackLoop& loop, int fd, sctp::SocketId id, Listener* listener);
  // Events of libuv that the poll tells of from now on; 0: none.
  void Watch(int events);
  void Close();

 private:
  friend class ChangedPolls;
  static void OnReport(uv_poll_t* handle, int status, int events);

  io::UvHandle<uv_poll_t> handle_;
  Listener* listener_ = nullptr;
  sctp::SocketId id_ = 0;
  int watched_ = 0;
  bool is_changed_ = false;  // Is in the list of ChangedPolls.
};

static_assert(!std::is_copy_constructible_v<SocketPoll>);

class ChangedPolls {
 public:
  void Add(SocketPoll& poll) {
    if (!std::exchange(poll.is_changed_, true)) ids_.push_back(poll.id_);
  }

  // `find(id)`: the socket, or null if it is gone. What it waits for is `PollEvents()`.
  template <typename Find>
  void Update(Find find) {
    for (const sctp::SocketId id : ids_) {
      auto* socket = find(id);
      if (socket == nullptr) continue;
      socket->poll.is_changed_ = false;
      socket->poll.Watch(socket->PollEvents());
    }
    ids_.clear();
  }

 private:
  std::vector<sctp::SocketId> ids_;
};

}  // namespace mailport::addon
