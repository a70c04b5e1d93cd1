// Polling and sending of one UDP socket.
#include "carrier.h"

#include <algorithm>
#include <cstring>

namespace mailport::io {

namespace {

// Packets that wait for a full socket; more than this on its way out would only be delay.
constexpr size_t kKeptBytes = 512 * 1024;

}  // namespace

int Carrier::Open(const UdpParams& params, sctp::CarrierId id, bool shared, uv_loop_t* loop, UvHandle<uv_poll_t>::Token token,
                  CarrierListener* listener, std::unique_ptr<Carrier>* out) {
  std::unique_ptr<UdpSocket> socket;
  if (const int error = UdpSocket::Open(params, &socket); error != 0) return error;
  const int fd = socket->fd();
  std::unique_ptr<Carrier> carrier(new Carrier(std::move(socket), id, shared, listener));
  int status = carrier->poll_.Create(carrier.get(), std::move(token), [&](uv_poll_t* poll) { return uv_poll_init(loop, poll, fd); });
  if (status == 0) status = carrier->Poll(false);
  if (status != 0) return -status;
  *out = std::move(carrier);
  return 0;
}

int Carrier::Poll(bool for_writing) {
  // Priority events are ICMP errors (SO_SELECT_ERR_QUEUE); where the kernel does not mark them so, they come as status UV_EBADF.
  const int events = UV_READABLE | UV_PRIORITIZED | (for_writing ? UV_WRITABLE : 0);
  return uv_poll_start(poll_.get(), events, [](uv_poll_t* poll, int status, int happened) {
    static_cast<Carrier*>(poll->data)->OnPoll(status, happened);
  });
}

void Carrier::OnPoll(int status, int events) {
  // libuv stops a poll that it reports an error for. The descriptor is ours and good, so the error is one to be read from it.
  if (status < 0) Poll(kept_ != nullptr);
  if ((events & UV_WRITABLE) != 0) SendKept();
  // Last: this may be destroyed by it.
  if (status < 0 || (events & (UV_READABLE | UV_PRIORITIZED)) != 0) listener_->OnReadable(*this);
}

void Carrier::Send(std::span<const PacketRun> runs) {
  SendPosition position;
  // Later packets queue behind those that wait, or they would overtake them.
  if (kept_ == nullptr && socket_->Send(runs, &position)) return;
  Keep(runs, position);
}

void Carrier::Keep(std::span<const PacketRun> runs, SendPosition from) {
  if (kept_ == nullptr) {
    kept_ = std::make_unique<PacketBatch>(kKeptBytes);
    kept_from_ = {};
    Poll(true);
  }
  for (size_t i = from.run; i < runs.size(); i++) {
    const PacketRun& run = runs[i];
    for (size_t offset = i == from.run ? from.offset : 0; offset < run.length; offset += run.segment_bytes) {
      const size_t bytes = std::min(run.segment_bytes, run.length - offset);
      if (!kept_->HasRoom(bytes)) return;
      std::memcpy(kept_->Reserve(), run.data + offset, bytes);
      kept_->Commit(run.route, bytes);
    }
  }
}

void Carrier::SendKept() {
  if (kept_ == nullptr || !socket_->Send(kept_->runs(), &kept_from_)) return;
  kept_.reset();
  Poll(false);
}

}  // namespace mailport::io
