%% The actor benchmarks in Erlang: erl -noshell -pa DIR -run actors main CASE prints one figure. Each warms up first, in the same process.
-module(actors).
-behaviour(gen_server).
-export([main/1, ping_pong/1, flood/1, selective/1, selective_100k/1, call/1, request/1, spawn_exit/1, link_storm/1, timers/1,
         timers_fire/1, idle_memory/1]).
-export([init/1, handle_call/3, handle_cast/2]).

main([Case]) ->
    Function = list_to_existing_atom(Case),
    Count = count(Function),
    ?MODULE:Function(max(1, Count div 10)),
    io:format("~.2f~n", [?MODULE:Function(Count)]),
    halt().

count(ping_pong) -> 2_000_000;
count(flood) -> 4_000_000;
count(selective) -> 400_000;
count(selective_100k) -> 4_000;
count(call) -> 1_000_000;
count(request) -> 1_000_000;
count(spawn_exit) -> 1_000_000;
count(link_storm) -> 500_000;
count(timers) -> 1_000_000;
count(timers_fire) -> 1_000_000;
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

%% Messages a second that one process takes while another sends as fast as it can.
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

%% Messages a second received by tag past others that stay queued.
selective(Count) -> selective(Count, 1_000).
selective_100k(Count) -> selective(Count, 100_000).

selective(Count, Unmatched) ->
    Parent = self(),
    spawn(fun() ->
        [self() ! {other, I} || I <- lists:seq(1, Unmatched)],
        Started = erlang:monotonic_time(),
        wanted(Count),
        Parent ! {done, per_second(Count, Started)}
    end),
    receive {done, Rate} -> Rate end.

wanted(0) -> ok;
wanted(Count) ->
    self() ! {wanted, Count},
    receive {wanted, _} -> wanted(Count - 1) end.

%% Calls a second of one process to a server, one under way at a time.
call(Count) ->
    {ok, Server} = gen_server:start(?MODULE, 0, []),
    Started = erlang:monotonic_time(),
    calls(Server, Count),
    Rate = per_second(Count, Started),
    gen_server:stop(Server),
    Rate.

calls(_, 0) -> ok;
calls(Server, Count) ->
    _ = gen_server:call(Server, {add, Count}),
    calls(Server, Count - 1).

init(State) -> {ok, State}.
handle_call({add, Number}, _, State) -> {reply, State, State + Number}.
handle_cast(_, State) -> {noreply, State}.

%% The same by hand: a reference comes back with the answer, and no monitor watches the server.
request(Count) ->
    Server = spawn(fun answer/0),
    Started = erlang:monotonic_time(),
    requests(Server, Count),
    Rate = per_second(Count, Started),
    Server ! stop,
    Rate.

requests(_, 0) -> ok;
requests(Server, Count) ->
    Reference = make_ref(),
    Server ! {Reference, self(), Count},
    receive {Reference, _} -> requests(Server, Count - 1) end.

answer() ->
    receive
        {Reference, From, Number} -> From ! {Reference, Number}, answer();
        stop -> ok
    end.

%% Processes a second, each awaited by its monitor before the next.
spawn_exit(Count) ->
    Started = erlang:monotonic_time(),
    spawn_and_await(Count),
    per_second(Count, Started).

spawn_and_await(0) -> ok;
spawn_and_await(Count) ->
    {_, Reference} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Reference, process, _, _} -> spawn_and_await(Count - 1) end.

%% Links a second: a process links itself to 10,000 others and ends, which ends them all; a monitor of each tells so.
link_storm(Count) ->
    Size = 10_000,
    Rounds = max(1, Count div Size),
    Took = lists:sum([storm(Size) || _ <- lists:seq(1, Rounds)]),
    Rounds * Size * 1.0e9 / erlang:convert_time_unit(Took, native, nanosecond).

storm(Size) ->
    Linked = [spawn_monitor(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Size)],
    {_, Last} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Last, process, _, _} -> ok end,
    Started = erlang:monotonic_time(),
    spawn(fun() -> [link(Pid) || {Pid, _} <- Linked], exit(shutdown) end),
    [receive {'DOWN', _, process, _, shutdown} -> ok end || _ <- Linked],
    erlang:monotonic_time() - Started.

%% Timers a second that are set and then cancelled, 100,000 at a time.
timers(Count) ->
    Size = 100_000,
    Rounds = max(1, Count div Size),
    Started = erlang:monotonic_time(),
    [begin
         Set = [erlang:send_after(5_000 + I rem 100, self(), {tick, I}) || I <- lists:seq(1, Size)],
         [erlang:cancel_timer(Timer) || Timer <- Set]
     end || _ <- lists:seq(1, Rounds)],
    per_second(Rounds * Size, Started).

%% Timers a second that are set, fire within some milliseconds, and whose messages are taken, 100,000 at a time.
timers_fire(Count) ->
    Size = 100_000,
    Rounds = max(1, Count div Size),
    Started = erlang:monotonic_time(),
    [begin
         [erlang:send_after(1 + I rem 8, self(), {tick, I}) || I <- lists:seq(1, Size)],
         ticks(Size)
     end || _ <- lists:seq(1, Rounds)],
    per_second(Rounds * Size, Started).

ticks(0) -> ok;
ticks(Count) -> receive {tick, _} -> ticks(Count - 1) end.

%% Bytes that a process takes which waits for its first message.
idle_memory(Count) ->
    Before = erlang:memory(processes),
    Idle = [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Count)],
    After = erlang:memory(processes),
    [Pid ! stop || Pid <- Idle],
    (After - Before) / Count.
