// A peer that sends as fast as it can pays for each wake-up of this loop, and one comes with every segment: a third of its time, when the loop is faster than the
// peer. So the kernel is asked to tell of such a connection only when a lot has come, and the loop sleeps until then, but not for long.
#include <algorithm>

#include "../busy_wait.h"
#include "stack.h"

namespace mailport::addon {

namespace {

// What one turn reads of a peer that sends as fast as it can.
constexpr uint64_t kBulkBytes = 64 * 1024;
// What the kernel waits for.
constexpr int kMarkBytes = 128 * 1024;
// How long the loop waits for that.
constexpr uint64_t kLongestNs = 50'000;
// After so many waits in a row in which too little came, 2^10 chances are passed over.
constexpr unsigned kMostInVain = 10;

}  // namespace

void TcpStack::GatherBulk(uint64_t read) {
  if (read < kBulkBytes || !busy_again_) return;
  const TcpSocket* socket = Find(busy_);
  // What the kernel still has is read by the next turn.
  if (socket == nullptr || socket->readable || socket->at_end || !socket->credit.IsLeft()) return;
  if (gathering_.socket == busy_) {
    if (gathering_.in_vain > 0) gathering_.in_vain--;
  } else if (!BeginGathering(*socket)) {
    return;
  }
  if (!loop_.busy_wait()->Gather(this, uv_hrtime() + kLongestNs)) EndGathering();
}

bool TcpStack::BeginGathering(const TcpSocket& socket) {
  if (gathering_.to_pass > 0) {
    gathering_.to_pass--;
    return false;
  }
  EndGathering();
  if (socket.is_adopted || socket.family == io::InetFamily::kLocal || loop_.busy_wait() == nullptr) return false;
  if (!io::RaiseReceiveMark(socket.fd.get(), kMarkBytes)) return false;
  gathering_.socket = socket.id;
  gathered_++;
  return true;
}

// It was in vain if the time was over before a lot had come, and not because the loop had something else to do.
void TcpStack::OnGathered(bool slept) {
  EndGathering();
  if (!slept) return;
  gathering_.in_vain = std::min(gathering_.in_vain + 1, kMostInVain);
  gathering_.to_pass = 1u << gathering_.in_vain;
}

void TcpStack::EndGathering() {
  const sctp::SocketId id = std::exchange(gathering_.socket, 0);
  if (id == 0) return;
  loop_.busy_wait()->Forget(this);
  const TcpSocket* socket = FindAny(id);
  if (socket != nullptr) io::ResetReceiveMark(socket->fd.get());
}

}  // namespace mailport::addon
