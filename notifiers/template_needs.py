"""Which values a template needs: those that it writes without having asked for them.

A value that some changes lack may be written only after `{% if … %}` has asked for it,
or through `default`. What is written all the same is what the template is about.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, nodes

from notifiers.template_files import TemplateFile
from notifiers.values import NAMES


@dataclass(frozen=True, slots=True)
class Need:
    """A value that is written at a line; `in_branch` where only some letters do."""

    name: str
    line: int
    in_branch: bool = False


def needs_of(template: TemplateFile, environment: Environment) -> list[Need]:
    """What the template writes without having asked whether it is there."""
    found: list[Need] = []
    for part in template.parts:
        # Lines of padding, so that Jinja counts as the file does.
        tree = environment.parse("\n" * (part.line - 1) + part.text)
        found += _needs(tree, frozenset(), in_branch=False)
    return found


def _needs(
    node: nodes.Node, asked: frozenset[str], *, in_branch: bool
) -> Iterator[Need]:
    match node:
        case nodes.Name(name=name):
            if name in NAMES and name not in asked:
                yield Need(name, node.lineno, in_branch)
        case nodes.Filter(name="default"):
            return
        case nodes.If():
            yield from _needs_of_choice(node, asked)
        case nodes.For():
            # A list is never absent, only empty.
            for child in node.body:
                yield from _needs(child, asked, in_branch=True)
        case _:
            for child in node.iter_child_nodes():
                yield from _needs(child, asked, in_branch=in_branch)


def _needs_of_choice(node: nodes.If, asked: frozenset[str]) -> Iterator[Need]:
    """A test itself needs nothing; what it names is asked for in every branch of it."""
    named = [node.test] if isinstance(node.test, nodes.Name) else []
    named += node.test.find_all(nodes.Name)
    known = asked | {name.name for name in named}
    for child in (*node.body, *node.elif_, *node.else_):
        yield from _needs(child, known, in_branch=True)
