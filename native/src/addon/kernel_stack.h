// The kernel's SCTP as a Stack: one poll for each socket on the environment's loop, read under credit into batches. Everything happens on the
// loop's thread. It ends with the environment (Shutdown). Calls are in kernel_stack.cc, what the loop does in kernel_turns.cc.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "batch_callback.h"
#include "kernel_port.h"
#include "record_batch.h"
#include "stack.h"

namespace mailport::addon {

class KernelStack final : public Stack {
 public:
  // `object` becomes the callback's `this`, and gets the batch's properties. Null if the environment has no loop to offer; ended() if the loop
  // gave no handles. Whether the kernel has SCTP shows when a socket is opened.
  static std::unique_ptr<Stack> Create(Napi::Env env, Napi::Object object, Napi::Function on_batch);

  const char* name() const override { return "kernel"; }
  bool takes_runs() const override { return true; }
  bool ended() const override { return ended_; }
  void OnProcessExit() override;

  int Open(const OpenRequest& request, sctp::SocketId* socket) override;
  int Listen(sctp::SocketId socket, uint32_t backlog) override;
  int Connect(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, uint16_t port, bool watch,
              sctp::AssocId* assoc) override;
  void Unwatch(sctp::SocketId socket, sctp::AssocId assoc) override;
  int Send(sctp::SocketId socket, const sctp::SendParams& params, sctp::Bytes data) override;
  sctp::SendsTaken SendMany(sctp::SocketId socket, std::span<const sctp::SendRequest> requests) override;
  void SetCredit(sctp::SocketId socket, sctp::Credit credit) override;
  size_t Drain(Napi::Env env, sctp::SocketId socket) override;
  int Accept(sctp::SocketId socket, sctp::SocketId* accepted) override;
  int Bindx(sctp::SocketId socket, const std::vector<sctp::IpAddress>& addresses, bool add) override;
  int ResetStreams(sctp::SocketId socket, sctp::AssocId assoc, uint32_t directions, const std::vector<uint32_t>& streams) override;
  int ResetAssociation(sctp::SocketId socket, sctp::AssocId assoc) override;
  int AddStreams(sctp::SocketId socket, sctp::AssocId assoc, uint16_t inbound, uint16_t outbound) override;
  int PeelOff(sctp::SocketId socket, sctp::AssocId assoc, sctp::SocketId* peeled) override;
  int Close(sctp::SocketId socket, bool abort) override;
  int SetOption(sctp::SocketId socket, sctp::Option option, const sctp::OptionKey& key, const std::vector<uint32_t>& values) override;
  int GetOption(sctp::SocketId socket, sctp::Option option, const sctp::OptionKey& key, std::vector<uint32_t>* values) override;
  int SockName(sctp::SocketId socket, BoundName* name) override;
  int LocalNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::IpAddress>* addresses) override;
  int PeerNames(sctp::SocketId socket, sctp::AssocId assoc, std::vector<sctp::PeerName>* names) override;
  sctp::AssocId FindAssociation(sctp::SocketId socket, const sctp::IpAddress& peer, uint16_t port) override;
  void QueuedBytes(sctp::SocketId socket, size_t* in, size_t* out) override;
  Counters Stats() override;

 private:
  using Token = io::UvHandle<uv_poll_t>::Token;

  // A poll's data: where it belongs, by number, as JavaScript may close any socket while polls report.
  struct PollOwner {
    KernelStack* stack;
    sctp::SocketId socket;
  };
  struct Entry {
    std::unique_ptr<PollOwner> owner;
    std::unique_ptr<KernelPort> port;
  };

  KernelStack(Napi::Env env, uv_loop_t* loop, Napi::Object object, Napi::Function on_batch);
  int CreateHandles();
  static void OnCleanup(napi_async_cleanup_hook_handle hook, void* stack);
  void Shutdown();
  KernelPort* Find(sctp::SocketId socket);
  // Whether the association has its share of the send buffer still; if not, kWritable will come.
  bool MaySend(KernelPort& port, const sctp::SendParams& params, sctp::Bytes data);
  void NoteSend(KernelPort& port, const sctp::SendParams& params, sctp::Bytes data, bool taken);
  // A send found no room: kWritable will come.
  void AwaitRoom(KernelPort& port);
  void AskAgain(KernelPort& port);
  bool HasOpen(const std::vector<sctp::IpAddress>& addresses, uint16_t port) const;
  int Add(std::unique_ptr<kernel_sctp::Socket> socket, sctp::SocketId* id);
  static void Release(KernelPort& port, bool abort);

  void OnPoll(sctp::SocketId socket, int status, int events);
  void OnPrepare();
  void OnTimer();
  void TellRoom(KernelPort& port);
  void RunRetryTimer();
  void OnRetryTimer();
  void BeginCollecting();
  void EndTurn();
  void Collect();
  void CollectUrgent(sctp::SocketId only);
  bool HasDeliveries() const { return !urgent_.empty() || !wants_drain_.empty(); }
  void CallJavaScript();
  // Reads at most `budget` parts, as far as credit and batch allow. Whether it came to where nothing more waits.
  bool Read(KernelPort& port, unsigned budget);
  // False if the parts read after it are nobody's any more.
  bool TakePart(KernelPort& port, const kernel_sctp::Part& part);
  // Ends the association of a message that is too large. As TakePart.
  bool GiveUp(KernelPort& port, const sctp::Item& item);
  // Has been taken; it may have ended an attempt whose outcome is waited for, see SettleVanished.
  void NoteSent(const KernelPort& port, const sctp::SendParams& params);
  void SettleVanished();
  void TakeItem(KernelPort& port, const sctp::Item& item);
  void OnEnd(KernelPort& port);
  void DeliverUrgent(KernelPort& port, const sctp::Item& item);
  void DeliverQueued(KernelPort& port);
  // Will be in the next batch.
  void WantDrain(KernelPort& port);
  // The poll is brought in line with what the port waits for before the loop waits.
  void LookAtPoll(KernelPort& port);
  void UpdatePolls();
  void UpdatePoll(KernelPort& port);

  // Parts of one wake-up.
  static constexpr unsigned kPartsPerWakeup = 512;

  struct Vanished {
    sctp::SocketId socket;
    sctp::AssocId assoc;
  };
  struct Urgent {
    sctp::SocketId socket;
    sctp::Item item;
  };

  uv_loop_t* loop_;
  Token token_;  // Released when the last libuv handle is closed: the environment may go on ending then.
  bool ended_ = false;
  bool collecting_ = false;   // The batch takes items.
  bool in_callback_ = false;  // The batch is being read by JavaScript.
  bool timer_runs_ = false;
  bool retry_runs_ = false;
  uint64_t retry_ms_ = 0;  // How long the last wait was for sends that no poll tells of; 0: something has been taken since.
  BatchCallback callback_;
  RecordBatch batch_;
  kernel_sctp::ReceiveBatch received_;
  std::vector<Urgent> urgent_;  // Without payload.
  std::vector<Vanished> perhaps_vanished_;
  std::vector<sctp::SocketId> wants_drain_;
  std::vector<sctp::SocketId> polls_change_;
  sctp::SocketId last_id_ = 0;
  uint64_t read_errors_ = 0;
  uint64_t read_calls_ = 0;
  uint64_t send_calls_ = 0;
  // Ports that sockets of this stack have been bound to: what is left there of closed ones does not keep a new one from binding.
  std::unordered_set<uint16_t> ports_had_;
  std::unordered_map<sctp::SocketId, Entry> sockets_;
  io::UvHandle<uv_prepare_t> prepare_;
  io::UvHandle<uv_idle_t> idle_;
  io::UvHandle<uv_timer_t> timer_;
  io::UvHandle<uv_timer_t> retry_timer_;
};

static_assert(!std::is_copy_constructible_v<KernelStack>);

}  // namespace mailport::addon
