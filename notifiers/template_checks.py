"""What a template may say, checked when it is loaded.

Jinja's sandbox stops escapes through attributes but not `'a' * 10**9`; so a template
may only write declared names through listed filters, choose, and loop over lists.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes

from engine.domain.errors import TacitError
from engine.domain.problems import Problem, did_you_mean
from notifiers.filters import FILTERS
from notifiers.shapes import TEXT, write_body
from notifiers.template_files import Part, TemplateFile
from notifiers.values import LISTS, NAMES

_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Const,
    nodes.Name,
    nodes.Filter,
    nodes.Keyword,
    nodes.Test,
    nodes.For,
)
_REFUSED: Final = {
    nodes.Getattr: "a dot reaches into a value",
    nodes.Getitem: "brackets reach into a value",
    nodes.Call: "calls are not allowed",
    nodes.Include: "a template cannot include another",
    nodes.Import: "a template cannot import another",
    nodes.FromImport: "a template cannot import another",
    nodes.Extends: "a template cannot extend another",
    nodes.Macro: "macros are not allowed",
    nodes.Assign: "a template cannot set a name",
    nodes.BinExpr: "a template cannot compute",
}
_WHAT_IS_ALLOWED: Final = "allowed: {{ name | filter }}, {% if %} and {% for %}"
_BAD_LINK: Final = re.compile(
    r"\]\((?!https://|mailto:|\{\{ \w+ \| link \}\}\))[^)]*\)?"
)
_NOT_OUR_MARKDOWN: Final = re.compile(
    r"^\s*(?:#{1,6} |\||>|\d+[.)] |[*+] |`{3}|</?[a-zA-Z])|!\["
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in which template something stands."""

    template: TemplateFile
    line: int

    def problem(self, message: str, hint: str = "", word: str = "") -> Problem:
        lines = self.template.text.split("\n")
        source = lines[self.line - 1] if self.line <= len(lines) else ""
        # Jinja's tree knows lines only; the word is looked up inside the braces.
        pattern = rf"\{{[{{%](?:[^}}]*?\W)?({re.escape(word)})(?:\W|$)" if word else ""
        found = re.search(pattern, source) if word else None
        column = found.start(1) + 1 if found else 1
        return Problem(
            self.template.file,
            self.line,
            column,
            message,
            hint,
            source=source,
            length=len(word) if found else max(1, len(source)),
        )


@dataclass(frozen=True, slots=True)
class _Scope:
    """The names known at one place, each with an example to try filters on."""

    template: TemplateFile
    examples: Mapping[str, object]
    environment: Environment

    def inside(self, loop: nodes.For) -> "_Scope":
        """The same with the loop's own name."""
        name = _loop_name(loop)
        if name is None or not isinstance(loop.iter, nodes.Name):
            return self
        # What is no list is reported on its own.
        one = next(iter(LISTS.get(loop.iter.name, ())), "one")
        return replace(self, examples={**self.examples, name: one})

    def example_of(self, node: nodes.Node) -> object:
        """What an expression would write; LookupError for one that is not plain."""
        if isinstance(node, nodes.Name):
            return self.examples[node.name]
        if isinstance(node, nodes.Const):
            return node.value
        if isinstance(node, nodes.Filter) and node.node is not None:
            inputs = [self.example_of(part) for part in (node.node, *node.args)]
            return self.environment.filters[node.name](*inputs)
        raise LookupError(type(node).__name__)


def problems_of(template: TemplateFile, environment: Environment) -> list[Problem]:
    """Every mistake in one template, each once."""
    found = [
        problem
        for part in template.parts
        for problem in _part_problems(template, part, environment)
    ]
    return list(dict.fromkeys(found))


def _part_problems(
    template: TemplateFile, part: Part, environment: Environment
) -> Iterator[Problem]:
    if not part.is_html:
        yield from _markdown_problems(template, part)
    try:
        # Lines of padding, so that Jinja counts as the file does.
        tree = environment.parse("\n" * (part.line - 1) + part.text)
    except TemplateSyntaxError as error:
        yield _Place(template, error.lineno).problem(str(error.message))
        return
    examples = {
        name: NAMES[name].example if name in NAMES else "" for name in part.names
    }
    yield from _node_problems(tree, _Scope(template, examples, environment))
    if not part.is_html:
        yield from _shape_problems(template, part, environment)


def _shape_problems(
    template: TemplateFile, part: Part, environment: Environment
) -> Iterator[Problem]:
    try:
        write_body(part.text, TEXT, environment)
    except ValueError as error:
        yield _Place(template, part.line).problem(str(error))


def _markdown_problems(template: TemplateFile, part: Part) -> Iterator[Problem]:
    for number, line in enumerate(part.text.split("\n"), start=part.line):
        if _NOT_OUR_MARKDOWN.search(line):
            yield _Place(template, number).problem(
                "this is not one of the forms of Markdown that templates use",
                "allowed: paragraphs, **bold**, [links](https://…) and - bullets",
            )
        if _BAD_LINK.search(line):
            yield _Place(template, number).problem(
                "a link must start with https:// or mailto:",
                "or be an answer's own: [words]({{ answer | link }})",
            )


def _node_problems(node: nodes.Node, scope: _Scope) -> Iterator[Problem]:
    place = _Place(scope.template, node.lineno)
    match node:
        case nodes.Name(name=name) if name not in scope.examples:
            hint = did_you_mean(name, scope.examples)
            yield place.problem(f'unknown name "{name}"', hint, name)
        case nodes.Filter():
            yield from _filter_problems(node, place, scope)
        case nodes.Test(name=name) if name != "none":
            yield place.problem(f'unknown test "{name}"', "known: none", name)
        case nodes.For():
            yield from _loop_problems(node, place)
            scope = scope.inside(node)
    if not isinstance(node, _ALLOWED):
        yield place.problem(_refusal(node), _WHAT_IS_ALLOWED)
        return
    for child in node.iter_child_nodes(exclude=("target",)):
        yield from _node_problems(child, scope)


def _filter_problems(
    node: nodes.Filter, place: _Place, scope: _Scope
) -> Iterator[Problem]:
    if node.name not in FILTERS:
        hint = did_you_mean(node.name, FILTERS)
        yield place.problem(f'unknown filter "{node.name}"', hint, node.name)
        return
    plain = all(isinstance(arg, nodes.Name | nodes.Const) for arg in node.args)
    if node.node is None or not plain or node.kwargs or node.dyn_args:
        what = f'the filter "{node.name}" takes plain names and texts'
        yield place.problem(what, word=node.name)
        return
    try:
        inputs = [scope.example_of(part) for part in (node.node, *node.args)]
    except (LookupError, TypeError, ValueError, TacitError):
        return  # what stands inside is wrong, and is reported on its own
    try:
        scope.environment.filters[node.name](*inputs)
    except (TypeError, ValueError, TacitError) as error:
        what = f'the filter "{node.name}" cannot take this: {error}'
        yield place.problem(what, FILTERS[node.name], node.name)


def _loop_problems(node: nodes.For, place: _Place) -> Iterator[Problem]:
    if not isinstance(node.iter, nodes.Name) or node.iter.name not in LISTS:
        known = ", ".join(sorted(LISTS))
        yield place.problem("a loop runs over a list", f"lists: {known}", "for")
    if not _loop_name(node) or node.test or node.recursive:
        what = "a loop is written {% for one in list %}, with a name not in use"
        yield place.problem(what, word="for")


def _loop_name(node: nodes.For) -> str | None:
    if isinstance(node.target, nodes.Name) and node.target.name not in NAMES:
        return node.target.name
    return None


def _refusal(node: nodes.Node) -> str:
    for kind, sentence in _REFUSED.items():
        if isinstance(node, kind):
            return sentence
    return f"{type(node).__name__.lower()} is not allowed in a template"
