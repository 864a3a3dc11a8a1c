"""The sentences of the pages in other languages: gettext catalogues, a file a part.

English stands in the templates themselves.
"""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE = Path(__file__).parent
#: What the templates are written in.
SOURCE = "en"


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Every sentence of a language; English itself needs none."""
    found = gettext.NullTranslations()
    for file in sorted((HERE / language).glob("*.po")):
        with file.open("rb") as stream:
            catalog = read_po(stream, locale=language)
        compiled = io.BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        more = gettext.GNUTranslations(compiled)
        more.add_fallback(found)
        found = more
    return found
