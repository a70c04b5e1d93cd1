%% A gen_server whose callbacks are data: each records that it was called, performs steps and returns the term that the scenario says.
%% Counterpart of servers.ts.
-module(scenario_server).
-behaviour(gen_server).
-export([start/4, init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2]).
-import(scenario_world, [record/1, resolve/1]).

%% Function: start or start_link. Args are given to init, if there are any.
start(Base, Function, Options, Args) ->
    World = scenario_world:world(),
    Name = scenario_world:next_name(World, Base),
    Init = {World, Name, Base, Args},
    Limits = [{timeout, Ms} || {ok, Ms} <- [maps:find(timeoutMs, Options)]],
    case Options of
        #{name := Registered} -> gen_server:Function({local, Registered}, ?MODULE, Init, Limits);
        _ -> gen_server:Function(?MODULE, Init, Limits)
    end.

init({World, Name, Base, Args}) ->
    scenario_world:enter(World, Name),
    scenario_world:introduce(Name, self(), server),
    {ok, Callbacks} = scenario_world:script(servers, Base),
    put(callbacks, Callbacks),
    process_flag(trap_exit, maps:get(trapExit, Callbacks, false)),
    record(list_to_tuple([init | Args])),
    act(maps:get(init, Callbacks, #{answer => [ok, 0]}), none).

handle_call(Request, From, State) ->
    put(from, From),
    record({call, Request, State}),
    act(callback(call, Request), State).

handle_cast(Message, State) ->
    record({cast, Message, State}),
    act(callback(cast, Message), State).

handle_info(Message, State) ->
    record({info, Message, State}),
    act(callback(info, Message), State).

handle_continue(Term, State) ->
    record({continue, Term, State}),
    act(callback(continue, Term), State).

terminate(Reason, State) ->
    record({terminate, Reason, State}),
    act(maps:get(terminate, get(callbacks), #{}), State).

%% What the scenario says of a message, by its tag; a cast, an info or a continuation of which it says nothing changes nothing.
callback(Kind, Message) ->
    Tag = case is_tuple(Message) of true -> element(1, Message); false -> Message end,
    case maps:get(Kind, get(callbacks), #{}) of
        #{Tag := Callback} -> Callback;
        _ when Kind =/= call -> #{answer => [noreply, '$state']}
    end.

act(Callback, State) ->
    put(state, State),
    scenario_actor:perform(maps:get(do, Callback, [])),
    resolve(maps:get(answer, Callback, ok)).
