%% gen_tcp and gen_udp, one virtual machine on each side of a case:
%%   erl -noshell -pa DIR -run inet_flood count TRANSPORT MODE BUFFER_BYTES   prints its port, and after each run the messages a second that it took
%%   erl -noshell -pa DIR -run inet_flood pour TRANSPORT BUFFER_BYTES LENGTH  is told that port by a line of input, and makes a run for each line after
%%                                                                           it, of so many milliseconds
%%   erl -noshell -pa DIR -run inet_flood echo TRANSPORT MODE BUFFER_BYTES    prints its port, and sends back what it is sent
%%   erl -noshell -pa DIR -run inet_flood ping TRANSPORT MODE BUFFER_BYTES LENGTH  is told that port, and prints the round trips a second of each run
%%   erl -noshell -pa DIR -run inet_flood serve                               prints its port; each connection gets a process, which answers one request
%%   erl -noshell -pa DIR -run inet_flood handoff QUEUED MS                   prints the calls of controlling_process a second, of a socket with so many
%%                                                                           messages in the mailbox of its owner
%% TRANSPORT is tcp, with packet 4 and no Nagle, or udp. MODE is true, once or a count, which is given again when it is used up.
%% BUFFER_BYTES 0 leaves the kernel's own sizes.
-module(inet_flood).
-export([count/1, pour/1, echo/1, ping/1, serve/0, handoff/1]).

%% A message no longer than this ends a run. It is the number of the run, so that an answer that comes late is not taken for that of another run.
-define(END_BYTES, 1).
-define(SENDS_PER_CLOCK_READ, 64).
%% What one read takes at most. recbuf alone would make the buffer as large as recbuf, and every read slower.
-define(READ_BYTES, 65536).
%% Milliseconds until the end of a run is said again. By UDP it may get lost.
-define(AGAIN_MS, 1).
-define(ACCEPTORS, 10).

sizes(0) -> [];
sizes(BufferBytes) -> [{recbuf, BufferBytes}, {sndbuf, BufferBytes}].

options(tcp, BufferBytes) -> [{packet, 4}, {nodelay, true} | options(udp, BufferBytes)];
options(udp, BufferBytes) -> [binary, {ip, {127, 0, 0, 1}}, {buffer, ?READ_BYTES} | sizes(BufferBytes)].

mode("true") -> true;
mode("once") -> once;
mode(Count) -> list_to_integer(Count).

%% A socket that peers can reach; its port is printed. TCP waits for the peer.
server("tcp", Mode, BufferText) ->
    {ok, Listener} = gen_tcp:listen(0, [{active, Mode} | options(tcp, list_to_integer(BufferText))]),
    print_port(Listener),
    {ok, Socket} = gen_tcp:accept(Listener),
    Socket;
server("udp", Mode, BufferText) ->
    {ok, Socket} = gen_udp:open(0, [{active, Mode} | options(udp, list_to_integer(BufferText))]),
    print_port(Socket),
    Socket.

client("tcp", Mode, BufferText, Port) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [{active, Mode} | options(tcp, list_to_integer(BufferText))]),
    Socket;
client("udp", Mode, BufferText, Port) ->
    {ok, Socket} = gen_udp:open(0, [{active, Mode} | options(udp, list_to_integer(BufferText))]),
    ok = gen_udp:connect(Socket, {127, 0, 0, 1}, Port),
    Socket.

print_port(Socket) ->
    {ok, Port} = inet:port(Socket),
    io:format("~b~n", [Port]).

count([Transport, ModeText, BufferText]) ->
    Mode = mode(ModeText),
    take(server(Transport, Mode, BufferText), Mode, 0, 0).

take(Socket, Mode, Count, Started) ->
    receive
        {tcp, Socket, Data} when byte_size(Data) > ?END_BYTES -> counted(Socket, Mode, Count, Started);
        {udp, Socket, _, _, Data} when byte_size(Data) > ?END_BYTES -> counted(Socket, Mode, Count, Started);
        {tcp, Socket, _} -> ended(Socket, Mode, Count, Started);
        {udp, Socket, Ip, Port, Data} ->
            gen_udp:send(Socket, Ip, Port, Data),
            ended(Socket, Mode, Count, Started);
        {tcp_passive, Socket} -> passive(Socket, Mode, Count, Started);
        {udp_passive, Socket} -> passive(Socket, Mode, Count, Started);
        {tcp_closed, Socket} -> halt()
    end.

counted(Socket, Mode, 0, _) ->
    again(Socket, Mode),
    take(Socket, Mode, 1, erlang:monotonic_time());
counted(Socket, Mode, Count, Started) ->
    again(Socket, Mode),
    take(Socket, Mode, Count + 1, Started).

%% By UDP the end may come twice.
ended(Socket, Mode, 0, _) ->
    again(Socket, Mode),
    take(Socket, Mode, 0, 0);
ended(Socket, Mode, Count, Started) ->
    again(Socket, Mode),
    print_rate(Count, Started),
    take(Socket, Mode, 0, 0).

passive(Socket, Mode, Count, Started) ->
    ok = inet:setopts(Socket, [{active, Mode}]),
    take(Socket, Mode, Count, Started).

again(Socket, once) -> ok = inet:setopts(Socket, [{active, once}]);
again(_, _) -> ok.

print_rate(Count, Started) ->
    Took = erlang:convert_time_unit(erlang:monotonic_time() - Started, native, nanosecond),
    io:format("~.2f~n", [Count * 1.0e9 / Took]).

pour([Transport, BufferText, LengthText]) ->
    Socket = client(Transport, true, BufferText, read_number()),
    Send = case Transport of "tcp" -> fun gen_tcp:send/2; "udp" -> fun gen_udp:send/2 end,
    Data = binary:copy(<<"m">>, list_to_integer(LengthText)),
    runs(fun(Ms, Run) ->
        pour(Socket, Send, Data, erlang:monotonic_time(millisecond) + Ms),
        say_end(Transport, Socket, <<Run>>)
    end).

pour(Socket, Send, Data, End) ->
    [Send(Socket, Data) || _ <- lists:seq(1, ?SENDS_PER_CLOCK_READ)],
    case erlang:monotonic_time(millisecond) < End of
        true -> pour(Socket, Send, Data, End);
        false -> ok
    end.

say_end("tcp", Socket, End) -> gen_tcp:send(Socket, End);
say_end("udp", Socket, End) ->
    gen_udp:send(Socket, End),
    receive {udp, Socket, _, _, End} -> ok after ?AGAIN_MS -> say_end("udp", Socket, End) end.

%% A run for each line of input.
runs(Run) -> runs(Run, 0).

runs(Run, Number) ->
    case read_number() of
        eof -> halt();
        Ms -> Run(Ms, Number rem 256), runs(Run, Number + 1)
    end.

read_number() ->
    case io:get_line("") of
        eof -> eof;
        Line -> list_to_integer(string:trim(Line))
    end.

echo([Transport, ModeText, BufferText]) ->
    Mode = mode(ModeText),
    echo(server(Transport, Mode, BufferText), Mode).

echo(Socket, Mode) ->
    receive
        {tcp, Socket, Data} -> again(Socket, Mode), ok = gen_tcp:send(Socket, Data);
        {udp, Socket, Ip, Port, Data} -> again(Socket, Mode), ok = gen_udp:send(Socket, Ip, Port, Data);
        {tcp_closed, Socket} -> halt();
        {_passive, Socket} -> ok = inet:setopts(Socket, [{active, Mode}])
    end,
    echo(Socket, Mode).

ping([Transport, ModeText, BufferText, LengthText]) ->
    Mode = mode(ModeText),
    Socket = client(Transport, Mode, BufferText, read_number()),
    Data = binary:copy(<<"m">>, list_to_integer(LengthText)),
    Send = case Transport of "tcp" -> fun gen_tcp:send/2; "udp" -> fun gen_udp:send/2 end,
    runs(fun(Ms, _) ->
        Started = erlang:monotonic_time(),
        print_rate(trips(Socket, Mode, Send, Data, Started + erlang:convert_time_unit(Ms, millisecond, native), 0), Started)
    end).

trips(Socket, Mode, Send, Data, End, Count) ->
    ok = Send(Socket, Data),
    pong(Socket, Mode),
    case erlang:monotonic_time() < End of
        true -> trips(Socket, Mode, Send, Data, End, Count + 1);
        false -> Count + 1
    end.

pong(Socket, Mode) ->
    receive
        {tcp, Socket, _} -> again(Socket, Mode);
        {udp, Socket, _, _, _} -> again(Socket, Mode);
        {_passive, Socket} ->
            ok = inet:setopts(Socket, [{active, Mode}]),
            pong(Socket, Mode)
    end.

serve() ->
    {ok, Listener} = gen_tcp:listen(0, [binary, {ip, {127, 0, 0, 1}}, {active, false}, {nodelay, true}, {backlog, 1024}]),
    print_port(Listener),
    [spawn_link(fun() -> accept(Listener) end) || _ <- lists:seq(1, ?ACCEPTORS)],
    eof = read_number(),
    halt().

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn(fun() -> receive yours -> answer(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! yours,
    accept(Listener).

answer(Socket) ->
    ok = inet:setopts(Socket, [{active, once}]),
    receive
        {tcp, Socket, Data} ->
            ok = gen_tcp:send(Socket, Data),
            gen_tcp:close(Socket);
        {tcp_closed, Socket} -> ok
    end.

handoff([QueuedText, MsText]) ->
    Queued = list_to_integer(QueuedText),
    Options = [binary, {ip, {127, 0, 0, 1}}, {packet, 1}, {active, true}],
    {ok, Listener} = gen_tcp:listen(0, Options),
    {ok, Port} = inet:port(Listener),
    {ok, Peer} = gen_tcp:connect({127, 0, 0, 1}, Port, Options),
    {ok, Socket} = gen_tcp:accept(Listener),
    [ok = gen_tcp:send(Peer, <<"m">>) || _ <- lists:seq(1, Queued)],
    until_queued(Queued),
    Other = spawn_link(fun() -> hand_back(Socket) end),
    {Count, Took} = hand_over(Socket, Other, erlang:monotonic_time(millisecond) + list_to_integer(MsText), 0, 0),
    io:format("~.2f~n", [Count * 1.0e9 / erlang:convert_time_unit(Took, native, nanosecond)]),
    halt().

until_queued(Queued) ->
    case process_info(self(), message_queue_len) of
        {_, Queued} -> ok;
        _ -> timer:sleep(1), until_queued(Queued)
    end.

%% The time of the calls alone: two at a time, there and back.
hand_over(Socket, Other, End, Count, Took) ->
    There = give(Socket, Other),
    Other ! {yours, self()},
    Back = receive {yours, _, Time} -> Time end,
    case erlang:monotonic_time(millisecond) < End of
        true -> hand_over(Socket, Other, End, Count + 2, Took + There + Back);
        false -> {Count + 2, Took + There + Back}
    end.

hand_back(Socket) ->
    receive {yours, From} -> From ! {yours, self(), give(Socket, From)} end,
    hand_back(Socket).

give(Socket, To) ->
    Before = erlang:monotonic_time(),
    ok = gen_tcp:controlling_process(Socket, To),
    erlang:monotonic_time() - Before.
