"""Expressions over candles: parsed within bounds, typed, compiled to one shared program, evaluated on whole columns."""

from tradewind.core.expressions.compiler import Compiler
from tradewind.core.expressions.incremental import ProgramState
from tradewind.core.expressions.market import Market
from tradewind.core.expressions.memo import MEMO_BYTES, Memo
from tradewind.core.expressions.parser import RESERVED, UnknownNameError, parse, parse_definitions, suggestion
from tradewind.core.expressions.program import Answer, Program, SeriesRead, Traits, joined
from tradewind.core.expressions.tree import Expression, ExpressionError, Kind, canonical

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
    "Program",
    "ProgramState",
    "SeriesRead",
    "Traits",
    "UnknownNameError",
    "canonical",
    "joined",
    "parse",
    "parse_definitions",
    "suggestion",
]
