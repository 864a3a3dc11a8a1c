"""The rules that a home has ever used, as far as they still compile."""

from engine.domain.rule_compiler import compile_kept
from engine.domain.ruleset import Ruleset
from engine.domain.yaml_text import Source, read
from tacit.bootstrap import App


def rules_ever_used(app: App) -> dict[str, Ruleset]:
    """The ruleset of each version that the home has used and that still compiles."""
    with app.store.begin(read_only=True) as unit:
        texts = unit.book.rule_texts()
    found: dict[str, Ruleset] = {}
    for version, (file, text) in texts.items():
        source = Source(file, text)
        node = read(source)
        if node.get("machine") is not None:
            ruleset = compile_kept(source, node)
            if ruleset is not None:
                found[version] = ruleset
    return found
