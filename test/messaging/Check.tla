------------------------------- MODULE Check -------------------------------
(* The module SCTP made finite, and what must hold of it: `java -cp tla2tools.jar tlc2.TLC -config Check.cfg Check.tla`.                                     *)
(*                                                                                                                                                         *)
(* Messages are numbers, in the order of their sending. To look at them less what was received makes the states finite: a queue that is right then holds   *)
(* 1, 2, ... n. The view does so; a queue that is wrong looks different, so TLC does not take it for one that it has seen.                                  *)

EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS Clients, Hosts, MaxConns, MaxQueue

VARIABLES servers, conns

(* Of each connection: how many requests and responses were sent, and how many were received. They are no part of the view. *)
VARIABLES sentReq, sentRes

S == INSTANCE SCTP

vars == <<servers, conns, sentReq, sentRes>>

NextId == CHOOSE i \in 1..(MaxConns + 1) : i \notin DOMAIN conns /\ \A j \in 1..(i - 1) : j \in DOMAIN conns

Fresh(f, i) == [x \in DOMAIN f \cup {i} |-> IF x = i THEN 0 ELSE f[x]]

Init == S!Init /\ sentReq = [i \in {} |-> 0] /\ sentRes = [i \in {} |-> 0]

Same == UNCHANGED <<sentReq, sentRes>>

StartStop == \E s \in Hosts : (S!Server!Start(s) \/ S!Server!Stop(s)) /\ Same

Connect ==
   /\ Cardinality(DOMAIN conns) < MaxConns
   /\ sentReq' = Fresh(sentReq, NextId)
   /\ sentRes' = Fresh(sentRes, NextId)
   /\ \E c \in Clients, s \in Hosts : S!Client!Connect(c, s)

Disconnect == \E c \in S!Connections : S!Client!Disconnect(c) /\ Same

SendRequest(c) ==
   /\ Len(conns[c.id].req) < MaxQueue
   /\ sentReq' = [sentReq EXCEPT ![c.id] = @ + 1]
   /\ UNCHANGED sentRes

SendResponse(c) ==
   /\ Len(conns[c.id].res) < MaxQueue
   /\ sentRes' = [sentRes EXCEPT ![c.id] = @ + 1]
   /\ UNCHANGED sentReq

Messages == \E c \in S!Connections :
   \/ SendRequest(c) /\ S!Client!Send(c, sentReq'[c.id])
   \/ SendResponse(c) /\ S!Server!Send(c, sentRes'[c.id])
   \/ S!Server!Receive(c) /\ Same
   \/ S!Client!Receive(c) /\ Same
   \/ SendResponse(c) /\ S!Server!Reply(c, sentRes'[c.id])
   \/ SendRequest(c) /\ S!Client!Reply(c, sentReq'[c.id])
   \/ SendResponse(c) /\ S!Server!Handle(c, LAMBDA x, y : S!Server!Reply(x, sentRes'[x.id]))
   \/ SendRequest(c) /\ S!Client!Handle(c, LAMBDA x, y : S!Client!Reply(x, sentReq'[x.id]))

Next == StartStop \/ Connect \/ Disconnect \/ Messages

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------

(* A queue with its messages numbered anew. *)
Renumbered(queue, sent) == [n \in 1..Len(queue) |-> queue[n] - (sent - Len(queue))]

View ==
   <<servers,
     [i \in DOMAIN conns |->
        [id |-> conns[i].id, src |-> conns[i].src, dst |-> conns[i].dst,
         req |-> Renumbered(conns[i].req, sentReq[i]), res |-> Renumbered(conns[i].res, sentRes[i])]]>>

(* First in, first out, and none invented or lost: a queue holds the last messages that were sent into it, in order. *)
Holds(queue, sent) == \A n \in 1..Len(queue) : queue[n] = sent - Len(queue) + n

Fifo == \A i \in DOMAIN conns : Holds(conns[i].req, sentReq[i]) /\ Holds(conns[i].res, sentRes[i])

Ids == \A i \in DOMAIN conns : conns[i].id = i

Belong == \A i \in DOMAIN conns : conns[i].dst \in servers

(* Of steps. *)
SmallestFree ==
   [][\A i \in DOMAIN conns' \ DOMAIN conns : i > 0 /\ \A j \in 1..(i - 1) : j \in DOMAIN conns]_vars

StopExact ==
   [][\A s \in servers \ servers' :
         /\ DOMAIN conns' = {i \in DOMAIN conns : conns[i].dst # s}
         /\ \A i \in DOMAIN conns' : conns'[i] = conns[i]]_vars

=============================================================================
