"""What hostile clients write into messages: strategies made of the wire's own types, so that a new message is covered
as soon as it exists. See `attacks.py`.

Valid messages, messages with something replaced, added or left out, messages that the other side sends, ids that were
used before, revisions and items that nobody has seen, and texts that are no messages at all.
"""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec import inspect

from server.core import protocol
from server.core.protocol import CLIENT_KINDS, SERVER_KINDS, VERSION, Hello

PEERS = ("$0", "$1")
"""Stand for the peers of those who take part: whoever writes the message puts the ids in."""

IDS = st.sampled_from(("", "0", "1", "2", "c1", "c2", "c3", *PEERS, "x" * 40, "\u202e", "\U0001f469\u200d\U0001f469"))
ODD_TEXTS = (
    "",
    "\x00",
    "\u202e\u200d",
    "e\u0301" * 9,
    "\U0001f469\u200d" * 8,
    "../../x",
    "%s%n",
    "'; --",
    "\ufdfa" * 20,
)
ODD_NUMBERS = (0, 1, -1, 2**31, 2**53, -(2**53), 2**53 + 1, 2**63, 2**64, 10**30, 0.5, -0.0, 1e308)
ODD_VALUES: SearchStrategy[Any] = st.one_of(
    st.sampled_from((None, True, [], {}, [[]], {"": None}, "x" * 5000, "\ud800", *ODD_NUMBERS, *ODD_TEXTS)),
    st.recursive(
        st.none() | st.booleans() | st.integers(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)
    ),
)


def values_of(kind: inspect.Type) -> SearchStrategy[Any]:
    """Plain JSON values that a type of the wire admits."""
    match kind:
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType(ge=least, le=most):
            odd = [each for each in ODD_NUMBERS if isinstance(each, int) and (least or 0) <= each <= (most or each)]
            return st.sampled_from(odd or [least]) | st.integers(least, most)
        case inspect.FloatType(ge=least, le=most):
            return st.floats(least, most, allow_nan=False, allow_infinity=False)
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.StrType(max_length=40):
            return IDS
        case inspect.StrType(min_length=least, max_length=most, pattern=pattern):
            texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(ODD_TEXTS)
            if pattern is not None and "ud800" not in pattern:
                texts = st.from_regex(pattern)
            return texts.map(lambda text: text[:most]).filter(lambda text: len(text) >= (least or 0))
        case inspect.StrType():
            return st.text()
        case inspect.VarTupleType(item_type=item, min_length=least, max_length=most):
            return st.lists(values_of(item), min_size=least or 0, max_size=min(most or 4, 8))
        case inspect.UnionType(types=kinds):
            return st.one_of(*(values_of(each) for each in kinds))
        case inspect.StructType(cls=cls, fields=fields):
            tag = {} if cls.__struct_config__.tag is None else {"do": st.just(cls.__struct_config__.tag)}
            needed = {field.encode_name: values_of(field.type) for field in fields if field.required}
            more = {field.encode_name: values_of(field.type) for field in fields if not field.required}
            return st.fixed_dictionaries(tag | needed, optional=more)
        case _:
            raise NotImplementedError(f"the wire has a new type of value: {kind}")


def messages_of(kinds: dict[str, Any]) -> SearchStrategy[tuple[str, Any]]:
    """Kind and payload, each kind about as often as the others."""
    return st.one_of(
        *(st.tuples(st.just(name), values_of(inspect.type_info(cls))) for name, cls in sorted(kinds.items()))
    )


def _commands() -> SearchStrategy[tuple[str, Any]]:
    """Each action about as often as the others, and of revisions and items mostly those that there are."""
    actions = st.one_of(*(values_of(inspect.type_info(action)) for action in get_args(protocol.Action)))
    return st.tuples(
        st.just("command"),
        st.fixed_dictionaries(
            {
                "id": IDS,
                "revision": st.integers(0, 9) | st.just(2**53),
                "item": st.sampled_from(("", "1", "2")),
                "action": actions,
            }
        ),
    )


@st.composite
def spoilt(draw: st.DrawFn, messages: SearchStrategy[tuple[str, Any]]) -> tuple[Any, Any]:
    """A message in which something is not as it should be."""
    kind, payload = draw(messages)
    place = payload
    while isinstance(place, dict) and place and draw(st.booleans()):
        inner = place[draw(st.sampled_from(sorted(place)))]
        if not isinstance(inner, dict) or not inner:
            break
        place = inner
    match draw(st.sampled_from(("replace", "remove", "add", "kind", "payload"))):
        case "replace" if place:
            place[draw(st.sampled_from(sorted(place)))] = draw(ODD_VALUES)
        case "remove" if place:
            del place[draw(st.sampled_from(sorted(place)))]
        case "kind":
            return draw(st.sampled_from((*CLIENT_KINDS, *SERVER_KINDS)) | ODD_VALUES), payload
        case "payload":
            return kind, draw(ODD_VALUES)
        case _:
            place[draw(st.text(max_size=5))] = draw(ODD_VALUES)
    return kind, payload


def _event(message: tuple[Any, Any]) -> str:
    return "42" + json.dumps(list(message))


CLIENT = _commands() | messages_of(CLIENT_KINDS)
TEXTS: SearchStrategy[str] = st.one_of(
    CLIENT.map(_event),
    CLIENT.map(_event),
    spoilt(CLIENT).map(_event),
    messages_of(SERVER_KINDS).map(_event),
    st.lists(ODD_VALUES, max_size=4).map(lambda values: "42" + json.dumps(values)),
    st.text(max_size=50).map(lambda text: "42" + text),
)
"""What a connection may say once it is in, as texts of Engine.IO."""

_ROOMS = st.sampled_from(("parlour", "cellar", "attic", "\u200d", " cellar ", "\u202ecellar"))


@st.composite
def hellos(draw: st.DrawFn) -> str:
    """Payloads of a connect: mostly good ones, so that something comes after them."""
    hello = {"version": VERSION, "room": draw(_ROOMS), "name": draw(st.sampled_from(("Mallory", *ODD_TEXTS)))[:32]}
    if draw(st.integers(0, 3)) == 0:
        hello = draw(values_of(inspect.type_info(Hello)))
        hello["version"] = VERSION
    if draw(st.integers(0, 7)) == 0:
        _, hello = draw(spoilt(st.just(("", dict(hello)))))
    return json.dumps(hello)


def is_covered() -> bool:
    """Whether each message and each action of the wire has a strategy; raises where one has not."""
    for cls in (*CLIENT_KINDS.values(), *SERVER_KINDS.values(), *get_args(protocol.Action), Hello):
        example = values_of(inspect.type_info(cls))
        assert isinstance(example, SearchStrategy)
        assert issubclass(cls, msgspec.Struct)
    return True
