#include "readiness.h"

#include <cerrno>

#if defined(__linux__)
#include <sys/epoll.h>
#else
#include <sys/event.h>
#include <sys/time.h>
#endif

namespace mailport::io {

#if defined(__linux__)

int Readiness::Open() {
  fd_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  return fd_.valid() ? 0 : errno;
}

int Readiness::Watch(int fd, uint32_t id, bool writing, bool again) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET | (writing ? EPOLLOUT : 0u);
  event.data.u32 = id;
  return epoll_ctl(fd_.get(), again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

size_t Readiness::Collect(std::span<Event, kEvents> out) {
  epoll_event events[kEvents];
  int count;
  do {
    count = epoll_wait(fd_.get(), events, kEvents, 0);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) {
    const uint32_t what = events[i].events;
    out[static_cast<size_t>(i)] = {events[i].data.u32, (what & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
                                   (what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0, (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0};
  }
  return count < 0 ? 0 : static_cast<size_t>(count);
}

#else

int Readiness::Open() {
  fd_ = UniqueFd(kqueue());
  return fd_.valid() ? 0 : errno;
}

int Readiness::Watch(int fd, uint32_t id, bool writing, bool) {
  struct kevent changes[2];
  void* data = reinterpret_cast<void*>(static_cast<uintptr_t>(id));
  EV_SET(&changes[0], static_cast<uintptr_t>(fd), EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0, data);
  EV_SET(&changes[1], static_cast<uintptr_t>(fd), EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, 0, data);
  return kevent(fd_.get(), changes, writing ? 2 : 1, nullptr, 0, nullptr) == 0 ? 0 : errno;
}

size_t Readiness::Collect(std::span<Event, kEvents> out) {
  struct kevent events[kEvents];
  const timespec now{};
  int count;
  do {
    count = kevent(fd_.get(), nullptr, 0, events, kEvents, &now);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) {
    const auto id = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(events[i].udata));
    const bool ended = (events[i].flags & (EV_EOF | EV_ERROR)) != 0;
    out[static_cast<size_t>(i)] = {id, events[i].filter == EVFILT_READ || ended, events[i].filter == EVFILT_WRITE || ended, ended};
  }
  return count < 0 ? 0 : static_cast<size_t>(count);
}

#endif

}  // namespace mailport::io
