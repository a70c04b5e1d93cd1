%% An actor: makes the calls that it is asked to make, and gives their results. Names of sockets, actors and references are in a table that all actors share.
%% Counterpart of mailportActor.ts.
-module(script_actor).
-export([loop/0, named/2, value/1]).

loop() ->
    receive
        {'$request', Side, Id, Request} ->
            Value = try perform(resolve(Request))
                    catch error:Reason -> {raises, reason(Reason)};
                          exit:Reason when Reason =:= badarg; element(1, Reason) =:= function_clause -> {raises, reason(Reason)}
                    end,
            named({over, Id}, true),
            Side ! {answer, Id, Value},
            loop()
    end.

%% Of a failed match only the fact is given, because the value is not the same in every release.
reason({badmatch, _}) -> badmatch;
reason({case_clause, _}) -> case_clause;
%% The exit of gen_tcp:connect has the stack with it.
reason({function_clause, _}) -> function_clause;
reason(Reason) -> Reason.

perform({apply, Module, Function, Args}) -> apply(Module, Function, Args);
perform({opening, Name, Request}) ->
    case perform(Request) of
        {ok, Socket} -> opened(Name, Socket);
        Error -> Error
    end;
perform({is_open, Socket}) -> erlang:port_info(Socket) =/= undefined;
perform({owner, Socket}) -> case erlang:port_info(Socket, connected) of {connected, Pid} -> Pid; undefined -> undefined end;
perform({monitor, Socket, Name}) -> named(Name, inet:monitor(Socket)), ok;
perform({demonitor, Ref}) -> inet:cancel_monitor(Ref), ok;
perform({trap_exit, Trap}) -> process_flag(trap_exit, Trap), ok;
perform({tell, Pid, Message}) -> Pid ! Message, ok;
perform({'receive', Count}) -> [next() || _ <- lists:seq(1, Count)];
perform({receive_bytes, Socket, Count}) -> receive_bytes(Socket, Count, <<>>);
perform({await_messages, Count}) -> await_messages(Count);
perform(mailbox) -> mailbox();
perform({exit, Reason}) -> exit(Reason);
perform({exit_other, Pid, Reason}) -> exit(Pid, Reason), ok.

opened(Name, Socket) ->
    named(Name, Socket),
    case inet:port(Socket) of
        {ok, Port} when is_integer(Port) -> {opened, Port};
        %% A local socket has a path, and an accepted one whose peer has gone may have no port any more.
        _ -> {opened, 0}
    end.

next() ->
    receive Message when not (is_tuple(Message) andalso element(1, Message) =:= '$request') -> Message end.

%% What a stream brings, in whatever pieces.
receive_bytes(_, Count, Bytes) when byte_size(Bytes) >= Count -> Bytes;
receive_bytes(Socket, Count, Bytes) ->
    receive {tcp, Socket, More} -> receive_bytes(Socket, Count, iolist_to_binary([Bytes, More])) end.

%% Looks again and again, because nothing tells of a message without taking it.
await_messages(Count) ->
    case process_info(self(), message_queue_len) of
        {_, Waiting} when Waiting >= Count -> ok;
        _ -> erlang:yield(), await_messages(Count)
    end.

mailbox() ->
    receive
        Message when not (is_tuple(Message) andalso element(1, Message) =:= '$request') -> [Message | mailbox()]
    after 0 -> []
    end.

named(Name, Value) ->
    ets:insert(script_names, [{Name, Value}]).

value(Name) ->
    ets:lookup_element(script_names, Name, 2).

%% What cannot be written as a term: named values, addresses, records of some fields, payload.
resolve({'$named', Name}) -> value(Name);
resolve({'$ip', Text}) -> {ok, Ip} = inet:parse_strict_address(Text), Ip;
resolve({'$record', Name, Fields}) -> script_json:record(Name, resolve(Fields));
resolve({'$bytes', Count, Seed}) -> payload(Count, Seed);
resolve(Tuple) when is_tuple(Tuple) -> list_to_tuple(resolve(tuple_to_list(Tuple)));
resolve(Map) when is_map(Map) -> maps:map(fun(_, Part) -> resolve(Part) end, Map);
resolve([Head | Tail]) -> [resolve(Head) | resolve(Tail)];
resolve(Other) -> Other.

%% The same bytes as payload in bytes.ts.
payload(Count, Seed) ->
    Block = list_to_binary([(N * 7 + Seed * 13) band 255 || N <- lists:seq(0, 250)]),
    binary:part(binary:copy(Block, Count div 251 + 1), 0, Count).
