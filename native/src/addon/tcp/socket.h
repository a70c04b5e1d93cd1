// One socket of the TCP stack. There may be tens of thousands, most of them idle, so it is small, and its queues have memory only while there is something in
// them.
#pragma once

#include <cerrno>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "../../framing/inbound.h"
#include "../../framing/output_queue.h"
#include "../../io/inet_option.h"
#include "../../io/unique_fd.h"
#include "../../sctp/types.h"
#include "../busy_wait.h"

namespace mailport::addon {

struct TcpSocket {
  enum class State : uint8_t { kFresh, kListening, kConnecting, kConnected };

  // A closed socket that still has something to send.
  struct Closing {
    uint64_t wait_until_ms;     // When kFlushed is told though not everything has left.
    uint64_t give_up_at_ms;     // When the rest is dropped, unless some of it leaves before.
    bool wait_moves = false;    // The wait begins anew whenever something leaves (TC-13).
    bool told = false;          // kFlushed has been told.
  };

  TcpSocket(sctp::SocketId id, io::InetFamily family, io::UniqueFd descriptor) : fd(std::move(descriptor)), id(id), family(family) {
    credit.items = 0;
  }
  TcpSocket(const TcpSocket&) = delete;
  TcpSocket& operator=(const TcpSocket&) = delete;

  // There may be something to deliver: it was read, or is to be read, or the end has been met.
  bool MayDeliver() const { return state == State::kConnected && !told_end && credit.IsLeft() && (readable || at_end || in.size() > 0); }
  // The end of what is received, as it will be told once what came before it has been delivered.
  void End(int error) {
    at_end = true;
    end_error = error;
    readable = false;
    // A connection that is lost takes nothing more; the error is told by the end (TS-19, TH-14).
    if (error != 0 && error != EMSGSIZE && send_error == 0) send_error = EPIPE;
  }

  io::UniqueFd fd;
  const sctp::SocketId id;
  const io::InetFamily family;
  State state = State::kFresh;

  sctp::Credit credit;
  framing::Format format;
  framing::Inbound in;
  framing::OutputQueue out;
  std::unique_ptr<Closing> closing;
  uint64_t told_in_round = 0;     // Readiness told about reading in that round (see TcpStack::round_).
  uint64_t emptied_in_round = 0;  // The kernel had nothing more to read in that round.

  uint32_t high_watermark = 8192;
  uint32_t low_watermark = 4096;
  uint32_t flush_timeout_ms = 60'000;
  uint32_t linger_s = 0;
  BusyPoll busy_poll;
  int end_error = 0;
  int lost_error = 0;  // Why sending has failed, for the end that reading then meets.
  int send_error = 0;  // What the next send is answered.

  bool lingers = false;
  bool is_adopted = false;       // The descriptor was made elsewhere, and others may have it too.
  bool is_watched = false;       // Readiness tells about reading,
  bool watches_writing = false;  // and about writing.
  bool readable = true;          // As far as is known, a read gives something.
  bool peer_ended = false;       // A read that gives less than it could is followed by another one, which meets the end.
  bool at_end = false;
  bool told_end = false;
  bool is_ready = false;  // In the stack's list of sockets that may have something to deliver.
  bool is_dirty = false;  // In the stack's list of sockets whose output has not been offered to the kernel.
  bool is_blocked = false;  // The kernel takes no more for now.
  bool wants_writable = false;
  bool wants_accept = false;
  bool shut_write = false;
  bool shuts_when_empty = false;  // The end of writing leaves behind what is queued.
};

static_assert(!std::is_copy_constructible_v<TcpSocket>);

}  // namespace mailport::addon
