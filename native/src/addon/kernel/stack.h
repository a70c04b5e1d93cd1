// The kernel's SCTP as an SctpStack: one poll for each socket on the environment's loop, read under credit into batches. Everything happens on the
// loop's thread, and the stack ends with the environment. Sockets begin and end in stack.cc; calls about one socket are in calls.cc, sending is in
// sends.cc, reading in reads.cc, what the loop does in turns.cc, and associations whose end the kernel does not tell in endings.cc.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "../../kernel_sctp/received_parts.h"
#include "../delivery.h"
#include "../retry_timer.h"
#include "../sctp_stack.h"
#include "../socket_poll.h"
#include "../stack_loop.h"
#include "socket.h"

namespace mailport::addon {

class KernelStack final : public SctpStack,
                          private ItemSource,
                          private StackLoop::Listener,
                          private SocketPoll::Listener,
                          private RetryTimer::Listener {
 public:
  // `object` becomes the callback's `this`, and gets the batch's properties. Null if the environment has no loop to offer; ended() if the loop
  // gave no handles. Whether the kernel has SCTP shows when a socket is opened.
  static std::unique_ptr<SctpStack> Create(Napi::Env env, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait);

  const char* name() const override { return "kernel"; }
  bool takes_runs() const override { return true; }
  bool ended() const override { return delivery_.ended(); }
  void OnProcessExit() override;

  int Open(const OpenRequest& request, sctp::SocketId* id) override;
  int Listen(sctp::SocketId id, uint32_t backlog) override;
  int Connect(sctp::SocketId id, const std::vector<sctp::IpAddress>& addresses, uint16_t port, bool watch,
              sctp::AssocId* assoc) override;
  void Unwatch(sctp::SocketId id, sctp::AssocId assoc) override;
  int Send(sctp::SocketId id, const sctp::SendParams& params, sctp::Bytes data) override;
  sctp::SendsTaken SendMany(sctp::SocketId id, std::span<const sctp::SendRequest> requests) override;
  void SetCredit(sctp::SocketId id, sctp::Credit credit) override;
  size_t Drain(Napi::Env env, sctp::SocketId id) override;
  int Accept(sctp::SocketId id, sctp::SocketId* accepted) override;
  int Bindx(sctp::SocketId id, const std::vector<sctp::IpAddress>& addresses, bool add) override;
  int ResetStreams(sctp::SocketId id, sctp::AssocId assoc, uint32_t directions, const std::vector<uint32_t>& streams) override;
  int ResetAssociation(sctp::SocketId id, sctp::AssocId assoc) override;
  int AddStreams(sctp::SocketId id, sctp::AssocId assoc, uint16_t inbound, uint16_t outbound) override;
  int PeelOff(sctp::SocketId id, sctp::AssocId assoc, sctp::SocketId* peeled) override;
  int Close(sctp::SocketId id, bool abort) override;
  int SetOption(sctp::SocketId id, sctp::Option option, const sctp::OptionKey& key, const std::vector<uint32_t>& values) override;
  int GetOption(sctp::SocketId id, sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) override;
  int SockName(sctp::SocketId id, BoundName* name) override;
  int LocalNames(sctp::SocketId id, sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) override;
  int PeerNames(sctp::SocketId id, sctp::AssocId assoc, std::vector<sctp::PeerName>* names) override;
  sctp::AssocId FindAssociation(sctp::SocketId id, const sctp::IpAddress& peer, uint16_t port) override;
  void QueuedBytes(sctp::SocketId id, size_t* in, size_t* out) override;
  Counters Stats() override;

 private:
  // An association that may have ended without an event, see SettleVanished.
  struct Vanished {
    sctp::SocketId id;
    sctp::AssocId assoc;
  };

  // stack.cc
  KernelStack(Napi::Env env, uv_loop_t* loop, Napi::Object object, Napi::Function on_batch, BusyWait& busy_wait);
  int CreateHandles();
  void OnEnvironmentEnd() override;
  // Null if it is not open.
  KernelSocket* Find(sctp::SocketId id);
  bool HasOpen(const std::vector<sctp::IpAddress>& addresses, uint16_t port) const;
  int Add(std::unique_ptr<kernel_sctp::Socket> kernel, sctp::SocketId* id);
  static void Release(KernelSocket& socket, bool abort);

  // sends.cc
  // Whether the association may still take from the send buffer. If not, kWritable will come.
  bool MaySend(KernelSocket& socket, const sctp::SendParams& params, sctp::Bytes data);
  void NoteSend(KernelSocket& socket, const sctp::SendParams& params, sctp::Bytes data, bool taken);
  // A send found no room: kWritable will come.
  void AwaitRoom(KernelSocket& socket);
  void AskAgain(KernelSocket& socket);
  void TellRoom(KernelSocket& socket);
  void OnRetryTimer() override;

  // reads.cc
  // Reads at most `budget` parts, as far as credit and batch allow. True: nothing more waits.
  bool Read(KernelSocket& socket, unsigned budget);
  // False if the parts read after this one belong to nobody any more.
  bool TakePart(KernelSocket& socket, const kernel_sctp::Part& part);
  void TakeItem(KernelSocket& socket, const sctp::Item& item);
  void OnEnd(KernelSocket& socket);
  void OnEndTimer();
  void DeliverHeld(sctp::SocketId id) override;
  void ReadMore(sctp::SocketId id) override;
  void DeliverQueued(KernelSocket& socket);

  // turns.cc
  void OnPoll(sctp::SocketId id, int status, int events) override;
  void OnPrepare() override;
  void LookAtPoll(KernelSocket& socket) { changed_polls_.Add(socket.poll); }

  // endings.cc
  // Ends the association of a message that is too large. As TakePart.
  bool GiveUp(KernelSocket& socket, const sctp::Item& item);
  // The kernel has taken a send, which may have ended an attempt whose outcome is waited for, see SettleVanished.
  void NoteSent(const KernelSocket& socket, const sctp::SendParams& params);
  void SettleVanished();

  // Parts of one wake-up.
  static constexpr unsigned kPartsPerWakeup = 512;

  StackLoop loop_;
  Delivery delivery_;
  kernel_sctp::ReceivedParts received_;
  bool end_timer_runs_ = false;
  std::vector<Vanished> perhaps_vanished_;
  ChangedPolls changed_polls_;
  sctp::SocketId last_id_ = 0;
  uint64_t read_errors_ = 0;
  uint64_t read_calls_ = 0;
  uint64_t send_calls_ = 0;
  // Ports that sockets of this stack have been bound to. Associations that closed sockets have left there do not keep a new socket from binding.
  std::unordered_set<uint16_t> ports_had_;
  std::unordered_map<sctp::SocketId, KernelSocket> sockets_;
  io::UvHandle<uv_timer_t> end_timer_;
  RetryTimer retry_timer_;
};

static_assert(!std::is_copy_constructible_v<KernelStack>);

}  // namespace mailport::addon
