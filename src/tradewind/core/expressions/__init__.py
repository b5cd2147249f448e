"""Expressions over candles: parsed within bounds, typed, compiled to one shared program, evaluated on whole columns."""

from tradewind.core.expressions.compiler import Compiler, NotOpenError
from tradewind.core.expressions.incremental import ProgramState, Stepped, steppable
from tradewind.core.expressions.market import Market
from tradewind.core.expressions.memo import MEMO_BYTES, Memo
from tradewind.core.expressions.parser import RESERVED, UnknownNameError, parse, parse_definitions, suggestion
from tradewind.core.expressions.program import Program, SeriesRead, Traits, joined
from tradewind.core.expressions.tree import Expression, ExpressionError, Kind, canonical
from tradewind.core.expressions.values import Answer, Values

__all__ = [
    "MEMO_BYTES",
    "RESERVED",
    "Answer",
    "Compiler",
    "Expression",
    "ExpressionError",
    "Kind",
    "Market",
    "Memo",
    "NotOpenError",
    "Program",
    "ProgramState",
    "SeriesRead",
    "Stepped",
    "Traits",
    "UnknownNameError",
    "Values",
    "canonical",
    "joined",
    "parse",
    "parse_definitions",
    "steppable",
    "suggestion",
]
