%% Terms as JSON, in the form that value.ts describes, and the records of gen_sctp by their fields.
-module(script_json).
-export([encode/1, record/2]).
-include_lib("kernel/include/inet_sctp.hrl").

-define(FIELDS(Name), fields(Name) -> record_info(fields, Name)).

?FIELDS(sctp_initmsg);
?FIELDS(sctp_sndrcvinfo);
?FIELDS(sctp_assoc_change);
?FIELDS(sctp_paddr_change);
?FIELDS(sctp_remote_error);
?FIELDS(sctp_send_failed);
?FIELDS(sctp_shutdown_event);
?FIELDS(sctp_adaptation_event);
?FIELDS(sctp_pdapi_event);
?FIELDS(sctp_rtoinfo);
?FIELDS(sctp_assocparams);
?FIELDS(sctp_prim);
?FIELDS(sctp_setpeerprim);
?FIELDS(sctp_setadaptation);
?FIELDS(sctp_paddrparams);
?FIELDS(sctp_event_subscribe);
?FIELDS(sctp_assoc_value);
?FIELDS(sctp_paddrinfo);
?FIELDS(sctp_status);
fields(_) -> none.

%% A record of which only some fields are given, as a list of pairs.
record(Name, Given) ->
    list_to_tuple([Name | [proplists:get_value(Field, Given) || Field <- fields(Name)]]).

encode(Number) when is_integer(Number) -> integer_to_list(Number);
encode(Flag) when is_boolean(Flag) -> atom_to_list(Flag);
encode(Atom) when is_atom(Atom) -> quoted(atom_to_list(Atom));
encode(Bytes) when is_binary(Bytes) -> bytes(Bytes);
encode({A, B, C, D} = Ip) when A < 256, B < 256, C < 256, is_integer(A), is_integer(B), is_integer(C), is_integer(D) ->
    quoted(inet:ntoa(Ip));
encode(Ip) when tuple_size(Ip) =:= 8, is_integer(element(1, Ip)) -> quoted(inet:ntoa(Ip));
encode({local, Path}) when is_binary(Path) -> ["{\"local\":", quoted(binary_to_list(Path)), $}];
encode(Tuple) when is_tuple(Tuple) -> tuple(tuple_to_list(Tuple));
encode(List) when is_list(List) -> [$[, lists:join($,, [encode(Part) || Part <- List]), $]];
encode(Other) -> named(ets:match(script_names, {'$1', Other})).

tuple([Name | Values]) when is_atom(Name) ->
    case fields(Name) of
        Fields when length(Fields) =:= length(Values) ->
            Members = [[quoted(atom_to_list(Field)), $:, encode(Value)] || {Field, Value} <- lists:zip(Fields, Values)],
            ["{\"record\":", quoted(atom_to_list(Name)), ",\"fields\":{", lists:join($,, Members), "}}"];
        _ -> encode([Name | Values])
    end;
tuple(Values) -> encode(Values).

bytes(Bytes) ->
    Short = byte_size(Bytes) =< 64 andalso lists:all(fun(Byte) -> (Byte >= 32 andalso Byte < 127) orelse Byte =:= $\n orelse Byte =:= $\r end, binary_to_list(Bytes)),
    ["{\"bytes\":", integer_to_list(byte_size(Bytes)), ",\"crc\":", integer_to_list(erlang:crc32(Bytes)),
        [[",\"text\":", quoted(binary_to_list(Bytes))] || Short], $}].

named([[Name] | _]) -> ["{\"named\":", quoted(atom_to_list(Name)), $}];
named([]) -> "{\"named\":\"somebody\"}".

quoted(Text) -> [$", [escaped(Char) || Char <- Text], $"].

escaped(Char) when Char =:= $"; Char =:= $\\ -> [$\\, Char];
escaped($\n) -> "\\n";
escaped($\r) -> "\\r";
escaped(0) -> "\\u0000";
escaped(Char) -> Char.
