// Polling and sending of one UDP socket.
#include "udp_carrier.h"

namespace mailport::io {

int UdpCarrier::Open(const UdpParams& params, sctp::CarrierId id, bool shared, uv_loop_t* loop, UvHandle<uv_poll_t>::Token token,
                  CarrierListener* listener, std::unique_ptr<UdpCarrier>* out) {
  std::unique_ptr<UdpSocket> socket;
  if (const int error = UdpSocket::Open(params, &socket); error != 0) return error;
  const int fd = socket->fd();
  std::unique_ptr<UdpCarrier> carrier(new UdpCarrier(std::move(socket), id, shared, listener));
  int status = carrier->poll_.Create(carrier.get(), std::move(token), [&](uv_poll_t* poll) { return uv_poll_init(loop, poll, fd); });
  if (status == 0) status = carrier->Poll(false);
  if (status != 0) return -status;
  *out = std::move(carrier);
  return 0;
}

int UdpCarrier::Poll(bool for_writing) {
  // Priority events are ICMP errors (SO_SELECT_ERR_QUEUE); where the kernel does not mark them so, they come as status UV_EBADF.
  const int events = UV_READABLE | UV_PRIORITIZED | (for_writing ? UV_WRITABLE : 0);
  return uv_poll_start(poll_.get(), events, [](uv_poll_t* poll, int status, int happened) {
    static_cast<UdpCarrier*>(poll->data)->OnPoll(status, happened);
  });
}

void UdpCarrier::OnPoll(int status, int events) {
  // libuv stops a poll when it reports an error for it. The descriptor is ours and still good: the error is one that has to be read from it.
  if (status < 0) Poll(!kept_.empty());
  if ((events & UV_WRITABLE) != 0 && !kept_.empty() &&
      kept_.SendBy([this](std::span<const PacketRun> runs, SendPosition* position) { return SendNow(runs, position); })) {
    Poll(false);
  }
  // Last, because the listener may destroy this carrier.
  const bool has_errors = status < 0 || (events & UV_PRIORITIZED) != 0;
  if (has_errors || (events & UV_READABLE) != 0) listener_->OnReadable(*this, has_errors);
}

bool UdpCarrier::SendNow(std::span<const PacketRun> runs, SendPosition* position) {
  const bool all = socket_->Send(runs, position);
  for (TooBig& packet : socket_->TakeTooBig()) {
    packet.route.carrier = id();
    if (socket_->over_ip() != nullptr) packet.route.remote_udp_port = sctp::Load16(&packet.quoted[2]);
    listener_->OnTooBig(*this, packet);
  }
  return all;
}

void UdpCarrier::Send(std::span<const PacketRun> runs) {
  SendPosition position;
  const bool was_empty = kept_.empty();
  // Later packets queue behind those that wait, or they would overtake them.
  if (was_empty && SendNow(runs, &position)) return;
  kept_.Add(runs, position);
  if (was_empty) Poll(true);
}

}  // namespace mailport::io
