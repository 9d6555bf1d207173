"""What a plain sum comes to: people ask an assistant such things, and no document knows them."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException, localcontext

_LIKE_A_DATE = re.compile(r"[\d\-/:.()\s]*\d[-/:]\d[\d\-/:.()\s]*")
"""Without a word before it: dates, times and telephone numbers have these signs and no space beside them."""
_ASKED = re.compile(
    r"^(?:сколько будет|посчитай|вычисли|how much is|what is|calculate)?\s*(?P<sum>[\d\s.,+\-*/×÷:()]+)=?\??$"
)
_LONGEST = 100
_DIGITS = 20
_OPERATORS: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def value_of(said: str) -> str | None:
    """Return what a sum comes to, as people write numbers; None for everything else."""
    asked = _ASKED.match(said)
    if not asked or len(said) > _LONGEST or not any(sign in asked["sum"] for sign in "+-*/×÷:"):
        return None
    if said == asked["sum"] and _LIKE_A_DATE.fullmatch(said):
        return None
    written = re.sub(r"(?<=\d)\s(?=\d)", "", asked["sum"]).replace(",", ".").replace("×", "*")
    written = re.sub("[÷:]", "/", written).strip()
    try:
        tree = ast.parse(written, mode="eval")
        with localcontext() as context:
            context.prec = _DIGITS
            value = _evaluated(tree.body)
    except (SyntaxError, ValueError, DecimalException, RecursionError):
        return None
    return f"{value.normalize():f}".replace(".", ",")


def _evaluated(node: ast.expr) -> Decimal:
    """Raises ValueError for what is no number and no sum."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Decimal(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluated(node.operand)
    if isinstance(node, ast.BinOp) and (carry_out := _OPERATORS.get(type(node.op))):
        return carry_out(_evaluated(node.left), _evaluated(node.right))
    raise ValueError(ast.dump(node))
