#include "socket_poll.h"

namespace mailport::addon {

int SocketPoll::Create(const StackLoop& loop, int fd, sctp::SocketId id, Listener* listener) {
  const int status = handle_.Create(this, loop.token(), [&](uv_poll_t* handle) { return uv_poll_init(loop.get(), handle, fd); });
  if (status != 0) return status;
  handle_.SetReferenced(false);
  listener_ = listener;
  id_ = id;
  return 0;
}

void SocketPoll::Watch(int events) {
  if (events == watched_ || !handle_) return;
  watched_ = events;
  if (events == 0) {
    uv_poll_stop(handle_.get());
  } else if (uv_poll_start(handle_.get(), events, OnReport) != 0) {
    watched_ = 0;
  }
}

void SocketPoll::Close() {
  handle_.Close();
  watched_ = 0;
}

void SocketPoll::OnReport(uv_poll_t* handle, int status, int events) {
  auto* poll = static_cast<SocketPoll*>(handle->data);
  if (status < 0) poll->watched_ = 0;
  poll->listener_->OnPoll(poll->id_, status, events);
}

}  // namespace mailport::addon
