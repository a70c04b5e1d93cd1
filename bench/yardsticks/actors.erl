%% The actor benchmarks in Erlang: erl -noshell -pa DIR -run actors main CASE prints one figure. Each warms up first, in the same process.
-module(actors).
-export([main/1, ping_pong/1, flood/1, selective/1, spawn_exit/1, idle_memory/1]).

main([Case]) ->
    Function = list_to_existing_atom(Case),
    Count = count(Function),
    ?MODULE:Function(max(1, Count div 10)),
    io:format("~.2f~n", [?MODULE:Function(Count)]),
    halt().

count(ping_pong) -> 2_000_000;
count(flood) -> 4_000_000;
count(selective) -> 400_000;
count(spawn_exit) -> 1_000_000;
count(idle_memory) -> 100_000.

per_second(Count, Started) ->
    Count * 1.0e9 / erlang:convert_time_unit(erlang:monotonic_time() - Started, native, nanosecond).

%% Messages a second between two processes, one message under way at a time.
ping_pong(Count) ->
    Parent = self(),
    Started = erlang:monotonic_time(),
    Pong = spawn(fun pong/0),
    spawn(fun() -> ping(Pong, Count div 2), Parent ! done end),
    receive done -> ok end,
    Pong ! stop,
    per_second(Count, Started).

ping(_, 0) -> ok;
ping(Pong, Count) ->
    Pong ! {ping, self()},
    receive pong -> ping(Pong, Count - 1) end.

pong() ->
    receive
        {ping, From} -> From ! pong, pong();
        stop -> ok
    end.

%% Messages a second that one process takes which another sends as fast as it can.
flood(Count) ->
    Parent = self(),
    Started = erlang:monotonic_time(),
    Sink = spawn(fun() -> sink(Count), Parent ! done end),
    spawn(fun() -> pour(Sink, Count) end),
    receive done -> ok end,
    per_second(Count, Started).

sink(0) -> ok;
sink(Count) -> receive {drop, _} -> sink(Count - 1) end.

pour(_, 0) -> ok;
pour(Sink, Count) -> Sink ! {drop, Count}, pour(Sink, Count - 1).

%% Messages a second received by tag past 1,000 others that stay queued.
selective(Count) ->
    Parent = self(),
    spawn(fun() ->
        [self() ! {other, I} || I <- lists:seq(1, 1000)],
        Started = erlang:monotonic_time(),
        wanted(Count),
        Parent ! {done, per_second(Count, Started)}
    end),
    receive {done, Rate} -> Rate end.

wanted(0) -> ok;
wanted(Count) ->
    self() ! {wanted, Count},
    receive {wanted, _} -> wanted(Count - 1) end.

%% Processes a second, each awaited by its monitor before the next.
spawn_exit(Count) ->
    Started = erlang:monotonic_time(),
    spawn_and_await(Count),
    per_second(Count, Started).

spawn_and_await(0) -> ok;
spawn_and_await(Count) ->
    {_, Reference} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Reference, process, _, _} -> spawn_and_await(Count - 1) end.

%% Bytes that a process takes which waits for its first message.
idle_memory(Count) ->
    Before = erlang:memory(processes),
    Idle = [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Count)],
    After = erlang:memory(processes),
    [Pid ! stop || Pid <- Idle],
    (After - Before) / Count.
