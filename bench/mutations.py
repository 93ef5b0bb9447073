"""Small faults to plant in a module: each represents a mistake that a test should notice.

Faults go into the bodies of functions. Annotations, decorators, defaults, docstrings and what a
`raise` says are left as they are, and so is `strict=` of zip, which speaks only where the code is
wrong elsewhere; that an error is raised at all is a fault of its own.
"""

import ast
import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

ORDER = {ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
         ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
         ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,),
         ast.IsNot: (ast.Is,)}  # fmt: skip
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
              ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
              ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd, ast.LShift: ast.RShift,
              ast.RShift: ast.LShift}  # fmt: skip
PAIRS = (("min", "max"), ("any", "all"), ("minimum", "maximum"), ("argmin", "argmax"),
         ("nanmin", "nanmax"), ("floor", "ceil"))  # fmt: skip
NAMES = dict(PAIRS) | {other: one for one, other in PAIRS}
SIDES = {"left": "right", "right": "left"}
Function = ast.FunctionDef | ast.AsyncFunctionDef
# A node's parent, the field that holds it, its number there if the field is a list, and the fault.
Place = tuple[ast.AST, str, int | None, ast.expr | ast.stmt]


@dataclass(frozen=True)
class Mutant:
    """One fault: the function that has it, the lines of the statement it is in, what it changes.

    `key` stays the same as long as the function does, wherever in its module it stands.
    """

    key: str
    function: str
    lines: tuple[int, int]
    change: str


def mutants(source: str) -> list[Mutant]:
    """All faults of a module."""
    return [mutant for mutant, *_ in placed(ast.parse(source))]


def plant(source: str, file: str, key: str) -> CodeType:
    """The code of the function that has one fault."""
    tree = ast.parse(source)
    for mutant, first, (parent, field, place, new) in placed(tree):
        if mutant.key == key:
            put(parent, field, place, new)
            module = compile(tree, file, "exec", dont_inherit=True)
            return next(
                code
                for code in codes(module)
                if (code.co_qualname, code.co_firstlineno) == (mutant.function, first)
            )
    raise KeyError(key)


def placed(tree: ast.Module) -> Iterator[tuple[Mutant, int, Place]]:
    """Each fault with the first line of its function and the place where it is put."""
    for name, function in functions(tree, ""):
        text = undocumented(function)
        for number, (lines, (parent, field, place, new)) in enumerate(faults(function)):
            old = getattr(parent, field)
            node = old if place is None else old[place]
            ast.copy_location(new, node)
            ast.fix_missing_locations(new)
            change = f"{brief(node)} → {brief(new)}"
            key = hashlib.sha256(f"{name}{text}{number}{change}".encode()).hexdigest()[:16]
            yield Mutant(key, name, lines, change), start(function), (parent, field, place, new)


def functions(tree: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    """Functions of a module and methods of its classes; what stands in a function belongs to it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")


def undocumented(function: Function) -> str:
    """Its code without the docstring: other words for what it does change no fault."""
    documented = ast.get_docstring(function) is not None
    body = function.body[1:] if documented else function.body
    head = [
        *function.decorator_list,
        function.args,
        *([function.returns] if function.returns else []),
    ]
    return "\n".join(map(ast.unparse, [*head, *body]))


def start(function: Function) -> int:
    """The line that Python gives as a function's first: that of its first decorator."""
    return min([function.lineno, *(one.lineno for one in function.decorator_list)])


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and those within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def faults(function: Function) -> Iterator[tuple[tuple[int, int], Place]]:
    """Each place in a body with possible wrong code for it, and the lines of its statement."""
    for place, statement in enumerate(function.body):
        if (
            place == 0
            and isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Constant)
        ):
            continue
        yield from at(function, "body", place, statement, (0, 0))


def at(
    parent: ast.AST, field: str, place: int | None, node: ast.AST, lines: tuple[int, int]
) -> Iterator[tuple[tuple[int, int], Place]]:
    """The faults of a node and of all below it."""
    if isinstance(node, ast.stmt):
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 if body else node.end_lineno
        lines = node.lineno, max(last or 0, node.lineno)
    for new in replacements(node):
        yield lines, (parent, field, place, new)
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and called(node) == "cast"):
        return
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list") or (
            name == "args" and isinstance(node, Function | ast.Lambda)
        ):
            continue
        if isinstance(value, ast.AST):
            yield from at(node, name, None, value, lines)
        elif isinstance(value, list):
            for row, one in enumerate(value):
                if isinstance(one, ast.AST):
                    yield from at(node, name, row, one, lines)
    for owner, name, where, test in conditions(node):
        yield lines, (owner, name, where, ast.UnaryOp(ast.Not(), test))


def conditions(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.expr]]:
    """Conditions that no other fault reverses."""
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests: list[tuple[ast.AST, str, int | None, ast.expr]] = [(node, "test", None, node.test)]
    elif isinstance(node, ast.comprehension):
        tests = [(node, "ifs", number, one) for number, one in enumerate(node.ifs)]
    else:
        tests = []
    for one in tests:
        reversed_already = isinstance(one[3], ast.Compare) and len(one[3].ops) == 1
        if not reversed_already and not (
            isinstance(one[3], ast.UnaryOp) and isinstance(one[3].op, ast.Not)
        ):
            yield one


def replacements(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:  # noqa: PLR0912 - a case a kind of node
    """Possible wrong code in the place of one node."""
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                for other in ORDER[type(operator)]:
                    new = copy.deepcopy(node)
                    new.ops[place] = other()
                    yield new
        case ast.BinOp() if type(node.op) in ARITHMETIC and not wording(node):
            yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
        case ast.AugAssign():
            if type(node.op) in ARITHMETIC:
                yield ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
            yield ast.Pass()
        case ast.BoolOp():
            other_op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield ast.BoolOp(other_op, node.values)
        case ast.UnaryOp():
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float() as number):
            yield ast.Constant(number + 1)
        case ast.Constant(value=str()) if node.value in SIDES:
            yield ast.Constant(SIDES[node.value])
        case ast.Name() if node.id in NAMES:
            yield ast.Name(NAMES[node.id], node.ctx)
        case ast.Attribute() if node.attr in NAMES:
            yield ast.Attribute(node.value, NAMES[node.attr], node.ctx)
        case ast.Return() if node.value is not None and not (
            isinstance(node.value, ast.Constant) and node.value.value is None
        ):
            yield ast.Return(ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.Assign(targets=[ast.Subscript()]):
            yield ast.Pass()


def wording(node: ast.BinOp) -> bool:
    """Whether an operator joins or fills text."""
    return any(
        isinstance(one, ast.JoinedStr)
        or (isinstance(one, ast.Constant) and isinstance(one.value, str))
        for one in (node.left, node.right)
    )


def called(node: ast.Call) -> str:
    """The name that is called, where it is a plain one."""
    return node.func.id if isinstance(node.func, ast.Name) else ""


def put(parent: ast.AST, field: str, place: int | None, node: ast.AST) -> None:
    """Set one field, or one element of it."""
    if place is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[place] = node


def brief(node: ast.AST) -> str:
    """A node in one line."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else text[:60] + " … " + text[-25:]
