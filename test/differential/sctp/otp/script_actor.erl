%% An actor: makes the calls that it is asked to make, and gives their results. Names of sockets, actors and references are in a table that all actors share.
%% Counterpart of mailportCalls.ts.
-module(script_actor).
-export([loop/0, named/2, value/1]).

loop() ->
    receive
        {'$request', Side, Id, Request} ->
            Value = try perform(resolve(Request)) catch error:Reason -> {raises, reason(Reason)} end,
            named({over, Id}, true),
            Side ! {answer, Id, Value},
            loop()
    end.

%% Of a failed match only the fact is given, because the value is not the same in every release.
reason({badmatch, _}) -> badmatch;
reason({case_clause, _}) -> case_clause;
reason(Reason) -> Reason.

perform({apply, Module, Function, Args}) -> apply(Module, Function, Args);
perform({open, Name, Options}) ->
    case gen_sctp:open(Options) of
        {ok, Socket} -> opened(Name, Socket);
        Error -> Error
    end;
perform({peeloff, Socket, Assoc, Name}) ->
    case gen_sctp:peeloff(Socket, Assoc) of
        {ok, Peeled} -> opened(Name, Peeled);
        Error -> Error
    end;
perform({is_open, Socket}) -> erlang:port_info(Socket) =/= undefined;
perform({owner, Socket}) -> case erlang:port_info(Socket, connected) of {connected, Pid} -> Pid; undefined -> undefined end;
perform({monitor, Socket, Name}) -> named(Name, inet:monitor(Socket)), ok;
perform({demonitor, Ref}) -> inet:cancel_monitor(Ref), ok;
perform({trap_exit, Trap}) -> process_flag(trap_exit, Trap), ok;
perform({tell, Pid, Message}) -> Pid ! Message, ok;
perform({'receive', Count}) -> [next() || _ <- lists:seq(1, Count)];
perform({await_messages, Count}) -> await_messages(Count);
perform(mailbox) -> mailbox();
perform({exit, Reason}) -> exit(Reason);
perform({exit_other, Pid, Reason}) -> exit(Pid, Reason), ok.

opened(Name, Socket) ->
    named(Name, Socket),
    {ok, Port} = inet:port(Socket),
    {opened, Port}.

next() ->
    receive Message when not (is_tuple(Message) andalso element(1, Message) =:= '$request') -> Message end.

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
