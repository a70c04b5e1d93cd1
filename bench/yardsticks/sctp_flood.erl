%% One-way SCTP by gen_sctp, one virtual machine on each side:
%%   erl -noshell -pa DIR -run sctp_flood count MODE BUFFER_BYTES        prints its port, and after each run the messages a second that it took
%%   erl -noshell -pa DIR -run sctp_flood pour BUFFER_BYTES LENGTH       is told that port by a line of input, and makes a run for each line
%%                                                                       after it, of so many milliseconds
%% MODE is true, once or a count, which is given again when it is used up. Nagle is off on both sides.
-module(sctp_flood).
-export([count/1, pour/1]).
-include_lib("kernel/include/inet_sctp.hrl").

%% A message no longer than this ends a run.
-define(END_BYTES, 1).
-define(SENDS_PER_CLOCK_READ, 64).
%% The size of the user-level buffer into which messages are read. recbuf alone would make the buffer as large as recbuf, and every read slower.
-define(READ_BYTES, 65536).
%% Milliseconds until a send that found no room is tried again. By then there is room, and meanwhile the receiver has the processor.
-define(FULL_MS, 1).

options(BufferBytes) ->
    [binary, {ip, {127, 0, 0, 1}}, {recbuf, BufferBytes}, {sndbuf, BufferBytes}, {buffer, ?READ_BYTES}, {sctp_nodelay, true}].

count([ModeText, BufferText]) ->
    Mode = case ModeText of "true" -> true; "once" -> once; Count -> list_to_integer(Count) end,
    {ok, Socket} = gen_sctp:open(0, [{active, Mode} | options(list_to_integer(BufferText))]),
    ok = gen_sctp:listen(Socket, true),
    {ok, Port} = inet:port(Socket),
    io:format("~b~n", [Port]),
    take(Socket, Mode, 0, 0).

take(Socket, Mode, Count, Started) ->
    receive
        {sctp, Socket, _, _, {_, Data}} when is_binary(Data), byte_size(Data) > ?END_BYTES ->
            again(Socket, Mode),
            case Count of
                0 -> take(Socket, Mode, 1, erlang:monotonic_time());
                _ -> take(Socket, Mode, Count + 1, Started)
            end;
        {sctp, Socket, _, _, {_, Data}} when is_binary(Data) ->
            again(Socket, Mode),
            Took = erlang:convert_time_unit(erlang:monotonic_time() - Started, native, nanosecond),
            io:format("~.2f~n", [Count * 1.0e9 / Took]),
            take(Socket, Mode, 0, 0);
        {sctp_passive, Socket} ->
            ok = inet:setopts(Socket, [{active, Mode}]),
            take(Socket, Mode, Count, Started);
        {sctp, Socket, _, _, {_, #sctp_assoc_change{state = comm_up}}} ->
            again(Socket, Mode),
            take(Socket, Mode, Count, Started);
        {sctp, Socket, _, _, _} ->
            halt()
    end.

again(Socket, once) -> ok = inet:setopts(Socket, [{active, once}]);
again(_, _) -> ok.

pour([BufferText, LengthText]) ->
    {ok, Socket} = gen_sctp:open(0, options(list_to_integer(BufferText))),
    {ok, Assoc} = gen_sctp:connect(Socket, {127, 0, 0, 1}, read_number(), []),
    runs(Socket, Assoc#sctp_assoc_change.assoc_id, binary:copy(<<"m">>, list_to_integer(LengthText))).

runs(Socket, Id, Data) ->
    case read_number() of
        eof -> halt();
        Ms ->
            pour(Socket, Id, Data, erlang:monotonic_time(millisecond) + Ms),
            send(Socket, Id, binary:copy(<<"m">>, ?END_BYTES)),
            runs(Socket, Id, Data)
    end.

read_number() ->
    case io:get_line("") of
        eof -> eof;
        Line -> list_to_integer(string:trim(Line))
    end.

pour(Socket, Id, Data, End) ->
    [send(Socket, Id, Data) || _ <- lists:seq(1, ?SENDS_PER_CLOCK_READ)],
    case erlang:monotonic_time(millisecond) < End of
        true -> pour(Socket, Id, Data, End);
        false -> ok
    end.

%% From OTP 26.2.5 on the send waits by itself.
send(Socket, Id, Data) ->
    case gen_sctp:send(Socket, Id, 0, Data) of
        ok -> ok;
        {error, eagain} -> timer:sleep(?FULL_MS), send(Socket, Id, Data)
    end.
