// One open socket of the kernel stack: the descriptor, its place on the loop, and what was read of it and is not delivered yet.
#pragma once

#include <uv.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../kernel_sctp/assembly.h"
#include "../../kernel_sctp/received_parts.h"
#include "../../kernel_sctp/send_shares.h"
#include "../../kernel_sctp/socket.h"
#include "../busy_wait.h"
#include "../delivery.h"
#include "../socket_poll.h"

namespace mailport::addon {

class KernelSocket {
 public:
  // How much may be read ahead of the credit while the outcome of a connect is waited for. When that is full, the outcome waits too.
  static constexpr size_t kReadAheadItems = 4096;
  static constexpr size_t kReadAheadBytes = 1024 * 1024;

  KernelSocket(sctp::SocketId id, std::unique_ptr<kernel_sctp::Socket> kernel) : id(id), kernel(std::move(kernel)) {}
  KernelSocket(const KernelSocket&) = delete;
  KernelSocket& operator=(const KernelSocket&) = delete;

  // An item that was read and could not be delivered, with its payload.
  struct Queued {
    sctp::Item item;
    std::vector<uint8_t> payload;

    explicit Queued(const sctp::Item& from) : item(from), payload(from.data.begin(), from.data.end()) { item.data = payload; }
    Queued(Queued&& other) noexcept : item(other.item), payload(std::move(other.payload)) { item.data = payload; }
    Queued& operator=(Queued&& other) noexcept {
      item = other.item;
      payload = std::move(other.payload);
      item.data = payload;
      return *this;
    }
  };

  void Push(const sctp::Item& item) {
    queue.emplace_back(item);
    queue_bytes += item.data.size();
  }
  void Pop() {
    queue_bytes -= queue.front().payload.size();
    queue.pop_front();
  }
  bool MayReadAhead() const { return !watched.empty() && queue.size() < kReadAheadItems && queue_bytes < kReadAheadBytes; }
  // Items that may be read now; 0: the socket is not to be read.
  uint32_t MayRead() const {
    // A listening one-to-one socket has nothing to read, and a poll would report it again and again (FC-39).
    if (at_end || kernel->awaits_accept()) return 0;
    if (MayReadAhead()) return UINT32_MAX;
    // Queued items come first, and use up credit. Each part may be as long as its place, so no part is read after the one that may use up the bytes.
    return queue.empty() && credit.IsLeft() ? std::min<uint32_t>(credit.items, credit.bytes / kernel_sctp::ReceivedParts::kPartBytes + 1) : 0;
  }
  int PollEvents() const { return (MayRead() > 0 || wants_accept ? UV_READABLE : 0) | (wants_writable ? UV_WRITABLE : 0); }
  // What was read and is not delivered takes so much memory, with its overhead.
  size_t held_bytes() const { return queue_bytes + queue.size() * sizeof(Queued) + assembly.held_bytes(); }
  bool IsWatched(sctp::AssocId assoc) const { return std::find(watched.begin(), watched.end(), assoc) != watched.end(); }
  // Data has been read that nobody has got, so closing aborts (CL-10).
  bool HasUnreadData() const {
    return !assembly.empty() ||
           std::any_of(queue.begin(), queue.end(), [](const Queued& queued) { return queued.item.kind == sctp::ItemKind::kData; });
  }

  // What was read of the association, and what is known of it, goes on at a socket that was peeled off.
  void MoveAssociation(sctp::AssocId assoc, KernelSocket* to) {
    to->assembly.SetMaxBytes(assembly.max_bytes());
    to->busy_poll.CopyFrom(busy_poll);
    assembly.Move(assoc, &to->assembly);
    shares.Forget(assoc);
    std::deque<Queued> stays;
    for (Queued& queued : queue) {
      const bool moves = queued.item.assoc_id == assoc;
      if (moves) {
        to->queue_bytes += queued.payload.size();
        queue_bytes -= queued.payload.size();
      }
      (moves ? to->queue : stays).push_back(std::move(queued));
    }
    queue = std::move(stays);
    if (std::erase(watched, assoc) > 0) to->watched.push_back(assoc);
  }

  const sctp::SocketId id;
  std::unique_ptr<kernel_sctp::Socket> kernel;
  SocketPoll poll;  // After `kernel`, so that polling ends before the descriptor is closed.
  kernel_sctp::Assembly assembly;
  std::deque<Queued> queue;
  BusyPoll busy_poll;
  size_t queue_bytes = 0;
  // How much of the send buffer each association may take, if the socket may have several.
  kernel_sctp::SendShares shares;
  bool has_shares() const { return !kernel->one_to_one() && !kernel->peeled(); }
  std::vector<sctp::AssocId> watched;  // Connects whose outcome is waited for.
  sctp::Credit credit;
  DrainMark drain_mark;
  uint16_t opened_port = 0;     // The port that this socket has opened; 0 if it was peeled off or accepted.
  bool wants_writable = false;  // A send was refused for want of room.
  bool told_writable = false;   // kWritable has been delivered, and the kernel has taken nothing since.
  bool wants_retry = false;     // Sends were refused, and no poll tells when they may be tried again.
  bool wants_accept = false;    // An accept found nobody.
  bool at_end = false;          // The kernel says that nothing more will arrive. It is asked again later while there is an association.
};

static_assert(!std::is_copy_constructible_v<KernelSocket>);

}  // namespace mailport::addon
