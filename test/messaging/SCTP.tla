-------------------------------- MODULE SCTP --------------------------------
(* Clients and servers that exchange messages over numbered connections, after the module of that name by Jordan Halterman (2021), with its slips corrected. *)
(* docs/messaging.md lists each slip. Check.tla beside this file makes it finite, with the invariants; Check.cfg is for TLC.                               *)

LOCAL INSTANCE Naturals

LOCAL INSTANCE Sequences

LOCAL INSTANCE TLC

(* The smallest and the largest element of a set of numbers that is not empty. *)
LOCAL Min(s) == CHOOSE x \in s : \A y \in s : x <= y

LOCAL Max(s) == CHOOSE x \in s : \A y \in s : x >= y

(* The set of servers that run. *)
VARIABLE servers

(* The connections: a function from ids to records of id, src, dst, req and res. *)
VARIABLE conns

vars == <<servers, conns>>

(* Whether c is the name of a connection that there is. A connection is named by its id; the record may have changed since c was read. *)
LOCAL IsOpen(c) == c.id \in DOMAIN conns

   ------------------------------- MODULE Client -------------------------------

   (* A client c connects to a server s that runs. The connection gets the smallest id that is free. *)
   Connect(c, s) ==
      /\ s \in servers
      /\ LET maxId  == Max(DOMAIN conns \cup {0})
             connId == Min({i \in 1..(maxId + 1) : i \notin DOMAIN conns})
         IN conns' = conns @@ (connId :> [id |-> connId, src |-> c, dst |-> s, req |-> <<>>, res |-> <<>>])
      /\ UNCHANGED servers

   Disconnect(c) ==
      /\ IsOpen(c)
      /\ conns' = [x \in DOMAIN conns \ {c.id} |-> conns[x]]
      /\ UNCHANGED servers

   Send(c, m) ==
      /\ IsOpen(c)
      /\ conns' = [conns EXCEPT ![c.id].req = Append(@, m)]
      /\ UNCHANGED servers

   Receive(c) ==
      /\ IsOpen(c)
      /\ Len(conns[c.id].res) > 0
      /\ conns' = [conns EXCEPT ![c.id].res = Tail(@)]
      /\ UNCHANGED servers

   (* Takes the first response, and sends m, in one step. *)
   Reply(c, m) ==
      /\ IsOpen(c)
      /\ Len(conns[c.id].res) > 0
      /\ conns' = [conns EXCEPT ![c.id].res = Tail(@), ![c.id].req = Append(@, m)]
      /\ UNCHANGED servers

   (* f is an action of the connection and its first response, such as Reply. *)
   Handle(c, f(_, _)) ==
      /\ IsOpen(c)
      /\ Len(conns[c.id].res) > 0
      /\ f(conns[c.id], conns[c.id].res[1])

   =============================================================================

Client == INSTANCE Client

Connections == {conns[c] : c \in DOMAIN conns}

   ------------------------------- MODULE Server -------------------------------

   Start(s) ==
      /\ servers' = servers \cup {s}
      /\ UNCHANGED conns

   (* Drops the connections of s, with their queues, and no other. *)
   Stop(s) ==
      /\ servers' = servers \ {s}
      /\ conns' = [c \in DOMAIN conns \ {d \in DOMAIN conns : conns[d].dst = s} |-> conns[c]]

   Send(c, m) ==
      /\ IsOpen(c)
      /\ conns' = [conns EXCEPT ![c.id].res = Append(@, m)]
      /\ UNCHANGED servers

   Receive(c) ==
      /\ IsOpen(c)
      /\ Len(conns[c.id].req) > 0
      /\ conns' = [conns EXCEPT ![c.id].req = Tail(@)]
      /\ UNCHANGED servers

   Reply(c, m) ==
      /\ IsOpen(c)
      /\ Len(conns[c.id].req) > 0
      /\ conns' = [conns EXCEPT ![c.id].req = Tail(@), ![c.id].res = Append(@, m)]
      /\ UNCHANGED servers

   Handle(c, f(_, _)) ==
      /\ IsOpen(c)
      /\ Len(conns[c.id].req) > 0
      /\ f(conns[c.id], conns[c.id].req[1])

   =============================================================================

Servers == servers

Server == INSTANCE Server

Init ==
   /\ servers = {}
   /\ conns = [c \in {} |-> [id |-> 0, src |-> 0, dst |-> 0, req |-> <<>>, res |-> <<>>]]

(* What may happen, for given sets of clients, of servers, and of messages. *)
Next(clients, hosts, messages) ==
   \/ \E s \in hosts : Server!Start(s) \/ Server!Stop(s)
   \/ \E c \in clients, s \in hosts : Client!Connect(c, s)
   \/ \E c \in Connections :
         \/ Client!Disconnect(c)
         \/ Client!Receive(c)
         \/ Server!Receive(c)
         \/ \E m \in messages :
               \/ Client!Send(c, m)
               \/ Server!Send(c, m)
               \/ Client!Reply(c, m)
               \/ Server!Reply(c, m)
               \/ Client!Handle(c, LAMBDA x, y : Client!Reply(x, m))
               \/ Server!Handle(c, LAMBDA x, y : Server!Reply(x, m))

=============================================================================
